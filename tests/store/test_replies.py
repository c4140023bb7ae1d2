"""Replies of models, kept beside the events."""

from __future__ import annotations

import contextlib
import math
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from critique_loop.errors import CallError, CritiqueLoopError, StoreError
from critique_loop.protocols import ReplyStore
from critique_loop.store import SqliteStore
from critique_loop.store.encoding import LONG_TEXT
from critique_loop.store.journal import Files, Journal
from critique_loop.store.replies import KeptReply
from critique_loop.store.schema import BLOBS, EVENTS, Database, Schema
from critique_loop.testing import MemoryStore
from critique_loop.values import Choice, Escalation, Event, Reply, Token, Usage

pytestmark = pytest.mark.anyio

MakeRun = Callable[[str], list[Event]]
SCRIPT = Path(__file__).with_name("keep_replies.py")
KEY = "ab" * 32
REPLY = Reply((Choice("print()"),), "small-1")

# What the first release made its files with.
APPEND_ONLY = """
CREATE TRIGGER {0}_no_update BEFORE UPDATE ON {0}
BEGIN SELECT RAISE(ABORT, '{0}: append-only'); END;
CREATE TRIGGER {0}_no_delete BEFORE DELETE ON {0}
BEGIN SELECT RAISE(ABORT, '{0}: append-only'); END;
"""
TABLES = """
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
VERSION_1 = "".join((TABLES, *map(APPEND_ONLY.format, ("events", "runs", "processes"))))


def make_version_1(path: Path) -> None:
    Database(path, Schema(1, VERSION_1), 1.0).create()


def schema_of(path: Path) -> tuple[int, set[str]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = connection.execute("SELECT type || ' ' || name FROM sqlite_schema")
        return version, {name for (name,) in names}


@pytest.fixture(params=["sqlite", "memory"])
def either(request: pytest.FixtureRequest, store: SqliteStore) -> ReplyStore:
    return store if request.param == "sqlite" else MemoryStore()


async def test_both_stores_keep_the_latest_reply_of_a_key(either: ReplyStore) -> None:
    assert isinstance(either, ReplyStore)
    await either.keep_reply(KEY, REPLY)
    await either.keep_reply("cd" * 32, REPLY)

    await either.keep_reply(KEY, Reply((Choice("better"),), "small-1"))

    found = await either.reply(KEY)
    assert found is not None
    assert found.text == "better"
    assert await either.reply("cd" * 32) == REPLY
    assert await either.reply("ef" * 32) is None


async def test_what_a_key_held_before_stays_in_the_file(store: SqliteStore) -> None:
    for text in ("first", "second"):
        await store.keep_reply(KEY, Reply((Choice(text),), "m"))

    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        rows = connection.execute("SELECT body FROM replies ORDER BY rowid").fetchall()
    assert ["first" in rows[0][0], "second" in rows[1][0]] == [True, True]


async def test_a_reply_comes_back_equal_in_all_its_parts(store: SqliteStore, path: Path) -> None:
    tokens = (Token("7", -0.25, (("8", -1.5), ("\udc80", -math.inf))), Token("", -math.inf))
    data: dict[str, object] = {"scores": {"$float": 7}, "why": ["a", None, 1.5, {"b": []}]}
    reply = Reply(
        choices=(Choice("x" * (LONG_TEXT + 1), "why \x00", "length", tokens, data), Choice("")),
        model="big-2026",
        usage=Usage(None, 12, 3, 4),
        cost_usd=0.1 + 0.2,
        requests=3,
        seconds=1.25,
        notes=("seed dropped",),
        escalations=(Escalation("small", "big", "stuck", 0.5, None),),
    )

    await store.keep_reply(KEY, reply)

    assert await SqliteStore(path).reply(KEY) == reply


async def test_a_long_answer_is_a_blob_once(store: SqliteStore) -> None:
    reply = Reply((Choice("y" * 200_000),), "m")

    for key in (KEY, "cd" * 32):
        await store.keep_reply(key, reply)

    assert store.path.stat().st_size < 150_000
    assert len(list(store.path.with_name("traces.blobs").glob("*/*"))) == 1


async def test_looking_for_a_reply_makes_no_file(path: Path) -> None:
    assert await SqliteStore(path).reply(KEY) is None

    assert not path.parent.exists()


@pytest.mark.parametrize("key", ["", "ab", "AB" * 32, "ab" * 32 + "\n", "'" * 64])
async def test_only_a_sha256_is_a_key(store: SqliteStore, key: str) -> None:
    with pytest.raises(CallError, match="can't be the key"):
        await store.keep_reply(key, REPLY)
    with pytest.raises(CallError, match="can't be the key"):
        await store.reply(key)


def test_events_and_replies_of_a_batch_have_their_own_answers(
    path: Path, make_run: MakeRun
) -> None:
    journal = Journal(Files.of(path, busy_timeout_s=1.0))
    unkept = KeptReply(KEY, 1.0, Reply((Choice("", data={"x": object()}),), "m"))
    event = make_run("r")[0]

    answers = journal.keep([event, unkept, KeptReply(KEY, 1.0, REPLY)])
    journal.close()

    kinds: list[type[CritiqueLoopError | None]] = [type(answer) for answer in answers]
    assert kinds == [type(None), CallError, type(None)]
    assert anyio.run(SqliteStore(path).reply, KEY) == REPLY


async def test_a_store_of_version_1_stays_one_until_a_reply_is_kept(
    path: Path, make_run: MakeRun
) -> None:
    make_version_1(path)
    before = schema_of(path)

    with SqliteStore(path) as store:
        assert await store.reply(KEY) is None
        for event in make_run("r"):
            await store.append(event)

        assert schema_of(path) == before
        assert [event async for event in store.events("r")] == make_run("r")


async def test_the_first_reply_makes_version_2_of_it_and_loses_nothing(
    path: Path, make_run: MakeRun
) -> None:
    make_version_1(path)
    version, names = schema_of(path)
    with SqliteStore(path) as store:
        for event in make_run("r"):
            await store.append(event)

        await store.keep_reply(KEY, REPLY)
        await store.append(make_run("s")[0])

        assert await store.reply(KEY) == REPLY
        assert [event async for event in store.events("r")] == make_run("r")
        assert [event async for event in store.events("s")] == make_run("s")[:1]
    assert version == 1
    assert schema_of(path) == (
        2,
        names
        | {"table replies", "index replies_by_key"}
        | {f"trigger replies_no_{change}" for change in ("update", "delete")},
    )


async def test_earlier_versions_of_the_package_refuse_version_2(store: SqliteStore) -> None:
    await store.keep_reply(KEY, REPLY)

    with pytest.raises(StoreError, match="newer version"):
        Database(store.path, Schema(1, VERSION_1), 1.0).connect_writer()
    blobs = Database(store.path.with_name("traces.blobs.db"), Schema(1, ""), 1.0)
    blobs.connect_writer().close()


@pytest.mark.parametrize("change", ["UPDATE replies SET body = ''", "DELETE FROM replies"])
async def test_a_kept_reply_can_not_be_changed(store: SqliteStore, change: str) -> None:
    await store.keep_reply(KEY, REPLY)

    with (
        contextlib.closing(sqlite3.connect(store.path)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        connection.execute(change)


def test_many_that_keep_the_first_reply_at_once_migrate_once(path: Path) -> None:
    make_version_1(path)

    def keep(number: int) -> None:
        with SqliteStore(path) as store:
            anyio.run(store.keep_reply, f"{number:064x}", REPLY)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep, range(8)))

    found = [anyio.run(SqliteStore(path).reply, f"{number:064x}") for number in range(8)]
    assert found == [REPLY] * 8
    assert schema_of(path)[0] == 2


@pytest.mark.slow
def test_two_processes_that_migrate_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "traces.db"
    make_version_1(path)
    commands = [[sys.executable, str(SCRIPT), str(path), str(n * 100), "20"] for n in range(3)]

    writers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for command in commands
    ]
    for writer in writers:
        _, complaint = writer.communicate(timeout=60)
        assert (writer.returncode, complaint) == (0, b"")

    for number in (n * 100 + i for n in range(3) for i in range(20)):
        reply = anyio.run(SqliteStore(path).reply, f"{number:064x}")
        assert reply is not None
        assert reply.text == f"answer {number}"


@pytest.mark.slow
def test_a_kill_during_the_migration_leaves_one_version_or_the_other(tmp_path: Path) -> None:
    versions: list[int] = []
    delay_s = 0.01
    for attempt in range(14):
        path = tmp_path / str(attempt) / "traces.db"
        make_version_1(path)
        with subprocess.Popen(
            [sys.executable, str(SCRIPT), str(path), "0", "1000"],
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(delay_s)
            writer.send_signal(signal.SIGKILL)
            acknowledged = [line for line in writer.stdout if line.endswith("\n")]

        version, names = schema_of(path)
        versions.append(version)
        delay_s *= 1.8 if version == 1 else 0.6  # draws near to the moment and stays about it
        assert ("table replies" in names) == (version == 2)
        assert version == 2 or not acknowledged
        for line in acknowledged:
            assert anyio.run(SqliteStore(path).reply, f"{int(line):064x}") is not None
        with SqliteStore(path) as store:
            anyio.run(store.keep_reply, KEY, REPLY)
        assert schema_of(path)[0] == 2
    assert set(versions) == {1, 2}


def test_only_the_events_have_later_versions() -> None:
    assert (EVENTS.version, BLOBS.version) == (5, 1)
