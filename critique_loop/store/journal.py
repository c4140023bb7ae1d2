"""The files of one store as its single writing thread sees them."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from critique_loop.errors import CallError, CritiqueLoopError, StoreError
from critique_loop.store.blobs import Blobs
from critique_loop.store.encoding import Encoded, encode
from critique_loop.store.faults import store_error
from critique_loop.store.labels import KeptLabel
from critique_loop.store.labels import insert as insert_label
from critique_loop.store.liveness import this_process
from critique_loop.store.replies import KeptReply
from critique_loop.store.replies import insert as insert_reply
from critique_loop.store.schema import BLOBS, EVENTS, Database
from critique_loop.values import Event, EventKind, Started

Step = Event | KeptReply | KeptLabel


@dataclass(frozen=True, slots=True)
class Files:
    """The places of one store: the events, the small blobs, the folder of the large ones."""

    events: Database
    blobs: Database
    folder: Path

    @classmethod
    def of(cls, path: Path, *, busy_timeout_s: float) -> Files:
        """Return the files that belong to the store at ``path``."""
        blobs = path.with_name(f"{path.stem}.blobs{path.suffix}")
        return cls(
            events=Database(path, EVENTS, busy_timeout_s),
            blobs=Database(blobs, BLOBS, busy_timeout_s),
            folder=path.with_name(f"{path.stem}.blobs"),
        )


class Journal:
    """Appends events, replies and labels.

    Opens the files when first needed, and again after a failure.
    """

    def __init__(self, files: Files) -> None:
        """Keep where the files are; nothing is opened or made yet."""
        self._files = files
        self._open: _Connections | None = None

    def keep(self, steps: Sequence[Step]) -> list[CritiqueLoopError | None]:
        """Store steps in one transaction; return for each what kept it from being stored."""
        try:
            encoded = [_encode(step) for step in steps]
            return self._write(steps, encoded)
        except StoreError as error:
            self.close()
            return [error] * len(steps)
        except OSError as error:
            self.close()
            fault = store_error(self._files.folder, error)
            fault.__cause__ = error
            return [fault] * len(steps)

    def close(self) -> None:
        """Close the files; the next step opens them again."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _write(
        self, steps: Sequence[Step], encoded: Sequence[Encoded | CallError]
    ) -> list[CritiqueLoopError | None]:
        files = self._open = self._open or _Connections(self._files)
        durable = any(_is_durable(step) for step in steps)
        # Blobs first: a step never names bytes that are not there.
        files.keep_blobs(item for item in encoded if isinstance(item, Encoded))
        if durable:
            files.sync_blobs()
        with files.transaction(durable=durable):
            return [
                item if isinstance(item, CallError) else _insert(files, step, item.text)
                for step, item in zip(steps, encoded, strict=True)
            ]


class _Connections:
    """The two open SQLite files of one store."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._process = this_process()
        self._claimed: set[str] = set()
        files.events.create()
        self._events = files.events.connect_writer()
        try:
            files.blobs.create()  # not before the first file has proved to be a trace store
            self._blobs = files.blobs.connect_writer()
        except (StoreError, OSError):
            self._events.close()
            raise

    def close(self) -> None:
        self._events.close()
        self._blobs.close()

    def keep_blobs(self, encoded: Iterable[Encoded]) -> None:
        found = {key: data for item in encoded for key, data in item.blobs.items()}
        if not found:
            return
        blobs = Blobs(self._blobs, self._files.folder)
        with _transaction(self._blobs, self._files.blobs.path):
            for sha256, data in found.items():
                blobs.put(sha256, data)

    def sync_blobs(self) -> None:
        """Bring to the disk what earlier transactions left to the operating system."""
        path = self._files.blobs.path
        wal = path.with_name(f"{path.name}-wal")
        # SQLite keeps no locks on this file, so closing it here drops none.
        with contextlib.suppress(FileNotFoundError), wal.open("rb") as file:
            os.fsync(file.fileno())

    @contextlib.contextmanager
    def transaction(self, *, durable: bool) -> Generator[None, None, None]:
        self._events.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        with _transaction(self._events, self._files.events.path):
            yield

    def insert(self, step: Step, body: str) -> None:
        if isinstance(step, KeptReply):
            insert_reply(self._events, step, body)
        elif isinstance(step, KeptLabel):
            insert_label(self._events, step, body)
        else:
            self._insert_event(step, body)

    def _insert_event(self, event: Event, body: str) -> None:
        row = (event.run_id, event.seq, event.kind.value, event.round, event.at, event.seconds)
        self._events.execute(
            "INSERT INTO events (run_id, seq, kind, round, at, seconds, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (*row, body),
        )
        if isinstance(event.body, Started):
            self._events.execute(
                "INSERT INTO runs (run_id, started_at, head) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (event.run_id, event.at, head_of(event.body).text),
            )
        self._claim(event)

    def _claim(self, event: Event) -> None:
        """Note once that this process writes this run, so that others can see whether it lives."""
        if event.run_id not in self._claimed:
            self._events.execute(
                "INSERT INTO processes (run_id, process) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (event.run_id, self._process),
            )
            self._claimed.add(event.run_id)
        if event.kind is EventKind.ENDED:
            self._claimed.discard(event.run_id)


def _is_durable(step: Step) -> bool:
    """Return whether a power cut may not undo it: the end of a run, what was paid for or said."""
    return not isinstance(step, Event) or step.kind is EventKind.ENDED


def _insert(files: _Connections, step: Step, body: str) -> StoreError | None:
    try:
        files.insert(step, body)
    except sqlite3.IntegrityError as error:
        if not isinstance(step, Event):  # no two replies or labels can be in each other's way
            raise
        fault = StoreError(
            f"run {step.run_id}: step {step.seq} is stored already, with other content",
            remedy="Give each run an id of its own and number its steps from 0.",
        )
        fault.__cause__ = error
        return fault
    return None


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection, path: Path) -> Generator[None, None, None]:
    """Take the write lock at once: a lock taken after a read can be refused without waiting.

    Raises:
        StoreError: nothing of the transaction was kept.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise store_error(path, error) from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _encode(step: Step) -> Encoded | CallError:
    try:
        return encode(step.body)
    except CallError as error:
        return error


def head_of(started: Started) -> Encoded:
    """Return what lists show of a run, so that they need not decode its task."""
    names = [table.name for table in started.task.tables]
    return encode({"goal": started.task.goal, "tables": names})
