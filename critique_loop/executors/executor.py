"""The Executor door over any kind of isolation."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import anyio
import anyio.to_thread

from critique_loop import _bundled
from critique_loop.errors import CallError
from critique_loop.executors.cells import Isolation
from critique_loop.executors.limits import Limits
from critique_loop.executors.pool import WarmPool, fitting_size
from critique_loop.executors.requests import Question, question_of
from critique_loop.executors.sandbox import Sandbox
from critique_loop.executors.session import Assignment, SandboxSession
from critique_loop.executors.starting import Starting
from critique_loop.values import Execution, Task


def bundled_library() -> dict[str, str]:
    """Return the sources of all modules that run in the sandbox, by module name."""
    return {
        entry.name.removesuffix(".py"): entry.read_text(encoding="utf-8")
        for entry in _bundled.folder("sandbox").iterdir()
        if entry.name.endswith(".py")
    }


@dataclass(frozen=True, slots=True)
class Reuse:
    """How long containers are used, and how many wait for tasks.

    ``warm``: so many are kept ready inside ``async with executor:``, None for what this machine's
    cores and free memory allow. A container waits ``max_age_s`` seconds at most, and runs
    ``max_runs`` programs of its one task at most.
    """

    warm: int | None = None
    max_age_s: float = 900.0
    max_runs: int = 200


@dataclass(frozen=True, slots=True)
class ServerCode:
    """What runs in the container besides the draft: sources by module name.

    ``on_trace`` gets what a ``fork_trace`` module among them recorded, for measuring the coverage
    of the code in the container.
    """

    library: Mapping[str, str] = field(default_factory=bundled_library)
    on_trace: Callable[[bytes], None] | None = None


class SandboxExecutor:
    """Runs drafts in one kind of isolation: a place for each task, a fork for each run.

    Without more ado each session starts a place of its own. Inside ``async with executor:`` some
    wait for the next tasks, started and warm.
    """

    def __init__(
        self,
        isolation: Isolation,
        *,
        limits: Limits | None = None,
        inputs: Mapping[str, str | Path] | None = None,
        reuse: Reuse | None = None,
        code: ServerCode | None = None,
    ) -> None:
        """Nothing is started before a session is.

        Args:
            isolation: makes the places.
            limits: what one run may use.
            inputs: files and folders that every program may read, under these names in its folder.
            reuse: how long places are used, and how many wait.
            code: what runs in them, without it our own.
        """
        self._isolation = isolation
        self._limits = limits or Limits()
        self._inputs = {name: Path(path) for name, path in (inputs or {}).items()}
        self._reuse = reuse or Reuse()
        self._code = code or ServerCode()
        self._pool: WarmPool | None = None

    @property
    def name(self) -> str:
        """The kind of isolation, e.g. "docker"."""
        return self._isolation.name

    async def __aenter__(self) -> Self:
        """Begin to keep places ready."""
        reuse = self._reuse
        size = fitting_size(self._limits) if reuse.warm is None else reuse.warm
        self._pool = WarmPool(self._start, size=size, max_age_s=reuse.max_age_s)
        return self

    async def __aexit__(self, *error: object) -> None:
        """Remove the places that wait."""
        pool, self._pool = self._pool, None
        if pool is not None:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(pool.close)

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[SandboxSession]:
        """Open a place for ``task``; leaving the context removes it.

        Raises:
            SandboxUnavailable: there is no isolation to be had; nothing ran.
            DataError: a data file can't be read (any more).
            MachineError: a data file can't be copied to where the place sees it.
        """
        files = {table.name: table.path for table in task.tables}
        async with self._open(files, question_of(task, self._limits)) as session:
            yield session

    async def run_programs(
        self, programs: Sequence[str | bytes], *, files: Mapping[str, Path] | None = None
    ) -> AsyncGenerator[Execution]:
        """Run programs one after the other in one place, unjudged, and yield what happened.

        ``files`` are shown to them under the given names. Close the generator where you leave it
        early, e.g. with ``contextlib.aclosing``.

        Raises:
            SandboxUnavailable: as for ``session``.
        """
        async with self._open(files or {}, None) as session:
            for program in programs:
                yield await session.run_program(program)

    @asynccontextmanager
    async def _open(
        self, files: Mapping[str, Path], question: Question | None
    ) -> AsyncGenerator[SandboxSession]:
        for name in files.keys() & self._inputs.keys():
            raise CallError(f"two data files are called {name!r}", remedy="Rename one.")
        assignment = Assignment(
            self._limits,
            {**self._inputs, **files},
            question,
            max_runs=self._reuse.max_runs,
            on_trace=self._code.on_trace,
        )
        session = SandboxSession(self._new_sandbox, assignment)
        try:
            await session.start()
            yield session
        finally:
            await session.close()

    async def _new_sandbox(self) -> Sandbox:
        starting = Starting(self._start if self._pool is None else self._pool.take)
        try:
            return await anyio.to_thread.run_sync(starting.run, abandon_on_cancel=True)
        except BaseException:
            starting.abandon()
            raise

    def _start(self) -> Sandbox:
        return Sandbox(self._isolation, self._limits, self._code.library)
