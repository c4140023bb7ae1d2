"""The SQLite files of a store: made once and whole, opened only if they are ours."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from critique_loop.errors import StoreError
from critique_loop.store.faults import ELSEWHERE, store_error
from critique_loop.store.place import create_file, make_folder, scratch_name

_APPLICATION_ID = 0x43724C70  # "CrLp"
_WAL_KEPT_BYTES = 16 * 2**20

_APPEND_ONLY = (
    "CREATE TRIGGER {0}_no_update BEFORE UPDATE ON {0}"
    " BEGIN SELECT RAISE(ABORT, '{0}: append-only'); END;",
    "CREATE TRIGGER {0}_no_delete BEFORE DELETE ON {0}"
    " BEGIN SELECT RAISE(ABORT, '{0}: append-only'); END;",
)

_TABLES = """
CREATE TABLE events (
    run_id TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, round INTEGER NOT NULL,
    at REAL NOT NULL, seconds REAL NOT NULL, body TEXT NOT NULL,
    UNIQUE (run_id, seq)
) STRICT;
CREATE INDEX critiques ON events (run_id, round) WHERE kind = 'critiqued';
CREATE INDEX ends ON events (run_id) WHERE kind = 'ended';
CREATE TABLE runs (run_id TEXT PRIMARY KEY, started_at REAL NOT NULL, head TEXT NOT NULL) STRICT;
CREATE TABLE processes (
    run_id TEXT NOT NULL, process TEXT NOT NULL, UNIQUE (run_id, process)
) STRICT;
CREATE TRIGGER events_no_change BEFORE INSERT ON events
WHEN EXISTS (
    SELECT 1 FROM events AS kept WHERE kept.run_id = NEW.run_id AND kept.seq = NEW.seq
    AND (kept.kind, kept.round, kept.at, kept.seconds, kept.body)
        IS NOT (NEW.kind, NEW.round, NEW.at, NEW.seconds, NEW.body)
)
BEGIN SELECT RAISE(ABORT, 'events: kept with other content'); END;
"""


def _append_only(*tables: str) -> tuple[str, ...]:
    return tuple(trigger.format(table) for table in tables for trigger in _APPEND_ONLY)


# What a version of the events has more than the one before, one statement at a time: a script would
# commit the transaction that it is run in.
WITH_REPLIES = 2
WITH_LABELS = 3
WITH_BATCHES = 4
WITH_ARRIVALS = 5
_REPLIES = (
    "CREATE TABLE replies (key TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL) STRICT;",
    "CREATE INDEX replies_by_key ON replies (key);",
    *_append_only("replies"),
)
_LABELS = (
    "CREATE TABLE labels (id TEXT NOT NULL, kind TEXT NOT NULL, run_id TEXT NOT NULL,"
    " round INTEGER NOT NULL, dimension TEXT NOT NULL, labeller TEXT NOT NULL, at REAL NOT NULL,"
    " body TEXT NOT NULL) STRICT;",
    "CREATE INDEX labels_by_id ON labels (id);",
    # The first of an id stays: the same label twice is harmless, and nothing can take its place.
    "CREATE TRIGGER labels_once BEFORE INSERT ON labels"
    " WHEN EXISTS (SELECT 1 FROM labels AS kept WHERE kept.id = NEW.id OR kept.rowid = NEW.rowid)"
    " BEGIN SELECT RAISE(IGNORE); END;",
    *_append_only("labels"),
)
# A queue of work, not a trace: its rows change, and what became of an item is in its run.
_BATCHES = (
    "CREATE TABLE batches (batch TEXT PRIMARY KEY, source TEXT NOT NULL, at REAL NOT NULL,"
    " config TEXT NOT NULL, pass INTEGER NOT NULL, command TEXT NOT NULL) STRICT;",
    "CREATE TABLE batch_items (batch TEXT NOT NULL, item TEXT NOT NULL, position INTEGER NOT NULL,"
    " pass INTEGER NOT NULL, state TEXT NOT NULL, spec TEXT NOT NULL, worker TEXT,"
    " leases INTEGER NOT NULL, deaths INTEGER NOT NULL, run_id TEXT, result TEXT NOT NULL,"
    " finished INTEGER, PRIMARY KEY (batch, item)) STRICT;",
    "CREATE INDEX batch_items_waiting ON batch_items (batch, position) WHERE state = 'waiting';",
    "CREATE INDEX batch_items_leased ON batch_items (worker) WHERE state = 'leased';",
    "CREATE INDEX batch_items_finished ON batch_items (batch, finished)"
    " WHERE finished IS NOT NULL;",
    "CREATE TABLE batch_workers (worker TEXT PRIMARY KEY, batch TEXT NOT NULL,"
    " process TEXT NOT NULL, beat REAL NOT NULL) STRICT;",
)
# Which steps of a run were not made here but brought in, from the first to the last of them.
_ARRIVALS = (
    "CREATE TABLE arrivals (run_id TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL)"
    " STRICT;",
    *_append_only("arrivals"),
)
_ADDED = {
    WITH_REPLIES: _REPLIES,
    WITH_LABELS: _LABELS,
    WITH_BATCHES: _BATCHES,
    WITH_ARRIVALS: _ARRIVALS,
}


class Schema(NamedTuple):
    """What a new file is made with, and the version it then has."""

    version: int
    script: str


_FIRST_EVENTS = Schema(1, "".join((_TABLES, *_append_only("events", "runs", "processes"))))
EVENTS = Schema(
    WITH_ARRIVALS,
    "".join((_FIRST_EVENTS.script, *(each for added in _ADDED.values() for each in added))),
)
BLOBS = Schema(
    1,
    "".join(
        (
            "CREATE TABLE blobs (sha256 TEXT NOT NULL UNIQUE, data BLOB NOT NULL) STRICT;",
            *_append_only("blobs"),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class Database:
    """One SQLite file of a store: where it is, what it is made with, how long it waits.

    ``may_be_cut``: it is also read where it is shorter than its header says.
    """

    path: Path
    schema: Schema
    busy_timeout_s: float
    may_be_cut: bool = False

    def create(self) -> None:
        """Make the file and its folder if it is missing; whoever is first wins.

        It is built under another name and linked into place, so nobody ever sees half of it.
        """
        if self.path.exists():
            return
        make_folder(self.path.parent)
        scratch = scratch_name(self.path)
        os.close(create_file(scratch))
        try:
            connection = sqlite3.connect(scratch, isolation_level=None)
            with contextlib.closing(connection):
                connection.executescript(
                    f"BEGIN; {self.schema.script} PRAGMA application_id = {_APPLICATION_ID};"
                    f" PRAGMA user_version = {self.schema.version}; COMMIT;"
                    " PRAGMA journal_mode = WAL;"
                )
            _publish(scratch, self.path)
        finally:
            scratch.unlink(missing_ok=True)

    def connect_writer(self) -> sqlite3.Connection:
        """Return a connection for the one writing thread; the caller closes it.

        Raises:
            StoreError: the file is not ours or newer, or it can't be opened.
        """
        try:
            connection = self._connect("rw")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error
        return connection

    @contextlib.contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        """Lend a connection that can't write.

        Raises:
            StoreError: the file is not ours or newer, or it can't be read.
        """
        try:
            with contextlib.closing(self._connect_reader()) as connection:
                connection.execute("PRAGMA query_only = 1")
                yield connection
        except sqlite3.Error as error:
            raise store_error(self.path, error) from error

    def _connect_reader(self) -> sqlite3.Connection:
        try:
            return self._connect("rw")
        except sqlite3.OperationalError:
            # A folder that can't be written has no room for the WAL's index; a store that was
            # closed cleanly (no WAL left) can be read without one.
            wal = self.path.with_name(f"{self.path.name}-wal")
            if wal.exists() and wal.stat().st_size:
                raise
            return self._connect("ro&immutable=1")

    def _connect(self, mode: str) -> sqlite3.Connection:
        self._refuse_foreign()
        connection = self._open(mode)
        try:
            if self.may_be_cut:
                connection.execute("PRAGMA writable_schema = 1")
            version = number(connection, "user_version")
        except sqlite3.Error:
            connection.close()
            raise
        known = self.schema.version
        if version > known:
            connection.close()
            raise StoreError(
                f"{self.path}: written by a newer version (schema {version}, known: {known})",
                remedy=f"Upgrade critique-loop, or {ELSEWHERE}.",
            )
        return connection

    def _refuse_foreign(self) -> None:
        """Look at the file's header only, without locks, recovery or files beside it."""
        if self.path.is_dir():
            raise StoreError(
                f"{self.path}: is a folder", remedy=f"Name a file in it, or {ELSEWHERE}."
            )
        with contextlib.closing(self._open("ro&immutable=1")) as connection:
            # Beside a checkpoint the file may be shorter than its header says; that is no damage.
            connection.execute("PRAGMA writable_schema = 1")
            if number(connection, "application_id") != _APPLICATION_ID:
                raise StoreError(
                    f"{self.path}: is not a trace store; it was left as it is",
                    remedy=f"Move it away, or {ELSEWHERE}.",
                )

    def _open(self, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=self.busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,  # one at a time uses a connection, not always the same one
        )


def _publish(scratch: Path, path: Path) -> None:
    try:
        os.link(scratch, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            scratch.rename(path)


def number(connection: sqlite3.Connection, pragma: str) -> int:
    """Return the value of a setting that is a whole number."""
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def upgrade(connection: sqlite3.Connection, version: int) -> None:
    """Add what ``version`` of the events needs, within the transaction under way.

    A file is never brought further than what is kept in it needs, so that earlier versions of the
    package can go on reading it.
    """
    for step in range(number(connection, "user_version") + 1, version + 1):
        for statement in _ADDED[step]:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {step}")


def laid_out(schema: Schema, version: int) -> sqlite3.Connection:
    """Return an empty file in memory as ``version`` makes it; the caller closes it."""
    first = _FIRST_EVENTS if schema is EVENTS else schema
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(f"{first.script} PRAGMA user_version = {first.version};")
    upgrade(connection, version)
    return connection
