"""Few sandboxes for many loops."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from critique_loop.batch.sandboxes import Room, SharedExecutor
from critique_loop.executors.limits import Limits
from critique_loop.rubric import load
from critique_loop.values import Draft, Execution, ExecutionStatus, Task

pytestmark = pytest.mark.anyio
TASK = Task("x", load("charts"))
DRAFT = Draft(code="good", writer="w")


class Sessions:
    """An executor that counts what is open and what runs; each run takes a moment."""

    name = "counting"

    def __init__(self, *, restartable: bool = True) -> None:
        self.open = self.running = self.most_open = self.most_running = self.started = 0
        self._restartable = restartable

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[Plain]:
        del task
        session = Restartable(self) if self._restartable else Plain(self)
        session.start()
        try:
            yield session
        finally:
            session.end()


class Plain:
    """A session that lasts as long as its context."""

    def __init__(self, counts: Sessions) -> None:
        self._counts = counts
        self._is_open = False

    def start(self) -> None:
        if not self._is_open:
            counts, self._is_open = self._counts, True
            counts.started += 1
            counts.open += 1
            counts.most_open = max(counts.most_open, counts.open)

    def end(self) -> None:
        if self._is_open:
            self._is_open = False
            self._counts.open -= 1

    async def run(self, draft: Draft) -> Execution:
        del draft
        self.start()
        self._counts.running += 1
        self._counts.most_running = max(self._counts.most_running, self._counts.running)
        await anyio.sleep(0.002)
        self._counts.running -= 1
        return Execution(ExecutionStatus.OK)


class Restartable(Plain):
    """A session that can give its sandbox up; the next run starts another."""

    async def close(self) -> None:
        self.end()


async def loop(shared: SharedExecutor, rounds: int, think_s: float = 0.0) -> None:
    async with shared.session(TASK) as session:
        for _ in range(rounds):
            await session.run(DRAFT)
            await anyio.sleep(think_s)


async def run(shared: SharedExecutor, loops: int, rounds: int, think_s: float = 0.0) -> None:
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for _ in range(loops):
                group.start_soon(loop, shared, rounds, think_s)


@pytest.mark.parametrize("restartable", [True, False])
async def test_no_more_run_and_no_more_are_open_than_there_is_room_for(
    *, restartable: bool
) -> None:
    sessions = Sessions(restartable=restartable)
    shared = SharedExecutor(sessions, Room(running=2, open=3))

    await run(shared, loops=12, rounds=3)

    assert sessions.most_running == 2
    assert sessions.most_open <= 3
    assert sessions.open == 0


async def test_a_loop_that_waits_for_a_model_holds_no_sandbox_that_another_needs() -> None:
    sessions = Sessions()
    shared = SharedExecutor(sessions, Room(running=1, open=1))
    thinking = anyio.Event()

    async def waits() -> None:
        async with shared.session(TASK) as session:
            await session.run(DRAFT)
            await thinking.wait()
            await session.run(DRAFT)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(waits)
            await anyio.sleep(0.02)
            await loop(shared, 2)
            thinking.set()

    assert sessions.started == 3  # the one that had waited got another
    assert sessions.most_open == 1


async def test_where_there_is_room_a_loop_keeps_its_sandbox() -> None:
    sessions = Sessions()
    shared = SharedExecutor(sessions, Room(running=2, open=4))

    await run(shared, loops=4, rounds=5, think_s=0.001)

    assert sessions.started == 4


async def test_a_loop_that_never_ran_anything_opened_nothing() -> None:
    sessions = Sessions()
    shared = SharedExecutor(sessions, Room(running=1, open=1))

    async with shared.session(TASK):
        pass

    assert sessions.started == 0


async def test_a_loop_that_is_cancelled_gives_its_place_back() -> None:
    sessions = Sessions()
    shared = SharedExecutor(sessions, Room(running=1, open=1))

    with anyio.move_on_after(0.001):
        await loop(shared, 100)
    await loop(shared, 1)

    assert sessions.open == 0


async def test_a_sandbox_that_can_not_be_had_gives_its_place_back(tmp_path: Path) -> None:
    class Broken(Sessions):
        @asynccontextmanager
        async def session(self, task: Task) -> AsyncGenerator[Plain]:
            self.started += 1
            if self.started == 1:
                raise OSError(28, "no space", str(tmp_path))
            async with super().session(task) as session:
                yield session

    sessions = Broken()
    shared = SharedExecutor(sessions, Room(running=1, open=1))

    with pytest.raises(OSError, match="no space"):
        await loop(shared, 1)
    await loop(shared, 1)

    assert sessions.open == 0


def test_there_is_room_for_two_a_core_as_memory_allows() -> None:
    small, huge = Room.of_this_machine(), Room.of_this_machine(Limits(memory_mb=1 << 30))

    assert small.open >= small.running >= 1
    assert huge == Room(1, 1)
    assert Room(8, 20).share(4) == Room(2, 5)
    assert Room(2, 3).share(4) == Room(1, 1)
