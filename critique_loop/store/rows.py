"""Traces as they are stored: rows whose JSON is handed on as it is, and the bytes it names.

Copies made of rows are the same to the last byte, and cost no decoding.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from critique_loop.errors import CallError
from critique_loop.store.blobs import Blobs
from critique_loop.store.faults import store_error
from critique_loop.store.journal import Files
from critique_loop.store.liveness import is_alive
from critique_loop.store.schema import WITH_ARRIVALS, WITH_LABELS, WITH_REPLIES, number
from critique_loop.store.summaries import RunState
from critique_loop.values import (
    Asked,
    Call,
    Critique,
    Decision,
    Draft,
    Ended,
    EventBody,
    EventKind,
    Execution,
    Resumed,
    Started,
)

BODIES: dict[EventKind, type[EventBody]] = {
    EventKind.STARTED: Started,
    EventKind.DRAFTED: Draft,
    EventKind.EXECUTED: Execution,
    EventKind.CRITIQUED: Critique,
    EventKind.DECIDED: Decision,
    EventKind.CALLED: Call,
    EventKind.ASKED: Asked,
    EventKind.RESUMED: Resumed,
    EventKind.ENDED: Ended,
}

BUSY_TIMEOUT_S = 10.0
RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

_SHA256 = re.compile(r"[0-9a-f]{64}")
# Quotation marks within texts are escaped, so nothing else can look like this.
_REFERENCE = re.compile(r'\{"\$(text|bytes|pooled)":"([0-9a-f]{64})"\}')

_ROWS = "SELECT seq, kind, round, at, seconds, body FROM events WHERE run_id = ? ORDER BY seq"
_LABELS = "SELECT id, kind, run_id, round, dimension, labeller, at, body FROM labels ORDER BY rowid"
_LAST_END = """
SELECT e.body FROM events AS e WHERE e.run_id = ? AND e.kind = 'ended' AND NOT EXISTS
    (SELECT 1 FROM events AS r WHERE r.run_id = e.run_id AND r.kind = 'resumed' AND r.seq > e.seq)
ORDER BY seq DESC LIMIT 1
"""


class Row(NamedTuple):
    """One event; ``body`` is its JSON (see encoding), ``at`` Unix time."""

    seq: int
    kind: str
    round: int
    at: float
    seconds: float
    body: str


class LabelRow(NamedTuple):
    """One label; ``kind`` is "absolute" or "pairwise", ``body`` its JSON."""

    id: str
    kind: str
    run_id: str
    round: int
    dimension: str
    labeller: str
    at: float
    body: str


class ReplyRow(NamedTuple):
    """One reply of a model; ``body`` is its JSON."""

    key: str
    at: float
    body: str


class Reference(NamedTuple):
    """What a JSON text names: ``tag`` is text, bytes or pooled."""

    tag: str
    sha256: str


class TraceSource(Protocol):
    """Where whole traces can be read from: a store, a sealed folder, either one redacted.

    The bytes that a row names can be had until the next row is read.
    """

    def run_ids(self) -> Iterator[str]:
        """Yield the id of every run, the oldest first."""
        ...

    def rows(self, run_id: str) -> Iterator[Row]:
        """Yield the events of a run in order."""
        ...

    def labels(self) -> Iterator[LabelRow]:
        """Yield what persons said, oldest first."""
        ...

    def blob(self, sha256: str) -> bytes:
        """Return the bytes with this hash.

        Raises:
            CallError: there are none.
            StoreError: they are damaged.
        """
        ...


def references(text: str) -> list[Reference]:
    """Return what a JSON text names, without what the pooled values that it names name in turn."""
    return [Reference(tag, sha256) for tag, sha256 in _REFERENCE.findall(text)]


def no_bytes(sha256: str) -> bytes:
    """Return nothing in place of the bytes of pictures and files, which then need not be read.

    Raises:
        ValueError: ``sha256`` is none.
    """
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256")
    return b""


def carry(
    text: str,
    blob: Callable[[str], bytes],
    *,
    is_new: Callable[[str], bool],
    put: Callable[[str, bytes], None],
) -> None:
    """Hand all bytes that ``text`` names to ``put``, also those that pooled values name in turn.

    What ``is_new`` denies is passed over, with all that it names.
    """
    for tag, sha256 in references(text):
        if not is_new(sha256):
            continue
        data = blob(sha256)
        if tag == "pooled":
            carry(data.decode(), blob, is_new=is_new, put=put)
        put(sha256, data)


class Hashes:
    """A set of SHA-256, each with two numbers: how often it is named, and how long its bytes are.

    It is on the disk as far as it is large: memory stays flat.
    """

    def __init__(self) -> None:
        """Make an empty one, in a file without a name."""
        self.connection: sqlite3.Connection = sqlite3.connect("", isolation_level=None)
        self.connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;"
            "CREATE TABLE hashes (sha256 TEXT PRIMARY KEY, named INTEGER NOT NULL DEFAULT 0,"
            " size INTEGER) WITHOUT ROWID;"
        )

    def add(self, sha256: str) -> bool:
        """Count it as named once more; return whether that was the first time."""
        return (
            self.connection.execute(
                "INSERT INTO hashes (sha256, named) VALUES (?, 1)"
                " ON CONFLICT DO UPDATE SET named = named + 1 RETURNING named",
                (sha256,),
            ).fetchone()[0]
            == 1
        )

    def hold(self, sha256: str, size: int) -> None:
        """Note that bytes of this length are there."""
        self.connection.execute(
            "INSERT INTO hashes (sha256, size) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET size = excluded.size",
            (sha256, size),
        )

    def holds(self, sha256: str) -> bool:
        """Return whether bytes of this hash are noted as there."""
        query = "SELECT 1 FROM hashes WHERE sha256 = ? AND size IS NOT NULL"
        return self.connection.execute(query, (sha256,)).fetchone() is not None

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Return the rows of a query on the table ``hashes``."""
        return self.connection.execute(query).fetchall()

    def close(self) -> None:
        """Drop it."""
        self.connection.close()


def mark(text: str, blob: Callable[[str], bytes], hashes: Hashes) -> str:
    """Count all that a JSON text names; return the first hash that is not held ("": none)."""
    for tag, sha256 in references(text):
        if not hashes.holds(sha256):
            return sha256
        if hashes.add(sha256) and tag == "pooled":
            missing = mark(blob(sha256).decode(), blob, hashes)
            if missing:
                return missing
    return ""


class SqliteSource:
    """The rows of a store that is open for reading; ``opened_source`` opens it."""

    def __init__(self, files: Files, stack: contextlib.ExitStack) -> None:
        """Open what is in ``files``; ``stack`` closes it."""
        self.files = files
        self.connection: sqlite3.Connection = stack.enter_context(files.events.reading())
        self._stack = stack
        self._blobs: Blobs | None = None

    def run_ids(self) -> Iterator[str]:
        """Yield the id of every run, the oldest first."""
        for (run_id,) in self.connection.execute("SELECT run_id FROM runs ORDER BY rowid"):
            yield run_id

    def rows(self, run_id: str) -> Iterator[Row]:
        """Yield the events of a run in order."""
        try:
            yield from map(Row._make, self.connection.execute(_ROWS, (run_id,)))
        except sqlite3.Error as error:
            raise store_error(self.files.events.path, error) from error

    def labels(self) -> Iterator[LabelRow]:
        """Yield what persons said, oldest first."""
        if number(self.connection, "user_version") < WITH_LABELS:
            return iter(())
        return map(LabelRow._make, self.connection.execute(_LABELS))

    def replies(self) -> Iterator[ReplyRow]:
        """Yield what models answered, oldest first."""
        if number(self.connection, "user_version") < WITH_REPLIES:
            return iter(())
        query = "SELECT key, at, body FROM replies ORDER BY rowid"
        return map(ReplyRow._make, self.connection.execute(query))

    def blob(self, sha256: str) -> bytes:
        """Return the bytes with this hash."""
        if self._blobs is None:
            connection = self._stack.enter_context(self.files.blobs.reading())
            self._blobs = Blobs(connection, self.files.folder)
        return self._blobs.get(sha256)

    def processes(self, run_id: str) -> list[str]:
        """Return who wrote a run, as ``liveness`` names processes."""
        query = "SELECT process FROM processes WHERE run_id = ?"
        return [process for (process,) in self.connection.execute(query, (run_id,))]

    def is_from_elsewhere(self, run_id: str, seq: int) -> bool:
        """Return whether a step was imported, merged or copied, and not made in this store."""
        if number(self.connection, "user_version") < WITH_ARRIVALS:
            return not self.processes(run_id)  # who writes a step here says so
        query = "SELECT 1 FROM arrivals WHERE run_id = ? AND ? BETWEEN first AND last"
        arrived = self.connection.execute(query, (run_id, seq)).fetchone() is not None
        return arrived or not self.processes(run_id)

    def end(self, run_id: str) -> str | None:
        """Return the JSON of the run's end, None where it has none (any more)."""
        found = self.connection.execute(_LAST_END, (run_id,)).fetchone()
        return found[0] if found else None

    def state(self, run_id: str) -> RunState:
        """Return where a run stands."""
        if self.end(run_id) is not None:
            return RunState.ENDED
        alive = any(is_alive(process) for process in self.processes(run_id))
        return RunState.RUNNING if alive else RunState.KILLED


@contextlib.contextmanager
def opened_source(path: Path) -> Generator[SqliteSource]:
    """Lend the store at ``path`` for reading.

    Raises:
        CallError: there is none.
        StoreError: it is no store, a newer one, or can't be read.
    """
    if not path.exists():
        raise CallError(f"{path}: there is no trace store", remedy="Name another one.")
    with contextlib.ExitStack() as stack:
        yield SqliteSource(Files.of(path, busy_timeout_s=BUSY_TIMEOUT_S), stack)
