"""Lists of runs: those that fit, the newest first, each as far as a list shows it."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from anyio import to_thread

from critique_loop.store import reading
from critique_loop.store.encoding import Source, decode
from critique_loop.store.journal import Files
from critique_loop.store.summaries import (
    Head,
    RunState,
    RunSummary,
    best_overall,
    state_without_end,
)
from critique_loop.values import Origin, Started, StopReason, TaskKind

if TYPE_CHECKING:
    from critique_loop.store.sqlite import SqliteStore

# The last end counts, unless the run went on after it. A person's marks take the place of the
# critic's.
_RUNS = """
SELECT runs.run_id, runs.started_at, runs.head, begun.body,
    (SELECT count(DISTINCT round) FROM events AS c
        WHERE c.run_id = runs.run_id AND c.kind = 'critiqued'),
    json_extract(over.body, '$.stopped_because'),
    (SELECT json_extract(body, '$.overall') FROM events AS c
        WHERE c.run_id = runs.run_id AND c.kind = 'critiqued'
            AND c.round = json_extract(over.body, '$.best_round') ORDER BY seq DESC LIMIT 1),
    (SELECT json_extract(body, '$.critique') FROM events AS d
        WHERE d.run_id = runs.run_id AND d.kind = 'decided'
            AND d.round = json_extract(over.body, '$.best_round') ORDER BY seq DESC LIMIT 1)
FROM runs JOIN events AS begun ON begun.run_id = runs.run_id AND begun.seq = 0
LEFT JOIN events AS over ON over.run_id = runs.run_id AND over.kind = 'ended' AND NOT EXISTS
    (SELECT 1 FROM events AS r
        WHERE r.run_id = over.run_id AND r.kind IN ('resumed', 'ended') AND r.seq > over.seq)
WHERE runs.started_at >= ? AND runs.started_at < ?
ORDER BY runs.started_at DESC, runs.rowid DESC
"""
_RESCORED = """
SELECT runs.run_id FROM runs
JOIN events AS begun ON begun.run_id = runs.run_id AND begun.seq = 0
WHERE json_extract(begun.body, '$.origin.run_id') = ?
    AND json_extract(begun.body, '$.origin.rescored')
ORDER BY runs.rowid
"""
# Whoever took a role later, or wrote a single draft, counts as well.
_WRITERS = """
SELECT 1 FROM events WHERE run_id = ? AND kind IN ('started', 'resumed', 'drafted')
    AND instr(lower(json_extract(body, '$.writer')), lower(?)) LIMIT 1
"""
_MODELS = """
SELECT 1 FROM events WHERE run_id = ?1 AND (
    (kind = 'drafted' AND json_extract(body, '$.model') = ?2)
    OR (kind IN ('started', 'resumed') AND json_extract(body, '$.settings.model') = ?2)
) LIMIT 1
"""
_BUSY_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which runs are listed; what is left at its default does not matter.

    ``states`` are where a run stands, or why it ended. ``since`` (inclusive) and ``until``
    (exclusive) are Unix times of the start. ``goal``, ``table`` and ``writer`` are parts of those
    texts, in any case; ``model`` and ``batch`` are whole names. ``min_score`` is the least weighted
    mean of the best round. ``limit`` is how many are listed at most. ``rescorings``: those are
    listed, too, and not only runs.
    """

    states: tuple[RunState | StopReason, ...] = ()
    accepted: bool | None = None
    since: float = -math.inf
    until: float = math.inf
    goal: str = ""
    table: str = ""
    writer: str = ""
    model: str = ""
    kind: TaskKind | None = None
    batch: str = ""
    min_score: float | None = None
    limit: int | None = None
    rescorings: bool = False


ALL = Wanted()


@dataclass(frozen=True, slots=True)
class ListedRun:
    """One run of a list. The actors are those that it began with; ``model`` is "" for none."""

    summary: RunSummary
    kind: TaskKind
    writer: str
    critic: str
    model: str = ""
    batch: str = ""
    item: str = ""
    origin: Origin | None = None


async def listed(store: SqliteStore, wanted: Wanted = ALL) -> list[ListedRun]:
    """Return the runs that fit, the newest first.

    Raises:
        StoreError: the store can't be read.
    """
    files = Files.of(store.path, busy_timeout_s=_BUSY_TIMEOUT_S)
    return await to_thread.run_sync(_listed, files, wanted)


async def rescored_ids(store: SqliteStore, run_id: str) -> list[str]:
    """Return the ids of all rescorings of a run, the oldest first."""
    files = Files.of(store.path, busy_timeout_s=_BUSY_TIMEOUT_S)
    return await to_thread.run_sync(_rescored, files, run_id)


def _rescored(files: Files, run_id: str) -> list[str]:
    with reading.opened(files) as reader:
        if reader is None:
            return []
        return [found for (found,) in reader.events.execute(_RESCORED, (run_id,))]


def _listed(files: Files, wanted: Wanted) -> list[ListedRun]:
    with reading.opened(files) as reader:
        if reader is None:
            return []
        found = _Lister(reader.events, Source(reader.fetch), wanted).runs()
        return list(islice(found, wanted.limit))


class _Row(NamedTuple):
    run_id: str
    started_at: float
    head: str
    begun: str
    rounds: int
    stopped: str | None
    overall: float | None
    person: str | None


class _Lister:
    """Reads runs as far as a list shows them."""

    def __init__(self, connection: sqlite3.Connection, source: Source, wanted: Wanted) -> None:
        self._connection = connection
        self._source = source
        self._wanted = wanted
        self._kinds: dict[str, TaskKind] = {}

    def runs(self) -> Generator[ListedRun]:
        wanted = self._wanted
        for row in self._connection.execute(_RUNS, (wanted.since, wanted.until)):
            kept = _Row._make(row)
            head = decode(kept.head, Head, self._source)
            if not (_fits_head(wanted, head) and self._is_of(kept.run_id)):
                continue
            start = self._start(kept.begun)
            kind = self._kind(start)
            if not _fits_start(wanted, start, kind):
                continue
            summary = self._summary(kept, head)
            if _fits(wanted, summary):
                yield _line(summary, start, kind)

    def _summary(self, row: _Row, head: Head) -> RunSummary:
        connection, run_id = self._connection, row.run_id
        is_over = row.stopped is not None
        overall = row.overall
        if not is_over:
            overall = best_overall(connection, run_id, self._source)
        elif row.person is not None:
            overall = msgspec.json.decode(row.person, type=_Marked).overall
        return RunSummary(
            run_id=run_id,
            started_at=row.started_at,
            goal=head.goal,
            tables=head.tables,
            rounds=row.rounds,
            state=RunState.ENDED if is_over else state_without_end(connection, run_id),
            stopped_because=StopReason(row.stopped) if row.stopped is not None else None,
            overall=overall,
        )

    def _is_of(self, run_id: str) -> bool:
        wanted = self._wanted
        return all(
            self._connection.execute(query, (run_id, name)).fetchone() is not None
            for query, name in ((_WRITERS, wanted.writer), (_MODELS, wanted.model))
            if name
        )

    def _start(self, body: str) -> _Start:
        try:
            return msgspec.json.decode(body, type=_Start)
        except msgspec.ValidationError:  # a text with marks of the store's own: seldom
            found = decode(body, Started, self._source)
            return _Start(
                task=msgspec.Raw(msgspec.json.encode({"kind": found.task.kind.value})),
                writer=found.writer,
                critic=found.critic,
                settings=found.settings,
                origin=found.origin,
                batch=found.batch,
                item=found.item,
            )

    def _kind(self, start: _Start) -> TaskKind:
        """Return the kind of the task, which many runs may share."""
        task = msgspec.json.decode(start.task, type=_Kept)
        if not task.pooled:
            return task.kind
        if task.pooled not in self._kinds:
            blob = self._source.blob(task.pooled)
            self._kinds[task.pooled] = msgspec.json.decode(blob, type=_Kept).kind
        return self._kinds[task.pooled]


def _fits_head(wanted: Wanted, head: Head) -> bool:
    if not (wanted.goal or wanted.table):
        return True
    return wanted.goal.casefold() in head.goal.casefold() and any(
        wanted.table.casefold() in table.casefold() for table in head.tables or ("",)
    )


def _fits_start(wanted: Wanted, start: _Start, kind: TaskKind) -> bool:
    is_run = start.origin is None or not start.origin.rescored
    return (
        (is_run or wanted.rescorings)
        and (wanted.kind is None or kind is wanted.kind)
        and (not wanted.batch or start.batch == wanted.batch)
    )


def _fits(wanted: Wanted, summary: RunSummary) -> bool:
    score, stands = summary.overall, (summary.state, summary.stopped_because)
    return (
        (not wanted.states or any(state in stands for state in wanted.states))
        and (wanted.accepted is None or summary.accepted is wanted.accepted)
        and (wanted.min_score is None or (score is not None and score >= wanted.min_score))
    )


class _Marked(msgspec.Struct, frozen=True):
    overall: float | None = None


class _Start(msgspec.Struct, frozen=True):
    """What a list needs of a run's start; its task is left as it lies there."""

    task: msgspec.Raw
    writer: str
    critic: str
    settings: Mapping[str, object] = {}
    origin: Origin | None = None
    batch: str = ""
    item: str = ""


class _Kept(msgspec.Struct, frozen=True, rename={"pooled": "$pooled"}):
    """A task: whole, or the SHA-256 under which it is kept once for all runs."""

    kind: TaskKind = TaskKind.CHART
    pooled: str = ""


def _line(summary: RunSummary, start: _Start, kind: TaskKind) -> ListedRun:
    model = start.settings.get("model", "")
    return ListedRun(
        summary=summary,
        kind=kind,
        writer=start.writer,
        critic=start.critic,
        model=model if isinstance(model, str) else "",
        batch=start.batch,
        item=start.item,
        origin=start.origin,
    )
