"""Rescorings as they lie in a store, for whoever reads many of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from critique_loop.store.encoding import Source, decode
from critique_loop.store.faults import store_error
from critique_loop.store.rows import SqliteSource, no_bytes
from critique_loop.values import Critique, EventKind, Started, StopReason

# The last end counts; whoever was cut off has none. A store that was merged has its runs in the
# order in which they were brought in, so the clock says what is later.
_RESCORINGS = """
SELECT runs.run_id, json_extract(begun.body, '$.origin.run_id'),
    json_extract(over.body, '$.stopped_because')
FROM runs JOIN events AS begun ON begun.run_id = runs.run_id AND begun.seq = 0
LEFT JOIN events AS over ON over.run_id = runs.run_id AND over.seq = (
    SELECT max(seq) FROM events WHERE run_id = runs.run_id AND kind = 'ended')
WHERE json_extract(begun.body, '$.origin.rescored')
ORDER BY coalesce(over.at, begun.at), runs.rowid
"""


class RescoringRow(NamedTuple):
    """One rescoring: its name, the run whose drafts it scores, and why it ended (None: cut off)."""

    id: str
    run_id: str
    stopped_because: str | None

    @property
    def is_finished(self) -> bool:
        """Whether every round that there was has been scored."""
        return self.stopped_because == StopReason.ROUNDS


def rescoring_rows(source: SqliteSource) -> Iterator[RescoringRow]:
    """Yield all rescorings of a store by when they ended, or began if they were cut off.

    Raises:
        StoreError: they can't be read.
    """
    try:
        yield from map(RescoringRow._make, source.connection.execute(_RESCORINGS))
    except sqlite3.Error as error:
        raise store_error(source.files.events.path, error) from error


def start_of(source: SqliteSource, run_id: str) -> Started:
    """Return the first step of a run, without pictures."""
    return decode(next(iter(source.rows(run_id))).body, Started, _shared(source))


def critiques_of(source: SqliteSource, run_id: str) -> dict[int, Critique]:
    """Return the critique of each round of a run or rescoring; the last one said counts."""
    shared = _shared(source)
    return {
        row.round: decode(row.body, Critique, shared)
        for row in source.rows(run_id)
        if row.kind == EventKind.CRITIQUED
    }


def _shared(source: SqliteSource) -> Source:
    return Source(source.blob, data=no_bytes)
