"""What persons said, kept beside the events."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store import SqliteStore
from critique_loop.store.schema import EVENTS, Database, Schema, upgrade
from critique_loop.values import (
    Choice,
    Event,
    Label,
    Preference,
    Preferred,
    Reply,
    Shown,
)

pytestmark = pytest.mark.anyio

MakeRun = Callable[[str], list[Event]]
LABEL = Label(
    id="1",
    shown=Shown("r", 2, "c" * 64),
    dimension="tone",
    value=7.0,
    by="ada",
    at=1_700_000_000.0,
    seconds=2.5,
    rubric="d" * 64,
)
CHOICE = Preference(
    id="2",
    first=Shown("r", 1, "a" * 64),
    second=Shown("r", 2, "c" * 64),
    dimension="tone",
    preferred=Preferred.SECOND,
    by="ada",
    at=1_700_000_001.0,
    blind=False,
)
LABELS_ADD = {"table labels", "index labels_by_id", "trigger labels_once"} | {
    f"trigger labels_no_{change}" for change in ("update", "delete")
}


def make_version(path: Path, version: int) -> None:
    """Make a store as an earlier release did: with all that later ones add taken away."""
    Database(path, EVENTS, 1.0).create()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for table in ("batches", "batch_items", "batch_workers"):
            connection.execute(f"DROP TABLE {table}")
        if version < 3:
            connection.execute("DROP TABLE labels")
        if version < 2:
            connection.execute("DROP TABLE replies")
        connection.execute(f"PRAGMA user_version = {version}")


def schema_of(path: Path) -> tuple[int, set[str]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = connection.execute("SELECT type || ' ' || name FROM sqlite_schema")
        return version, {name for (name,) in names}


async def test_labels_come_back_equal_in_the_order_they_were_kept(
    store: SqliteStore, path: Path
) -> None:
    cannot_say = replace(LABEL, id="3", value=None, dimension="\udc80\x1b")

    for label in (LABEL, CHOICE, cannot_say):
        await store.keep_label(label)

    assert await SqliteStore(path).labels() == [LABEL, CHOICE, cannot_say]


async def test_looking_for_labels_makes_no_file(path: Path) -> None:
    assert await SqliteStore(path).labels() == []

    assert not path.parent.exists()


async def test_the_same_label_twice_is_kept_once_and_the_first_stays(store: SqliteStore) -> None:
    await store.keep_label(LABEL)

    await store.keep_label(replace(LABEL, value=1.0))

    assert await store.labels() == [LABEL]


async def test_a_second_thought_is_kept_beside_the_first(store: SqliteStore) -> None:
    second = replace(LABEL, id="4", value=3.0)

    await store.keep_label(LABEL)
    await store.keep_label(second)

    assert await store.labels() == [LABEL, second]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(LABEL, value=10.5),
        replace(LABEL, value=-1.0),
        replace(LABEL, value=math.nan),
        replace(LABEL, by=" "),
        replace(LABEL, by="a\x1b[2J"),
        replace(LABEL, by="\udc80"),
        replace(LABEL, by="a" * 101),
        replace(LABEL, at=math.inf),
        replace(LABEL, shown=Shown("../r", 1, "")),
        replace(LABEL, shown=Shown("r", -1, "")),
        replace(CHOICE, second=Shown("", 1, "")),
    ],
)
async def test_what_is_no_label_is_refused(store: SqliteStore, wrong: Label | Preference) -> None:
    with pytest.raises(CallError):
        await store.keep_label(wrong)

    assert await store.labels() == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE labels SET body = ''",
        "DELETE FROM labels",
    ],
)
async def test_a_kept_label_can_not_be_changed(store: SqliteStore, change: str) -> None:
    await store.keep_label(LABEL)

    with (
        contextlib.closing(sqlite3.connect(store.path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(change)


async def test_a_kept_label_can_not_be_replaced(store: SqliteStore) -> None:
    await store.keep_label(LABEL)

    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        for number in ("1", "other"):
            connection.execute(
                "REPLACE INTO labels (rowid, id, kind, run_id, round, dimension, labeller, at,"
                " body) VALUES (1, ?, 'absolute', 'r', 1, 'd', 'eve', 0.0, '{}')",
                (number,),
            )
        connection.commit()

    assert await store.labels() == [LABEL]


@pytest.mark.parametrize("version", [1, 2])
async def test_an_earlier_store_is_read_and_written_and_stays_what_it_is(
    path: Path, make_run: MakeRun, version: int
) -> None:
    make_version(path, version)
    before = schema_of(path)

    with SqliteStore(path) as store:
        for event in make_run("r"):
            await store.append(event)

        assert await store.labels() == []
        assert [event async for event in store.events("r")] == make_run("r")
    assert schema_of(path) == before


@pytest.mark.parametrize("version", [1, 2])
async def test_the_first_label_makes_version_3_of_it_and_loses_nothing(
    path: Path, make_run: MakeRun, version: int
) -> None:
    make_version(path, version)
    reply = Reply((Choice("kept"),), "small-1")
    with SqliteStore(path) as store:
        for event in make_run("r"):
            await store.append(event)
        if version == 2:
            await store.keep_reply("ab" * 32, reply)

        await store.keep_label(LABEL)
        await store.keep_reply("cd" * 32, reply)

        assert await store.labels() == [LABEL]
        assert await store.reply("cd" * 32) == reply
        assert await store.reply("ab" * 32) == (reply if version == 2 else None)
        assert [event async for event in store.events("r")] == make_run("r")
    new = path.with_name("new.db")
    make_version(new, 3)
    assert schema_of(path) == schema_of(new)
    assert schema_of(path)[0] == 3


async def test_version_2_knows_no_labels_and_is_told_so(store: SqliteStore) -> None:
    await store.keep_label(LABEL)

    with pytest.raises(StoreError, match="newer version"):
        Database(store.path, Schema(2, ""), 1.0).connect_writer()


def test_a_migration_adds_only_what_is_asked_for(path: Path) -> None:
    make_version(path, 1)
    before = schema_of(path)[1]

    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        upgrade(connection, 2)
        after_first = schema_of(path)
        upgrade(connection, 2)
        upgrade(connection, 3)

    assert after_first[0] == 2
    assert "table labels" not in after_first[1]
    assert schema_of(path)[1] - after_first[1] == LABELS_ADD
    assert before < after_first[1]


def test_many_that_keep_the_first_label_at_once_migrate_once(path: Path) -> None:
    make_version(path, 1)

    def keep(number: int) -> None:
        with SqliteStore(path) as store:
            anyio.run(store.keep_label, replace(LABEL, id=f"n{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(8)))

    labels = anyio.run(SqliteStore(path).labels)
    assert {label.id for label in labels} == {f"n{number}" for number in range(8)}
