"""A store made smaller without a step less: what killed writers left goes, and empty space."""

from __future__ import annotations

import contextlib
import glob
import os
import re
import sqlite3
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from critique_loop.errors import StoreError
from critique_loop.store.blobs import Blobs
from critique_loop.store.checking import large_files
from critique_loop.store.faults import store_error
from critique_loop.store.journal import Files
from critique_loop.store.measuring import sizes
from critique_loop.store.rows import Hashes, mark, opened_source
from critique_loop.store.schema import Database

_WAIT_S = 1.0
_TRIGGER = "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'blobs_no_delete'"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SCRATCH = re.compile(r"\.[0-9]+\.[0-9a-f]{8}$")


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """What was reclaimed: bytes before and after, blobs that no step named, half-written files."""

    before: int
    after: int
    orphans: int
    unfinished: int


def vacuum(path: Path) -> Vacuumed:
    """Reclaim what can be without deleting a step, a reply or a label.

    Goes: blobs that no step names, files that killed writers had not finished, the log of SQLite
    and its free pages. While it works nobody else can open the store. SQLite writes a copy beside
    the file, so as much space must be free as its larger file takes.

    Raises:
        CallError: there is no store.
        StoreError: another process has it open, it is damaged, or the disk is full; nothing that
            a step names is gone then, either.
    """
    with opened_source(path) as source:
        files = source.files
    _refuse_unwritable(files)
    before = _size(files)
    with _alone(files.events) as events, _alone(files.blobs) as blobs:
        try:
            orphans = _remove_orphans(files, events, blobs)
            unfinished = _remove_unfinished(files)
            for connection in (events, blobs):
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except (sqlite3.Error, OSError) as error:
            raise store_error(path, error) from error
    return Vacuumed(before, _size(files), orphans, unfinished)


def _refuse_unwritable(files: Files) -> None:
    for place in (files.events.path.absolute().parent, files.events.path, files.blobs.path):
        if place.exists() and not os.access(place, os.W_OK):
            raise StoreError(
                f"{place}: can't be written",
                remedy="Make the store's files and their folder writable; nothing was changed.",
            )


@contextlib.contextmanager
def _alone(database: Database) -> Generator[sqlite3.Connection]:
    """Lend a connection that nobody else has one beside.

    Raises:
        StoreError: somebody has.
    """
    connection = sqlite3.connect(
        f"{database.path.absolute().as_uri()}?mode=rw", uri=True, timeout=_WAIT_S,
        isolation_level=None,
    )  # fmt: skip
    with contextlib.closing(connection):
        try:
            # Before anything is read: then SQLite asks for the lock of the whole file, which who
            # has it open holds a share of (https://sqlite.org/wal.html#noshm).
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            fault = store_error(database.path, error)
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY:
                fault = StoreError(
                    f"{database.path}: another process has it open",
                    remedy="Wait until its loops have ended, or stop them, then try again.",
                )
            raise fault from error
        yield connection


def _remove_orphans(files: Files, events: sqlite3.Connection, blobs: sqlite3.Connection) -> int:
    """Delete the blobs that nothing names; return how many those were."""
    large = {name: path for path in large_files(files.folder) if _is_hash(name := _name(path))}
    orphans = _orphans(files, events, blobs, large)
    (trigger,) = blobs.execute(_TRIGGER).fetchone()
    blobs.execute("BEGIN IMMEDIATE")
    try:
        blobs.execute("DROP TRIGGER blobs_no_delete")
        blobs.executemany("DELETE FROM blobs WHERE sha256 = ?", ((each,) for each in orphans))
        blobs.execute(trigger)
        blobs.execute("COMMIT")
    finally:
        if blobs.in_transaction:
            blobs.execute("ROLLBACK")
    for sha256 in orphans:
        if sha256 in large:
            large[sha256].unlink()
    return len(orphans)


def _orphans(
    files: Files, events: sqlite3.Connection, blobs: sqlite3.Connection, large: Mapping[str, Path]
) -> list[str]:
    stored = Blobs(blobs, files.folder)
    with contextlib.closing(Hashes()) as hashes:
        for sha256, size in blobs.execute("SELECT sha256, length(data) FROM blobs"):
            hashes.hold(sha256, size)
        for sha256, path in large.items():
            hashes.hold(sha256, path.stat().st_size)
        for text in _texts(events):
            missing = mark(text, stored.get, hashes)
            if missing:
                raise StoreError(
                    f"{files.events.path}: the bytes {missing} of a step are missing",
                    remedy="Nothing was changed. `critique-loop store check` says more.",
                )
        found = hashes.connection.execute("SELECT sha256 FROM hashes WHERE named = 0")
        return [sha256 for (sha256,) in found]


def _texts(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield every text of every table: whatever names a blob keeps it."""
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in connection.execute(tables).fetchall():
        for row in connection.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - a table of this file
            yield from (value for value in row if isinstance(value, str))


def _remove_unfinished(files: Files) -> int:
    """Delete the files that killed writers had not given their names yet."""
    left = [path for path in large_files(files.folder) if not _is_hash(_name(path))]
    for database in (files.events, files.blobs):
        beside = database.path.parent.glob(f".{glob.escape(database.path.name)}.*")
        left += [path for path in beside if _SCRATCH.search(path.name)]
    for path in left:
        path.unlink()
    return len(left)


def _name(path: Path) -> str:
    return f"{path.parent.name}{path.name}"


def _is_hash(name: str) -> bool:
    return _SHA256.fullmatch(name) is not None


def _size(files: Files) -> int:
    large = sum(path.stat().st_size for path in large_files(files.folder))
    return sizes(files.events.path) + sizes(files.blobs.path) + large
