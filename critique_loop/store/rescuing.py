"""A damaged store read as far as it can be, also one whose end is missing."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TypeVar

from critique_loop.errors import CallError, StoreError
from critique_loop.store.faults import store_error
from critique_loop.store.journal import Files
from critique_loop.store.rows import (
    BUSY_TIMEOUT_S,
    LabelRow,
    ReplyRow,
    Row,
    SqliteSource,
    references,
)

_T = TypeVar("_T")


class RescuedSource(SqliteSource):
    """A store of which lists end where they can't be read on, and replies need to be whole."""

    def run_ids(self) -> Iterator[str]:
        """Yield the id of every run that the list of them or a readable step still has."""
        # No DISTINCT: sqlite3 drops the row before a fault, which must be a step and no whole run.
        steps = "SELECT run_id FROM events NOT INDEXED"
        listed = _as_far_as_read(super().run_ids)
        found = _as_far_as_read(lambda: self.connection.execute(steps))
        return iter(dict.fromkeys(chain(listed, (run_id for (run_id,) in found))))

    def rows(self, run_id: str) -> Iterator[Row]:
        """Yield the events of a run in order; without their index as far as steps have no gap."""
        try:
            yield from list(super().rows(run_id))
        except StoreError:
            query = "SELECT seq, place FROM places WHERE run_id = ? ORDER BY seq"
            for number, (seq, place) in enumerate(self._places.execute(query, (run_id,))):
                if seq != number:
                    return
                yield self._row(place)

    def _row(self, place: int) -> Row:
        query = f"SELECT {', '.join(Row._fields)} FROM events WHERE rowid = ?"  # noqa: S608 - names of fields
        try:
            return Row._make(self.connection.execute(query, (place,)).fetchone())
        except sqlite3.Error as error:
            raise store_error(self.files.events.path, error) from error

    @cached_property
    def _places(self) -> sqlite3.Connection:
        """Which rows hold the steps of each run, by their numbers: on the disk once it is large."""
        places = self._stack.enter_context(
            contextlib.closing(sqlite3.connect("", isolation_level=None))
        )
        places.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;"
            "CREATE TABLE places (run_id, seq, place, PRIMARY KEY (run_id, seq)) WITHOUT ROWID;"
        )
        steps = "SELECT run_id, seq, rowid FROM events NOT INDEXED ORDER BY rowid"
        found = _as_far_as_read(lambda: self.connection.execute(steps))
        places.executemany("INSERT OR IGNORE INTO places VALUES (?, ?, ?)", found)
        return places

    def labels(self) -> Iterator[LabelRow]:
        """Yield the labels up to the first that can't be read."""
        return _as_far_as_read(super().labels)

    def replies(self) -> Iterator[ReplyRow]:
        """Yield the replies up to the first that can't be read, but for those that lack bytes."""
        return filter(self._is_whole, _as_far_as_read(super().replies))

    def blob(self, sha256: str) -> bytes:
        """Return the bytes with this hash."""
        try:
            return super().blob(sha256)
        except sqlite3.Error as error:
            raise store_error(self.files.blobs.path, error) from error

    def _is_whole(self, reply: ReplyRow) -> bool:
        try:
            waiting = [reply.body]
            while waiting:
                for tag, sha256 in references(waiting.pop()):
                    data = self.blob(sha256)
                    if tag == "pooled":
                        waiting.append(data.decode())
        except (StoreError, CallError, ValueError):
            return False
        return True


@contextlib.contextmanager
def opened_rescue(path: Path) -> Generator[RescuedSource]:
    """Lend the damaged store at ``path`` for reading.

    Raises:
        CallError: there is none.
        StoreError: it is no store, a newer one, or not even its lists can be read.
    """
    if not path.exists():
        raise CallError(f"{path}: there is no trace store", remedy="Name another one.")
    files = Files.of(path, busy_timeout_s=BUSY_TIMEOUT_S)
    cut = replace(
        files,
        events=replace(files.events, may_be_cut=True),
        blobs=replace(files.blobs, may_be_cut=True),
    )
    with contextlib.ExitStack() as stack:
        yield RescuedSource(cut, stack)


def _as_far_as_read(items: Callable[[], Iterable[_T]]) -> Iterator[_T]:
    with contextlib.suppress(sqlite3.DatabaseError, StoreError):  # what comes behind is lost
        yield from items()
