"""Batches in the store: what each was started with, its items, and how far it is.

Unlike a trace these rows change: they are a queue of work. What a loop did is in its run.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from critique_loop.errors import CallError
from critique_loop.store.charges import BEGUN, SPENT, Charged
from critique_loop.store.faults import store_error
from critique_loop.store.journal import Files
from critique_loop.store.liveness import is_alive, this_process
from critique_loop.store.schema import WITH_BATCHES, number, upgrade

_NEWEST = "SELECT {} FROM batches WHERE {} ORDER BY at DESC, rowid DESC LIMIT 1"
_COLUMNS = "batch, source, config, pass"
_ADD = """
INSERT INTO batch_items (batch, item, position, pass, state, spec, leases, deaths, result)
VALUES (?, ?, ?, ?, 'waiting', ?, 0, 0, '')
ON CONFLICT (batch, item) DO UPDATE SET position = excluded.position, pass = excluded.pass,
    spec = excluded.spec, deaths = 0,
    state = CASE state WHEN 'failed' THEN 'waiting' ELSE state END,
    finished = CASE state WHEN 'failed' THEN NULL ELSE finished END
WHERE pass < excluded.pass
"""


class ItemState(StrEnum):
    """Where an item stands. FAILED: its loop could not be run to an end."""

    WAITING = "waiting"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: its id, where its items come from, what it was started with (a JSON text).

    ``number`` counts how often its items were read; those of an earlier reading don't count.
    """

    id: str
    source: str
    config: str
    number: int


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item to be added: its key, its place in the file, and what is to be done (JSON)."""

    item: str
    position: int
    spec: str


@dataclass(frozen=True, slots=True)
class Finished:
    """An item that is done or has failed; ``result`` is a JSON text, ``number`` counts up."""

    number: int
    item: str
    position: int
    state: ItemState
    result: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items of a batch there are in each state."""

    waiting: int = 0
    leased: int = 0
    done: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.leased + self.done + self.failed


class Batches:
    """The batches of the store at ``path``. Blocks; every call is one short transaction.

    Any thread may call; one at a time gets through.

    All methods raise StoreError where the store can't be read or written.
    """

    def __init__(self, path: Path | str, *, busy_timeout_s: float = 30.0) -> None:
        """Nothing is opened or made yet."""
        self.files: Files = Files.of(Path(path), busy_timeout_s=busy_timeout_s)
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None
        self._process = os.getpid()

    def newest(self, source: str) -> Batch | None:
        """Return the batch that was begun last with items from ``source``."""
        return self._one("source = ?", source)

    def find(self, batch: str) -> Batch:
        """Return the batch with this id.

        Raises:
            CallError: there is none.
        """
        found = self._one("batch = ?", batch)
        if found is None:
            raise CallError(f"the store has no batch {batch!r}")
        return found

    def begin(self, batch: str, source: str, config: str) -> Batch:
        """Make a batch without items."""
        with self.writing() as connection:
            connection.execute(
                "INSERT INTO batches (batch, source, at, config, pass, command)"
                " VALUES (?, ?, ?, ?, 0, '')",
                (batch, source, time.time(), config),
            )
        return Batch(batch, source, config, 0)

    def take(self, batch: Batch) -> Batch:
        """Note that this process reads the items of the batch anew, and return it as it is then.

        Raises:
            CallError: a living process does so already.
        """
        with self.writing() as connection:
            query = "SELECT command FROM batches WHERE batch = ?"
            (command,) = connection.execute(query, (batch.id,)).fetchone()
            if command and command != this_process() and is_alive(command):
                raise CallError(
                    f"batch {batch.id} is being run by process {command.split(' ')[2]}",
                    remedy=f"Help it with another worker: critique-loop worker {batch.id}",
                )
            connection.execute(
                "UPDATE batches SET command = ?, pass = pass + 1 WHERE batch = ?",
                (this_process(), batch.id),
            )
        return self.find(batch.id)

    def leave(self, batch: Batch) -> None:
        """Let another command take the batch."""
        with self.writing() as connection:
            connection.execute(
                "UPDATE batches SET command = '' WHERE batch = ? AND command = ?",
                (batch.id, this_process()),
            )

    def add(self, batch: Batch, items: Sequence[NewItem]) -> int:
        """Add items, or count those that are there into this reading; return how many were new.

        One that was added in this reading before is left as it is. One that had failed waits again.
        """
        rows = [(batch.id, one.item, one.position, batch.number, one.spec) for one in items]
        with self.writing() as connection:
            before = connection.total_changes
            connection.executemany(_ADD, rows)
            return connection.total_changes - before

    def counts(self, batch: Batch) -> Counts:
        """Return how many items of this reading there are in each state."""
        query = (
            "SELECT state, count(*) FROM batch_items WHERE batch = ? AND pass = ? GROUP BY state"
        )
        with self.reading() as connection:
            found = dict(connection.execute(query, (batch.id, batch.number)).fetchall())
        return Counts(**{state.value: found.get(state.value, 0) for state in ItemState})

    def leased(self, batch: Batch) -> int:
        """Return how many items workers have at the moment."""
        query = (
            "SELECT count(*) FROM batch_items WHERE state = 'leased' AND worker IN"
            " (SELECT worker FROM batch_workers WHERE batch = ?) AND batch = ? AND pass = ?"
        )
        with self.reading() as connection:
            row = connection.execute(query, (batch.id, batch.id, batch.number)).fetchone()
            return int(row[0])

    def finished(self, batch: Batch, after: int, *, most: int = 500) -> list[Finished]:
        """Return what has finished since number ``after``, at most ``most``."""
        query = (
            "SELECT finished, item, position, state, result FROM batch_items WHERE batch = ?"
            " AND finished > ? AND pass = ? ORDER BY finished LIMIT ?"
        )
        with self.reading() as connection:
            rows = connection.execute(query, (batch.id, after, batch.number, most)).fetchall()
        return [
            Finished(finished, item, position, ItemState(state), result)
            for finished, item, position, state, result in rows
        ]

    def charged(self, batch: Batch) -> Charged:
        """Return what all loops of the batch have taken, also those that never came to an end."""
        with self.reading() as connection:
            *sums, cost_usd, unpriced = connection.execute(SPENT, (batch.id,)).fetchone()
        return Charged(*sums, cost_usd=None if unpriced else cost_usd)

    def begun(self, batch: Batch) -> dict[str, Charged]:
        """Return what each item has taken that was begun and has not finished."""
        with self.reading() as connection:
            rows = connection.execute(BEGUN, (batch.id,)).fetchall()
        return {item: Charged(*taken, cost_usd=taken[-1]) for item, *taken in rows}

    def _one(self, where: str, value: str) -> Batch | None:
        if not self.files.events.path.exists():
            return None
        with self.reading() as connection:
            row = connection.execute(_NEWEST.format(_COLUMNS, where), (value,)).fetchone()
        return Batch(*row) if row else None

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """Lend a connection within one transaction, which holds the write lock from the start."""
        with self._lock:
            try:
                connection = self._connection()
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except (sqlite3.Error, OSError) as error:
                self._drop()
                raise store_error(self.files.events.path, error) from error
            except BaseException:
                self._drop()
                raise

    @contextlib.contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Lend a connection for reading alone.

        Raises:
            StoreError: the store can't be read.
        """
        with self._lock:
            try:
                yield self._connection()
            except (sqlite3.Error, OSError) as error:
                self._drop()
                raise store_error(self.files.events.path, error) from error

    def _connection(self) -> sqlite3.Connection:
        """Return the connection of this process, with the tables that are needed."""
        if self._open is not None and self._process == os.getpid():
            return self._open
        database = self.files.events
        database.create()
        self._open, self._process = database.connect_writer(), os.getpid()
        if number(self._open, "user_version") < WITH_BATCHES:
            self._open.execute("BEGIN IMMEDIATE")
            upgrade(self._open, WITH_BATCHES)
            self._open.execute("COMMIT")
        return self._open

    def _drop(self) -> None:
        """Close the connection, and with it whatever transaction is open in it."""
        if self._open is not None and self._process == os.getpid():
            self._open.close()
        self._open = None


def chunks(items: Iterable[NewItem], size: int = 500) -> Generator[list[NewItem]]:
    """Yield the items in lists of ``size``, so that no file is ever in memory whole."""
    chunk: list[NewItem] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
