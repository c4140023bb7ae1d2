"""Stores made smaller."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import anyio
import pytest

from critique_loop.errors import StoreError
from critique_loop.store import SqliteStore
from critique_loop.store.checking import check
from critique_loop.store.vacuuming import vacuum
from critique_loop.testing.stored_runs import kept_events, store_at
from critique_loop.values import Choice, Reply
from tests.store.kept_runs import label, run
from tests.store.test_checking import large_blob

ORPHANS = 50


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return store_at(tmp_path / "traces.db", run("r1"), run("r2"), labels=[label("r1")])


def add_orphans(path: Path) -> None:
    with sqlite3.connect(path.with_name("traces.blobs.db")) as connection:
        connection.executemany(
            "INSERT INTO blobs VALUES (?, randomblob(50000))",
            ((f"{number:064x}",) for number in range(ORPHANS)),
        )
    connection.close()


def test_what_no_step_names_goes_and_every_step_stays(kept: Path) -> None:
    add_orphans(kept)
    file = large_blob(kept)
    orphan = file.parent / ("0" * 62)
    orphan.write_bytes(b"x" * 1000)
    unfinished = file.with_name(".abc.123.00ff00ff")
    unfinished.write_bytes(b"half")
    before = kept_events(kept, "r1")

    done = vacuum(kept)

    assert (done.orphans, done.unfinished) == (ORPHANS + 1, 1)
    assert done.after < done.before - ORPHANS * 50_000
    assert not orphan.exists()
    assert not unfinished.exists()
    assert kept_events(kept, "r1") == before
    assert check(kept).is_ok


def test_the_order_of_what_has_no_number_of_its_own_stays(kept: Path) -> None:
    async def ask() -> Reply | None:
        with SqliteStore(kept) as store:
            for number in range(5):
                await store.keep_reply("0" * 64, Reply((Choice(f"answer {number}"),), "big"))
        vacuum(kept)
        return await SqliteStore(kept).reply("0" * 64)

    latest = anyio.run(ask)

    assert latest is not None
    assert latest.text == "answer 4"


def test_the_store_is_append_only_afterwards(kept: Path) -> None:
    add_orphans(kept)

    vacuum(kept)

    with (
        sqlite3.connect(kept.with_name("traces.blobs.db")) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute("DELETE FROM blobs")
    connection.close()


def test_it_refuses_while_a_writer_has_the_store_open(kept: Path) -> None:
    async def write_and_vacuum() -> None:
        with SqliteStore(kept) as store:
            for event in run("r3", steps=2):
                await store.append(event)
            with pytest.raises(StoreError, match="another process has it open"):
                vacuum(kept)
            for event in run("r3"):
                await store.append(event)

    anyio.run(write_and_vacuum)

    assert check(kept).is_ok


def test_it_refuses_while_a_reader_is_in_the_middle(kept: Path) -> None:
    connection = sqlite3.connect(kept)
    connection.execute("SELECT count(*) FROM events").fetchone()

    with pytest.raises(StoreError, match="another process has it open"):
        vacuum(kept)

    connection.close()


def test_a_damaged_store_is_left_as_it_is(kept: Path) -> None:
    add_orphans(kept)
    large_blob(kept).unlink()

    with pytest.raises(StoreError, match="of a step are missing"):
        vacuum(kept)

    assert check(kept).blobs >= ORPHANS


def test_the_log_is_taken_up(kept: Path) -> None:
    vacuum(kept)

    assert not [file for file in kept.parent.glob("*-wal") if file.stat().st_size]
