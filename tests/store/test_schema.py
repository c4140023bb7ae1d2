"""The SQLite files: made whole, ours only, append-only."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from critique_loop.errors import StoreError
from critique_loop.store.schema import BLOBS, EVENTS, Database

EVENT = "INSERT INTO events VALUES ('r', 0, 'drafted', 1, 0.0, 0.0, '{}')"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "new" / "t.db", EVENTS, 0.2)


def test_a_new_file_is_private_and_nothing_is_left_beside_it(database: Database) -> None:
    database.create()

    assert database.path.stat().st_mode & 0o777 == 0o600
    assert database.path.parent.stat().st_mode & 0o777 == 0o700
    assert [p.name for p in database.path.parent.iterdir()] == ["t.db"]


def test_writers_use_the_write_ahead_log(database: Database) -> None:
    database.create()

    with contextlib.closing(database.connect_writer()) as writer:
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert writer.execute("PRAGMA synchronous").fetchone() == (1,)


def test_creating_twice_at_once_keeps_one_whole_file(database: Database) -> None:
    def create_and_write(seq: int) -> None:
        database.create()
        with contextlib.closing(database.connect_writer()) as writer:
            writer.execute(EVENT.replace("0,", f"{seq},", 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create_and_write, range(8)))

    with database.reading() as reader:
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (8,)
    assert [p.name for p in database.path.parent.iterdir()] == ["t.db"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET body = 'x'",
        "DELETE FROM events",
        "REPLACE INTO events VALUES ('r', 0, 'drafted', 1, 0.0, 0.0, 'forged')",
        "UPDATE runs SET head = 'x'",
        "DELETE FROM processes",
    ],
)
def test_nothing_can_be_changed_or_deleted(database: Database, change: str) -> None:
    database.create()
    with contextlib.closing(database.connect_writer()) as writer:
        writer.execute(EVENT)
        writer.execute("INSERT INTO runs VALUES ('r', 0.0, '{}')")
        writer.execute("INSERT INTO processes VALUES ('r', 'p')")
        before = list(writer.iterdump())

        with pytest.raises(sqlite3.IntegrityError):
            writer.execute(change)

        assert list(writer.iterdump()) == before


def test_blobs_can_not_be_changed_either(tmp_path: Path) -> None:
    database = Database(tmp_path / "b.db", BLOBS, 0.2)
    database.create()

    with contextlib.closing(database.connect_writer()) as writer:
        writer.execute("INSERT INTO blobs VALUES ('s', x'00')")

        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            writer.execute("UPDATE blobs SET data = x'01'")


def test_readers_can_not_write(database: Database) -> None:
    database.create()

    with pytest.raises(StoreError, match="read-only"), database.reading() as reader:
        reader.execute(EVENT)


def test_a_newer_store_is_refused_and_left_alone(database: Database) -> None:
    database.create()
    with contextlib.closing(sqlite3.connect(database.path)) as other:
        other.execute(f"PRAGMA user_version = {EVENTS.version + 1}")
    before = fingerprint(database.path.parent)

    with pytest.raises(StoreError, match="newer version") as caught:
        database.connect_writer()
    with pytest.raises(StoreError, match="newer version"), database.reading():
        pass

    assert "Upgrade critique-loop" in caught.value.remedy
    assert fingerprint(database.path.parent) == before


@pytest.mark.parametrize("kind", ["text", "empty", "sqlite", "wal", "hot"])
def test_a_foreign_file_is_refused_and_left_byte_for_byte(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "foreign.db"
    with foreign_file(path, kind):
        before = fingerprint(tmp_path)
        database = Database(path, EVENTS, 0.2)
        database.create()

        with pytest.raises(StoreError, match="not a trace store"):
            database.connect_writer()
        with pytest.raises(StoreError, match="not a trace store"), database.reading():
            pass

        assert fingerprint(tmp_path) == before


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        Database(tmp_path, EVENTS, 0.2).connect_writer()


def test_a_store_can_be_opened_while_its_log_is_being_copied_into_it(database: Database) -> None:
    database.create()
    with contextlib.closing(database.connect_writer()) as writer:
        writer.execute(EVENT.replace("{}", "x" * 100_000))
        # A checkpoint writes the first page, which says how many there are, before the last.
        (pages,) = writer.execute("PRAGMA page_count").fetchone()
        header = bytearray(database.path.read_bytes()[:100])
        header[28:32] = pages.to_bytes(4, "big")
        with database.path.open("r+b") as file:
            file.write(header)

        with database.reading() as reader:
            assert reader.execute("SELECT count(*) FROM events").fetchone() == (1,)


def test_odd_characters_in_the_path_are_no_options_of_sqlite(tmp_path: Path) -> None:
    database = Database(tmp_path / "a?mode=memory#%41&x \udc80é" / "t.db", EVENTS, 0.2)

    database.create()

    with database.reading() as reader:
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (0,)
    assert database.path.stat().st_size > 0


@contextlib.contextmanager
def foreign_file(path: Path, kind: str):  # noqa: ANN201 - a generator of nothing
    if kind in ("text", "empty"):
        path.write_bytes(b"dear diary\n" * 900 if kind == "text" else b"")
        yield
        return
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as owner:
        if kind == "wal":
            owner.execute("PRAGMA journal_mode = WAL")
        owner.execute("CREATE TABLE theirs (x)")
        if kind == "hot":  # a transaction under way, with a rollback journal beside the file
            owner.execute("PRAGMA cache_size = 1")
            owner.execute("BEGIN")
            owner.executemany("INSERT INTO theirs VALUES (?)", [("x" * 500,)] * 200)
        yield


def fingerprint(folder: Path) -> dict[str, str]:
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
