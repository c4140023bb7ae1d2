"""Many runs one after the other, for exports and reports: each whole, decoded as far as is asked.

A page of runs is read as it was at one moment, in a transaction of its own that is over before the
first of them is given out. So whoever takes long over a run neither sees half of another nor keeps
the log of the writers from being taken up into the file.
"""

from __future__ import annotations

import math
import sqlite3
from array import array
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from critique_loop.store import reading
from critique_loop.store.encoding import Source
from critique_loop.store.journal import Files
from critique_loop.store.labels import LabelRow, by_run
from critique_loop.store.stored_run import Row, StoredRun
from critique_loop.store.summaries import RunState
from critique_loop.values import Draft, EventKind, TaskKind

_PAGE_RUNS = 64
_PAGE_CHARACTERS = 4 * 2**20

_ALL = "SELECT rowid FROM runs WHERE started_at >= ? AND started_at < ?"
_ACCEPTED = """
AND EXISTS (SELECT 1 FROM events AS e WHERE e.run_id = runs.run_id AND e.kind = 'ended'
    AND json_extract(e.body, '$.stopped_because') = 'accepted')
"""
_BY_PREFIX = "AND run_id >= ? AND run_id < ?"
_RUN = "SELECT run_id, started_at FROM runs WHERE rowid = ?"
_EVENTS = "SELECT seq, kind, round, at, seconds, body FROM events WHERE run_id = ? ORDER BY seq"
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


def scan(files: Files, selection: Selection, *, pictures: bool) -> Generator[StoredRun]:
    """Yield the selected runs that there are now, the oldest first.

    Without ``pictures`` no file that a program left is read: its ``data`` is empty, as are those of
    pictures in messages.
    """
    with reading.opened(files) as reader:
        if reader is None:
            return
        with _lent(files, reader, pictures=pictures) as source:
            labels = by_run(reader.events)
            rowids = _rowids(reader.events, selection)
            at = 0
            while at < len(rowids):
                page = _page(reader.events, rowids[at : at + _PAGE_RUNS], source, labels)
                at += len(page)
                yield from filter(selection.wants, page)


@contextmanager
def _lent(files: Files, reader: reading.Reader, *, pictures: bool) -> Generator[Source]:
    """Lend where blobs are; a run that is kept beyond the scan opens the files for itself."""
    fetch = reader.fetch

    def blob(sha256: str) -> bytes:
        return fetch(sha256)

    def again(sha256: str) -> bytes:
        return reading.blob(files, sha256)

    try:
        yield Source(blob, data=blob if pictures else _no_bytes)
    finally:
        fetch = again


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
    source: Source,
    labels: Mapping[str, Sequence[LabelRow]],
) -> list[StoredRun]:
    """Return the first of these runs, at least one, as they are at this moment."""
    page: list[StoredRun] = []
    characters = 0
    connection.execute("BEGIN")
    try:
        for rowid in rowids:
            run_id, started_at = connection.execute(_RUN, (rowid,)).fetchone()
            rows = list(map(Row._make, connection.execute(_EVENTS, (run_id,))))
            is_over = bool(rows) and rows[-1].kind == EventKind.ENDED
            page.append(
                StoredRun(
                    run_id=run_id,
                    started_at=started_at,
                    rows=rows,
                    source=source,
                    processes=() if is_over else _processes(connection, run_id),
                    label_rows=labels.get(run_id, ()),
                )
            )
            characters += sum(len(row.body) for row in rows)
            if characters > _PAGE_CHARACTERS:
                break
    finally:
        connection.execute("COMMIT")
    return page


def _processes(connection: sqlite3.Connection, run_id: str) -> tuple[str, ...]:
    return tuple(process for (process,) in connection.execute(_PROCESSES, (run_id,)))


def _has_draft_of(run: StoredRun, model: str) -> bool:
    bodies = (event.body for event in run.events_of(EventKind.DRAFTED))
    return any(isinstance(body, Draft) and body.model == model for body in bodies)
