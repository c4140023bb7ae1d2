"""Few sandboxes for many loops: one that waits for a model keeps none that others need."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

import anyio

from critique_loop.executors.limits import Limits
from critique_loop.protocols import Executor, Session
from critique_loop.values import Draft, Execution, Task

_PER_CORE = 2


@dataclass(frozen=True, slots=True)
class Room:
    """How many programs run at once, and how many sandboxes may be open, idle ones too."""

    running: int
    open: int

    @classmethod
    def of_this_machine(cls, limits: Limits | None = None) -> Room:
        """Return two for each core, bounded by the memory that is free now."""
        free = _free_bytes() // (limits or Limits()).memory_bytes
        fitting = max(1, free)
        running = min(_PER_CORE * len(os.sched_getaffinity(0)), fitting)
        return cls(running, max(running, fitting))

    def share(self, number: int) -> Room:
        """Return what one of ``number`` processes may take of it."""
        return Room(max(1, self.running // number), max(1, self.open // number))


@runtime_checkable
class _Restartable(Protocol):
    """A session whose sandbox can be given up: the next run starts another."""

    async def close(self) -> None: ...


class SharedExecutor:
    """An executor for many loops at once, with a limit on sandboxes.

    The sandbox of a loop is opened when its first program is to run. Between two programs it stays,
    unless another loop needs the room: then the one that has been idle for longest goes, and its
    loop gets a new one later.
    """

    def __init__(self, executor: Executor, room: Room) -> None:
        """Take sessions from ``executor``."""
        self._executor = executor
        self._most_open = room.open
        self._running = anyio.CapacityLimiter(room.running)
        self._idle: OrderedDict[int, SharedSession] = OrderedDict()
        self._open: int = 0
        self._freed = anyio.Event()
        self.most_seen: int = 0

    @property
    def name(self) -> str:
        """The kind of isolation."""
        return self._executor.name

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[SharedSession]:
        """Open the session of one task; nothing is started yet."""
        session = SharedSession(self, task)
        try:
            yield session
        finally:
            with anyio.CancelScope(shield=True):
                await self._leave(session)

    async def run(self, session: SharedSession, draft: Draft) -> Execution:
        """Run a program in the sandbox of a session, as soon as there is room."""
        # Whoever waits for a place must not hold a turn: those with a place may need it to finish.
        await self._place_for(session)
        try:
            async with self._running:
                await session.open(self._executor)
                return await session.inner.run(draft)
        finally:
            self._rest(session)

    async def _place_for(self, session: SharedSession) -> None:
        """Make sure that the session has a place among those that are open."""
        self._idle.pop(id(session), None)
        while not session.has_place:
            if self._open < self._most_open:
                session.has_place = True
                self._open += 1
                self.most_seen = max(self.most_seen, self._open)
            elif not await self._close_idle():
                await self._freed.wait()

    async def _close_idle(self) -> bool:
        """Close what has been idle for longest; false where nothing that can be closed is."""
        found = next((each for each in self._idle.values() if each.can_restart), None)
        if found is None:
            return False
        del self._idle[id(found)]
        found.has_place = False  # its loop may want to run again at any moment
        try:
            with anyio.CancelScope(shield=True):
                await found.pause()
        finally:
            self._give_place()
        return True

    def _rest(self, session: SharedSession) -> None:
        self._idle[id(session)] = session
        self._wake()

    async def _leave(self, session: SharedSession) -> None:
        self._idle.pop(id(session), None)
        try:
            await session.close()
        finally:
            if session.has_place:
                session.has_place = False
                self._give_place()

    def _give_place(self) -> None:
        self._open -= 1
        self._wake()

    def _wake(self) -> None:
        freed, self._freed = self._freed, anyio.Event()
        freed.set()


class SharedSession:
    """The session of one loop; it may lose its sandbox between two programs."""

    def __init__(self, shared: SharedExecutor, task: Task) -> None:
        """Use ``SharedExecutor.session`` instead."""
        self.has_place: bool = False
        self._shared = shared
        self._task = task
        self._stack = AsyncExitStack()
        self._inner: Session | None = None

    @property
    def inner(self) -> Session:
        """The session of the executor behind it."""
        if self._inner is None:
            raise RuntimeError("the session is not open")
        return self._inner

    @property
    def can_restart(self) -> bool:
        """Whether its sandbox can be closed, and another be had later."""
        return isinstance(self._inner, _Restartable)

    async def run(self, draft: Draft) -> Execution:
        """Run ``draft``; errors as for the executor behind it."""
        return await self._shared.run(self, draft)

    async def open(self, executor: Executor) -> None:
        """Open it for the first time; one that was paused starts its sandbox by itself."""
        if self._inner is None:
            self._inner = await self._stack.enter_async_context(executor.session(self._task))

    async def pause(self) -> None:
        """Close the sandbox and keep what is known of the loop."""
        await cast("_Restartable", self._inner).close()

    async def close(self) -> None:
        """Close the session."""
        await self._stack.aclose()


def _free_bytes(
    read: Callable[[], str] = lambda: Path("/proc/meminfo").read_text(encoding="ascii"),
) -> int:
    """Return MemAvailable of proc_meminfo(5), which counts in KiB."""
    for line in read().splitlines():
        name, _, rest = line.partition(":")
        if name == "MemAvailable":
            return int(rest.split()[0]) << 10
    return 0
