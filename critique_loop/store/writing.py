"""Whole runs written into a store, each in one transaction: all of it is there, or nothing."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator
from enum import StrEnum
from itertools import chain
from pathlib import Path

from critique_loop.errors import CallError, StoreError
from critique_loop.store.blobs import Blobs
from critique_loop.store.encoding import decode, encode
from critique_loop.store.faults import store_error
from critique_loop.store.journal import Files, head_of
from critique_loop.store.rows import (
    BODIES,
    BUSY_TIMEOUT_S,
    LabelRow,
    ReplyRow,
    Row,
    TraceSource,
    carry,
)
from critique_loop.store.schema import WITH_ARRIVALS, WITH_LABELS, WITH_REPLIES, upgrade
from critique_loop.values import EventKind, Started

_KEPT = "SELECT seq, kind, round, at, seconds, body FROM events WHERE run_id = ? AND seq = ?"


class Fate(StrEnum):
    """What became of a run: new, longer than it was, there before, or in the way of another."""

    ADDED = "added"
    EXTENDED = "extended"
    SAME = "same"
    CLASH = "clash"


class SqliteTarget:
    """A store that is open for writing whole runs; ``opened_target`` opens it."""

    def __init__(self, files: Files, stack: contextlib.ExitStack) -> None:
        """Make what is missing and open it; ``stack`` closes it."""
        self._files = files
        files.events.create()
        self._events = stack.enter_context(contextlib.closing(files.events.connect_writer()))
        files.blobs.create()  # not before the first file has proved to be a trace store
        self._blobs = stack.enter_context(contextlib.closing(files.blobs.connect_writer()))
        for connection in (self._events, self._blobs):
            connection.execute("PRAGMA synchronous = FULL")

    def add(self, source: TraceSource, run_id: str, *, name: str = "") -> Fate:
        """Add one run of ``source``, under ``name`` ("": its own id).

        What is there already stays. A run that goes on where the one here stops is carried on; one
        with another step in the same place is a CLASH, and nothing of it is written.

        Raises:
            StoreError: the store can't be written, or the source not be read.
        """
        name = name or run_id
        with self._both():
            fate = self._merge(name, source.rows(run_id), source.blob)
            if fate is Fate.CLASH:
                self._events.execute("ROLLBACK")
                return fate
        return fate

    def compare(self, source: TraceSource, run_id: str) -> Fate:
        """Return what ``add`` would do with a run; nothing is written."""
        there = self._count(run_id)
        if not there:
            return Fate.ADDED
        longer = False
        for row in source.rows(run_id):
            kept = self._events.execute(_KEPT, (run_id, row.seq)).fetchone()
            if kept is None:
                longer = True
            elif not self._equal(Row._make(kept), row, source.blob):
                return Fate.CLASH
        return Fate.EXTENDED if longer else Fate.SAME

    def label(self, label: LabelRow, blob: Callable[[str], bytes]) -> bool:
        """Keep what a person said; return whether it was new."""
        with self._both():
            self._carry(label.body, blob)
            upgrade(self._events, WITH_LABELS)
            return bool(
                self._events.execute(
                    "INSERT INTO labels (id, kind, run_id, round, dimension, labeller, at, body)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    label,
                ).rowcount
                > 0
            )

    def replies(self, replies: Iterable[ReplyRow], blob: Callable[[str], bytes]) -> int:
        """Keep replies of models that are not there yet; return how many those were."""
        added = 0
        iterator = iter(replies)
        first = next(iterator, None)
        if first is None:
            return 0
        with self._both():
            upgrade(self._events, WITH_REPLIES)
            for reply in chain((first,), iterator):
                self._carry(reply.body, blob)
                added += self._events.execute(
                    "INSERT INTO replies (key, at, body) SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
                    " (SELECT 1 FROM replies WHERE key = ?1 AND at = ?2 AND body = ?3)",
                    reply,
                ).rowcount
        return added

    def _merge(self, run_id: str, rows: Iterator[Row], blob: Callable[[str], bytes]) -> Fate:
        there = self._count(run_id)
        added: list[int] = []
        for row in rows:
            kept = self._events.execute(_KEPT, (run_id, row.seq)).fetchone() if there else None
            if kept is None:
                self._insert(run_id, row, blob)
                added.append(row.seq)
            elif not self._equal(Row._make(kept), row, blob):
                return Fate.CLASH
        if not added:
            return Fate.SAME
        upgrade(self._events, WITH_ARRIVALS)
        self._events.execute(
            "INSERT INTO arrivals (run_id, first, last) VALUES (?, ?, ?)",
            (run_id, added[0], added[-1]),
        )
        return Fate.EXTENDED if there else Fate.ADDED

    def _count(self, run_id: str) -> int:
        query = "SELECT count(*) FROM events WHERE run_id = ?"
        return int(self._events.execute(query, (run_id,)).fetchone()[0])

    def _insert(self, run_id: str, row: Row, blob: Callable[[str], bytes]) -> None:
        self._carry(row.body, blob)
        self._events.execute(
            "INSERT INTO events (run_id, seq, kind, round, at, seconds, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (run_id, *row),
        )
        if row.kind == EventKind.STARTED:
            started = decode(row.body, Started, blob)
            self._events.execute(
                "INSERT INTO runs (run_id, started_at, head) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (run_id, row.at, self._head(started)),
            )

    def _head(self, started: Started) -> str:
        encoded = head_of(started)
        blobs = Blobs(self._blobs, self._files.folder)
        for sha256, data in encoded.blobs.items():
            blobs.put(sha256, data)
        return encoded.text

    def _equal(self, kept: Row, row: Row, blob: Callable[[str], bytes]) -> bool:
        """Compare what was written by two versions of the package by what it says."""
        if kept == row:
            return True
        if kept[:-1] != row[:-1]:
            return False
        kind = BODIES[EventKind(row.kind)]
        mine = Blobs(self._blobs, self._files.folder)
        return (
            encode(decode(kept.body, kind, mine.get)).text
            == encode(decode(row.body, kind, blob)).text
        )

    def _carry(self, body: str, blob: Callable[[str], bytes]) -> None:
        blobs = Blobs(self._blobs, self._files.folder)

        def is_new(sha256: str) -> bool:
            try:
                blobs.get(sha256)
            except (CallError, StoreError):
                return True
            return False

        carry(body, blob, is_new=is_new, put=blobs.put)

    @contextlib.contextmanager
    def _both(self) -> Generator[None]:
        """Write to both files; the blobs are kept first, so that no step names what is not there.

        Raises:
            StoreError: nothing of it was kept but blobs, which a second try finds in place.
        """
        path = self._files.blobs.path
        try:
            self._blobs.execute("BEGIN IMMEDIATE")
            path = self._files.events.path
            self._events.execute("BEGIN IMMEDIATE")
            yield
            self._blobs.execute("COMMIT")
            if self._events.in_transaction:
                self._events.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise store_error(path, error) from error
        finally:
            for connection in (self._events, self._blobs):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")


@contextlib.contextmanager
def opened_target(path: Path) -> Generator[SqliteTarget]:
    """Lend the store at ``path`` for writing; it is made where there is none.

    Raises:
        StoreError: it is no store, a newer one, or can't be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            target = SqliteTarget(Files.of(path, busy_timeout_s=BUSY_TIMEOUT_S), stack)
        except OSError as error:
            raise store_error(path, error) from error
        yield target
