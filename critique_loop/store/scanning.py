"""Many runs one after the other, for exports and reports: each whole, decoded as far as is asked.

A page of runs is read as it was at one moment, in a transaction of its own that is over before the
first of them is given out. So whoever takes long over a run neither sees half of another nor keeps
the log of the writers from being taken up into the file.
"""

from __future__ import annotations

import math
import sqlite3
from array import array
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from critique_loop.store import reading
from critique_loop.store.encoding import Source
from critique_loop.store.journal import Files
from critique_loop.store.labels import LabelRow, by_run
from critique_loop.store.stored_run import Row, StoredRun
from critique_loop.store.summaries import RunState
from critique_loop.values import Draft, EventKind, TaskKind

_PAGE_RUNS = 64
_PAGE_CHARACTERS = 4 * 2**20
_ENDED = EventKind.ENDED.value

_ALL = "SELECT rowid FROM runs WHERE started_at >= ? AND started_at < ?"
_ACCEPTED = """
AND EXISTS (SELECT 1 FROM events AS e WHERE e.run_id = runs.run_id AND e.kind = 'ended'
    AND json_extract(e.body, '$.stopped_because') = 'accepted')
"""
_BY_PREFIX = "AND run_id >= ? AND run_id < ?"
_RUNS = "SELECT rowid, run_id, started_at FROM runs WHERE rowid IN ({runs}) ORDER BY rowid"
_EVENTS = """
SELECT seq, kind, round, at, seconds, {body}, runs.rowid
FROM runs CROSS JOIN events USING (run_id) WHERE runs.rowid IN ({runs}) {wanted}
ORDER BY runs.rowid, seq
"""
_PROCESSES = "SELECT process FROM processes WHERE run_id = ?"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs of a store; what is left at its default does not matter.

    ``runs`` are ids or how they begin. ``since`` (inclusive) and ``until`` (exclusive) are Unix
    times of the start. ``kind`` is that of the task, ``states`` where the runs stand, ``accepted``
    keeps only those whose criteria were met. ``batch``, ``writer`` and ``rubric`` are names, and
    ``model`` is that which wrote any of the drafts. ``rescorings``: also what holds only new
    scores of another run.
    """

    runs: tuple[str, ...] = ()
    since: float = -math.inf
    until: float = math.inf
    kind: TaskKind | None = None
    states: tuple[RunState, ...] = ()
    accepted: bool = False
    batch: str = ""
    writer: str = ""
    rubric: str = ""
    model: str = ""
    rescorings: bool = False

    def wants(self, run: StoredRun) -> bool:
        """Return whether ``run`` is one of them, its id and times aside."""
        started = run.started
        return (
            (self.rescorings or started.origin is None or not started.origin.rescored)
            and (self.kind is None or started.task.kind is self.kind)
            and (not self.batch or started.batch == self.batch)
            and (not self.writer or started.writer == self.writer)
            and (not self.rubric or started.task.rubric.name == self.rubric)
            and (not self.accepted or run.accepted)
            and (not self.states or run.state in self.states)
            and (not self.model or _has_draft_of(run, self.model))
        )


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Steps:
    """Which steps of a run are read with it.

    Those ``left_out`` are as if there were none. What those put off to ``later`` say is read when
    it is asked for: that costs more for each of them, and nothing for all others.
    """

    left_out: frozenset[EventKind] = frozenset()
    later: frozenset[EventKind] = frozenset()

    def query(self, runs: int) -> str:
        """Return the query for the steps of so many runs."""
        wanted = "".join(f" AND kind <> '{kind.value}'" for kind in sorted(self.left_out))
        later = " OR ".join(f"kind = '{kind.value}'" for kind in sorted(self.later))
        body = f"CASE WHEN {later} THEN '' ELSE body END" if later else "body"
        return _EVENTS.format(body=body, runs=_places(runs), wanted=wanted)


ALL_STEPS = Steps()


def scan(
    files: Files, selection: Selection, *, pictures: bool, steps: Steps = ALL_STEPS
) -> Generator[StoredRun]:
    """Yield the selected runs that there are now, the oldest first.

    Without ``pictures`` no file that a program left is read: its ``data`` is empty, as are those of
    pictures in messages.
    """
    with reading.opened(files) as reader:
        if reader is None:
            return
        with _lent(files, reader, pictures=pictures) as lent:
            labels = by_run(reader.events)
            rowids = _rowids(reader.events, selection)
            at = 0
            while at < len(rowids):
                page = _page(reader.events, rowids[at : at + _PAGE_RUNS], steps, lent, labels)
                at += len(page)
                yield from filter(selection.wants, page)


class _Lent(NamedTuple):
    """Where blobs are, and what steps say that was not read with their run."""

    source: Source
    body: Callable[[str, int], str]


@contextmanager
def _lent(files: Files, reader: reading.Reader, *, pictures: bool) -> Generator[_Lent]:
    """Lend what is open; a run that is kept beyond the scan opens the files for itself."""
    fetch, fetch_body = reader.fetch, reader.body

    def blob(sha256: str) -> bytes:
        return fetch(sha256)

    def body(run_id: str, seq: int) -> str:
        return fetch_body(run_id, seq)

    try:
        yield _Lent(Source(blob, data=blob if pictures else _no_bytes), body)
    finally:
        fetch, fetch_body = partial(reading.blob, files), partial(reading.body, files)


def _no_bytes(_: str) -> bytes:
    return b""


def _rowids(connection: sqlite3.Connection, selection: Selection) -> array[int]:
    query = _ALL + (_ACCEPTED if selection.accepted else "")
    times = (selection.since, selection.until)
    if not selection.runs:
        rows = connection.execute(f"{query} ORDER BY rowid", times)
        return array("q", (rowid for (rowid,) in rows))
    found: set[int] = set()
    for prefix in filter(str.isascii, selection.runs):
        bounds = (prefix, prefix + reading.LAST_CHARACTER)
        found.update(r for (r,) in connection.execute(f"{query} {_BY_PREFIX}", (*times, *bounds)))
    return array("q", sorted(found))


def _page(
    connection: sqlite3.Connection,
    rowids: Sequence[int],
    steps: Steps,
    lent: _Lent,
    labels: Mapping[str, Sequence[LabelRow]],
) -> list[StoredRun]:
    """Return the first of these runs, at least one, as they are at this moment."""
    page: list[StoredRun] = []
    connection.execute("BEGIN")
    try:
        rows = _first_rows(connection.execute(steps.query(len(rowids)), rowids))
        begun = connection.execute(_RUNS.format(runs=_places(len(rowids))), rowids)
        for rowid, run_id, started_at in begun:
            if rowid > rows.last:
                break
            found = rows.by_run.get(rowid, ())
            is_over = bool(found) and found[-1][1] == _ENDED
            page.append(
                StoredRun(
                    run_id=run_id,
                    started_at=started_at,
                    rows=found,
                    source=lent.source,
                    processes=() if is_over else _processes(connection, run_id),
                    label_rows=labels.get(run_id, ()),
                    fetch=lent.body,
                )
            )
    finally:
        connection.execute("COMMIT")
    return page


class _Rows(NamedTuple):
    """The steps of several runs; ``last`` is the number of the last run that was read."""

    by_run: Mapping[int, Sequence[Row]]
    last: float


def _first_rows(cursor: sqlite3.Cursor) -> _Rows:
    """Read steps run by run, and no further than memory for one page goes."""
    by_run: dict[int, Sequence[Row]] = {}
    characters = 0
    with closing(cursor):
        for rowid, rows in groupby(cursor, itemgetter(6)):
            by_run[rowid] = found = list(rows)
            characters += sum(map(len, map(itemgetter(5), found)))
            if characters > _PAGE_CHARACTERS:
                return _Rows(by_run, rowid)
    return _Rows(by_run, math.inf)


def _places(number: int) -> str:
    return ", ".join("?" * number)


def _processes(connection: sqlite3.Connection, run_id: str) -> tuple[str, ...]:
    return tuple(process for (process,) in connection.execute(_PROCESSES, (run_id,)))


def _has_draft_of(run: StoredRun, model: str) -> bool:
    bodies = (event.body for event in run.events_of(EventKind.DRAFTED))
    return any(isinstance(body, Draft) and body.model == model for body in bodies)
