"""The store as the loop uses it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from critique_loop.errors import CallError, CritiqueLoopError, StoreError
from critique_loop.protocols import TraceStore
from critique_loop.store import RunState, SqliteStore
from critique_loop.store.outcomes import rebuild
from critique_loop.values import Draft, Event, EventKind, Evidence, Execution, ExecutionStatus

pytestmark = pytest.mark.anyio

MakeRun = Callable[[str], list[Event]]


def draft_event(run_id: str, seq: int, *, code: str = "print()") -> Event:
    return Event(run_id, seq, EventKind.DRAFTED, 1, 1.0, 0.5, Draft(code, "w"))


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike tmp_path."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        folder.chmod(0o755)


@contextlib.contextmanager
def unprivileged() -> Generator[None, None, None]:
    """Give up root's rights for a while, as modes mean nothing to root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(before)


async def append_all(store: TraceStore, events: list[Event]) -> None:
    for event in events:
        await store.append(event)


async def read_all(store: TraceStore, run_id: str) -> list[Event]:
    return [event async for event in store.events(run_id)]


async def test_it_is_a_trace_store(store: SqliteStore) -> None:
    assert isinstance(store, TraceStore)


async def test_events_come_back_in_order_and_equal(store: SqliteStore, make_run: MakeRun) -> None:
    events = make_run("r")

    await append_all(store, events[::-1])

    assert await read_all(store, "r") == events


async def test_another_object_reads_what_was_appended(
    store: SqliteStore, path: Path, make_run: MakeRun
) -> None:
    await append_all(store, make_run("r"))

    outcome = await SqliteStore(path).outcome("r")

    assert outcome == rebuild("r", make_run("r"))


async def test_a_long_run_is_read_in_pages(store: SqliteStore) -> None:
    events = [replace(draft_event("r", seq), at=float(seq)) for seq in range(100)]
    await append_all(store, events)

    assert await read_all(store, "r") == events


async def test_the_same_event_twice_is_harmless(store: SqliteStore, make_run: MakeRun) -> None:
    events = make_run("r")
    await append_all(store, events)

    await append_all(store, events)

    assert await read_all(store, "r") == events


async def test_another_event_with_the_same_number_is_refused_and_changes_nothing(
    store: SqliteStore, make_run: MakeRun
) -> None:
    events = make_run("r")
    await append_all(store, events)

    with pytest.raises(StoreError, match="run r: step 1 is stored already"):
        await store.append(replace(events[1], body=Draft("other", "w")))

    assert await read_all(store, "r") == events


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"run_id": ""}, "can't be the id"),
        ({"run_id": "../x"}, "can't be the id"),
        ({"run_id": "a b"}, "can't be the id"),
        ({"run_id": "r\n"}, "can't be the id"),
        ({"seq": -1}, "no step -1"),
        ({"seq": 2**63}, "no step"),
        ({"at": float("nan")}, "not finite"),
        ({"seconds": float("inf")}, "not finite"),
        (
            {"body": Execution(ExecutionStatus.OK, evidence=Evidence(facts={"x": object()}))},
            "object can't be kept",
        ),
    ],
)
async def test_what_can_not_be_kept_is_refused(
    store: SqliteStore, change: dict[str, object], said: str
) -> None:
    event = replace(draft_event("r", 0), **change)

    with pytest.raises(CallError, match=said):
        await store.append(event)

    await store.append(draft_event("r", 1))
    assert [e.seq for e in await read_all(store, "r")] == [1]


async def test_one_bad_event_fails_alone_among_those_committed_with_it(store: SqliteStore) -> None:
    bad = replace(
        draft_event("r", 7),
        body=Execution(ExecutionStatus.OK, evidence=Evidence(facts={"x": object()})),
    )
    failed: list[int] = []

    async def append(event: Event) -> None:
        try:
            await store.append(event)
        except CallError:
            failed.append(event.seq)

    async with anyio.create_task_group() as group:
        for seq in range(40):
            group.start_soon(append, bad if seq == 7 else draft_event("r", seq))

    assert failed == [7]
    assert len(await read_all(store, "r")) == 39


async def test_where_there_is_no_store_there_are_no_runs_and_none_is_made(
    store: SqliteStore, path: Path
) -> None:
    assert await store.runs() == []
    assert await read_all(store, "r") == []
    with pytest.raises(CallError, match="no run"):
        await store.outcome("r")
    with pytest.raises(CallError, match="no stored bytes"):
        await store.blob("0" * 64)
    with pytest.raises(CallError, match="begins with"):
        await store.find("r")

    assert not path.parent.exists()


async def test_only_its_owner_can_read_a_store(
    store: SqliteStore, path: Path, make_run: MakeRun
) -> None:
    big = draft_event("r", 99, code="x" * 200_000)
    await append_all(store, [*make_run("r"), big])

    for found in path.parent.rglob("*"):
        assert found.stat().st_mode & 0o077 == 0, found


async def test_a_reader_beside_a_writer_sees_whole_beginnings_of_a_run(
    store: SqliteStore, path: Path, make_run: MakeRun
) -> None:
    events = [replace(make_run("r")[1], seq=seq) for seq in range(60)]
    seen: list[int] = []

    async def read_on() -> None:
        reader = SqliteStore(path)
        while not seen or seen[-1] < len(events):
            found = await read_all(reader, "r")
            assert found == events[: len(found)]
            seen.append(len(found))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            group.start_soon(read_on)
            await append_all(store, events)

    assert seen == sorted(seen)


async def test_a_cancelled_append_is_stored_all_the_same(store: SqliteStore) -> None:
    await store.append(draft_event("r", 0))

    with anyio.move_on_after(0):
        await store.append(draft_event("r", 1))
    await store.append(draft_event("r", 2))

    assert [e.seq for e in await read_all(store, "r")] == [0, 1, 2]


async def test_several_event_loops_and_threads_share_one_store(store: SqliteStore) -> None:
    def write(name: str) -> None:
        asyncio.run(append_all(store, [draft_event(name, seq) for seq in range(25)]))

    threads = [threading.Thread(target=write, args=(f"run{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await anyio.to_thread.run_sync(thread.join)

    for n in range(6):
        assert [e.seq for e in await read_all(store, f"run{n}")] == list(range(25))


async def test_a_closed_store_refuses_to_append_but_still_reads(
    store: SqliteStore, path: Path
) -> None:
    await store.append(draft_event("r", 0))

    store.close()
    store.close()

    with pytest.raises(CallError, match="closed"):
        await store.append(draft_event("r", 1))
    assert len(await read_all(store, "r")) == 1
    assert sorted(p.name for p in path.parent.iterdir()) == ["traces.blobs.db", "traces.db"]


async def test_a_dropped_store_ends_its_thread(path: Path) -> None:
    store = SqliteStore(path)
    await store.append(draft_event("r", 0))
    (thread,) = (t for t in threading.enumerate() if t.name == "trace-store")

    del store
    await anyio.to_thread.run_sync(thread.join, 10)

    assert not thread.is_alive()


async def test_a_locked_store_says_so_and_recovers(path: Path) -> None:
    with SqliteStore(path, busy_timeout_s=0.05) as store:
        await store.append(draft_event("r", 0))
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match="another process holds its lock") as caught:
            await store.append(draft_event("r", 1))
        other.execute("ROLLBACK")
        other.close()
        await store.append(draft_event("r", 1))

        assert str(path) in caught.value.problem
        assert [e.seq for e in await read_all(store, "r")] == [0, 1]


async def test_a_damaged_store_says_so_and_is_left_alone(path: Path, make_run: MakeRun) -> None:
    with SqliteStore(path) as store:
        await append_all(store, make_run("r"))
    with path.open("r+b") as file:  # all pages but the first
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))
    damaged = path.read_bytes()

    with SqliteStore(path) as store:
        with pytest.raises(StoreError, match=r"damaged") as caught:
            await store.runs()
        with pytest.raises(StoreError, match="damaged"):
            await store.append(draft_event("r", 50))

    assert ".recover" in caught.value.remedy
    assert path.read_bytes() == damaged


async def test_a_store_whose_blobs_are_gone_says_which(path: Path, make_run: MakeRun) -> None:
    with SqliteStore(path) as store:
        await append_all(store, make_run("r"))
    path.with_name("traces.blobs.db").rename(path.with_name("elsewhere.db"))

    with pytest.raises(StoreError, match=r"traces\.blobs\.db: it can't be opened"):
        await SqliteStore(path).outcome("r")


@pytest.mark.parametrize("place", ["/sys/critique-loop/traces.db", "/dev/null/traces.db"])
async def test_an_impossible_place_is_a_store_error_with_the_way_out(place: str) -> None:
    with (
        SqliteStore(place) as store,
        pytest.raises(StoreError, match="CRITIQUE_LOOP_STORE") as caught,
    ):
        await store.append(draft_event("r", 0))

    assert Path(place).parent.name in caught.value.problem


async def test_a_read_only_store_can_be_read_but_not_written(
    shared_folder: Path, make_run: MakeRun
) -> None:
    path = shared_folder / "traces.db"
    with SqliteStore(path) as store:
        await append_all(store, make_run("r"))
    for file in shared_folder.iterdir():
        file.chmod(0o444)
    shared_folder.chmod(0o555)
    failed: CritiqueLoopError | None = None

    with unprivileged(), SqliteStore(path) as store:
        outcome = await store.outcome("r")
        (summary,) = await store.runs()
        try:
            await store.append(draft_event("r", 50))
        except StoreError as error:
            failed = error

    assert outcome == rebuild("r", make_run("r"))
    assert summary.state is RunState.ENDED
    assert failed is not None
    assert "read-only" in failed.problem
    assert "CRITIQUE_LOOP_STORE" in failed.remedy


async def test_a_forked_child_writes_with_a_thread_of_its_own(
    store: SqliteStore,
) -> None:
    await store.append(draft_event("parent", 0))

    child = os.fork()
    if child == 0:  # pragma: no cover - coverage is not measured in the child
        try:
            asyncio.run(append_all(store, [draft_event("child", 0)]))
            store.close()
        finally:
            os._exit(0)
    with anyio.fail_after(20):
        await anyio.to_thread.run_sync(os.waitpid, child, 0)
    await store.append(draft_event("parent", 1))

    assert len(await read_all(store, "child")) == 1
    assert len(await read_all(store, "parent")) == 2


async def test_a_foreign_file_given_as_store_gets_no_second_file_beside_it(tmp_path: Path) -> None:
    foreign = tmp_path / "cars.csv"
    foreign.write_text("a,b\n1,2\n")

    with SqliteStore(foreign) as store, pytest.raises(StoreError, match="not a trace store"):
        await store.append(draft_event("run", 0))

    assert list(tmp_path.iterdir()) == [foreign]
    assert foreign.read_text() == "a,b\n1,2\n"
