"""Runs drafts in hardened Docker containers: one container per task, one fork per run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread

from critique_loop import _bundled
from critique_loop.errors import MachineError, SandboxUnavailable
from critique_loop.executors import answers, exposure
from critique_loop.executors.container import BUILD, SERVER, Order, Sandbox
from critique_loop.executors.engine import Engine, Place
from critique_loop.executors.frames import SandboxLost
from critique_loop.executors.image import image_tag
from critique_loop.executors.limits import Limits
from critique_loop.values import Draft, Execution, ExecutionStatus, Task

_Result = TypeVar("_Result")
# One for a run, one to remove the container under it.
_THREADS = 2


def bundled_library() -> dict[str, str]:
    """Return the sources of all modules that run in the sandbox, by module name."""
    return {
        entry.name.removesuffix(".py"): entry.read_text(encoding="utf-8")
        for entry in _bundled.folder("sandbox").iterdir()
        if entry.name.endswith(".py")
    }


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """What is there to run drafts in. ``problem`` is "" when all is well, else ``remedy`` mends it.

    ``containers`` are the ids of all containers of this package, ``image_digest`` is "" where the
    image wasn't built, ``python`` is the version inside, "" where no container was tried.
    """

    image: str
    engine_version: str = ""
    image_digest: str = ""
    containers: tuple[str, ...] = ()
    python: str = ""
    problem: str = ""
    remedy: str = ""


class DockerExecutor:
    """Runs drafts in Docker, without network, rights, or anything that outlives a run."""

    name = "docker"

    def __init__(
        self,
        *,
        image: str | None = None,
        limits: Limits | None = None,
        library: Mapping[str, str] | None = None,
        exposure_root: Path | None = None,
        on_trace: Callable[[bytes], None] | None = None,
    ) -> None:
        """Nothing is started before a session is.

        Args:
            image: the image, without one the one that belongs to this version of the package.
            limits: what one run may use.
            library: sources of what runs in the container, by module name; without it our own.
            exposure_root: where copies of the data files lie during a session, see
                ``exposure.default_root``.
            on_trace: gets what a ``fork_trace`` module in the library recorded, for measuring the
                coverage of the code in the container.
        """
        self._image = image or image_tag()
        self._limits = limits or Limits()
        self._library = bundled_library() if library is None else dict(library)
        self._exposure_root = exposure_root or exposure.default_root()
        self._on_trace = on_trace

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[DockerSession]:
        """Open a container for ``task``; leaving the context removes it.

        Raises:
            SandboxUnavailable: there is no engine, no right to use it, or no image; nothing ran.
            DataError: a data file can't be read (any more).
            MachineError: a data file can't be copied to where the container sees it.
        """
        files = {table.name: table.path for table in task.tables}
        async with self._open(files, _request(task)) as session:
            yield session

    async def run_programs(
        self, programs: Sequence[str], *, files: Mapping[str, Path] | None = None
    ) -> AsyncGenerator[Execution]:
        """Run programs one after the other in one container, unjudged, and yield what happened.

        ``files`` are shown to them under the given names. Close the generator where you leave it
        early, e.g. with ``contextlib.aclosing``.

        Raises:
            SandboxUnavailable: as for ``session``.
        """
        async with self._open(files or {}, None) as session:
            for program in programs:
                yield await session.run_program(program)

    def status(self, *, start: bool = False) -> SandboxStatus:
        """Say what is there; with ``start`` a container is started, and removed, to be sure."""
        status = SandboxStatus(self._image)
        try:
            engine = Engine()
        except SandboxUnavailable as missing:
            return replace(status, problem=missing.problem, remedy=missing.remedy)
        try:
            status = replace(
                status,
                engine_version=engine.version,
                containers=tuple(engine.ours()),
                image_digest=engine.image_digest(self._image),
            )
            if not status.image_digest:
                return replace(status, problem=f"There is no image {self._image}.", remedy=BUILD)
            return replace(status, python=self._try(engine) if start else "")
        except MachineError as failure:
            return replace(status, problem=failure.problem, remedy=failure.remedy)
        finally:
            engine.close()

    def _try(self, engine: Engine) -> str:
        shown = exposure.Exposure(self._exposure_root)
        try:
            sandbox = Sandbox(engine, self._place(shown.folder), self._library)
            sandbox.close()
        finally:
            shown.remove()
        return sandbox.python

    def _place(self, data: Path) -> Place:
        return Place(self._image, self._library[SERVER], self._limits, data)

    @asynccontextmanager
    async def _open(
        self, files: Mapping[str, Path], request: Mapping[str, object] | None
    ) -> AsyncGenerator[DockerSession]:
        engine = await anyio.to_thread.run_sync(self._connect)
        try:
            shown = exposure.Exposure(self._exposure_root)
            try:
                await anyio.to_thread.run_sync(_show, shown, files)
                session = DockerSession(
                    lambda: Sandbox(engine, self._place(shown.folder), self._library),
                    self._limits,
                    tables=tuple(files),
                    request=request,
                    on_trace=self._on_trace,
                )
                try:
                    await session.start()
                    yield session
                finally:
                    await session.close()
            finally:
                shown.remove()
        finally:
            engine.close()

    def _connect(self) -> Engine:
        engine = Engine()
        try:
            engine.remove_leftovers()
        except BaseException:
            engine.close()
            raise
        exposure.remove_leftovers(self._exposure_root)
        return engine


class DockerSession:
    """The container of one task; a new one takes its place when it is lost or can't be emptied."""

    def __init__(
        self,
        new_sandbox: Callable[[], Sandbox],
        limits: Limits,
        *,
        tables: Sequence[str],
        request: Mapping[str, object] | None,
        on_trace: Callable[[bytes], None] | None = None,
    ) -> None:
        """Use ``DockerExecutor.session`` instead."""
        self._new_sandbox = new_sandbox
        self._limits = limits
        self._tables = tables
        self._request = request
        self._on_trace = on_trace
        self._sandbox: Sandbox | None = None
        self._turn = anyio.Lock()
        self._threads = anyio.CapacityLimiter(_THREADS)

    async def start(self) -> Sandbox:
        """Make sure that there is a container.

        Raises:
            SandboxUnavailable: there can't be one.
        """
        if self._sandbox is None:
            self._sandbox = await self._in_thread(self._new_sandbox)
        return self._sandbox

    async def run(self, draft: Draft) -> Execution:
        """Run ``draft`` and have the judge measure what it made. One run at a time.

        Raises:
            SandboxUnavailable: the container was lost and there can't be another.
        """
        return await self._run(draft.code, self._request)

    async def run_program(self, code: str) -> Execution:
        """Run ``code`` unjudged.

        Raises:
            SandboxUnavailable: the container was lost and there can't be another.
        """
        return await self._run(code, None)

    async def close(self) -> None:
        """Remove the container, even while this task is being cancelled."""
        with anyio.CancelScope(shield=True):
            if self._sandbox is not None:
                sandbox, self._sandbox = self._sandbox, None
                await self._in_thread(sandbox.close)

    async def _run(self, code: str, request: Mapping[str, object] | None) -> Execution:
        # Lone surrogates have no UTF-8; the compiler then says so to the writer.
        program = code.encode("utf-8", "surrogatepass")
        if len(program) > self._limits.program_bytes:
            return _refused(len(program), self._limits)
        async with self._turn:
            sandbox = await self.start()
            finished = False
            try:
                execution = await self._exchange(sandbox, Order(program, self._tables, request))
                finished = execution.status is not ExecutionStatus.SANDBOX_LOST
            finally:
                # Lost, or cancelled in the middle of a run: what is in there can't be used again.
                if not finished:
                    await self.close()
        return replace(
            execution,
            sandbox=DockerExecutor.name,
            container_id=sandbox.container_id,
            image_digest=sandbox.image_digest,
        )

    async def _exchange(self, sandbox: Sandbox, order: Order) -> Execution:
        try:
            answer = await anyio.to_thread.run_sync(
                sandbox.run, order, abandon_on_cancel=True, limiter=self._threads
            )
            judged = order.request is not None
            execution = answers.execution_of(answer, self._limits, judged=judged)
        except SandboxLost as lost:
            return Execution(ExecutionStatus.SANDBOX_LOST, stderr=lost.problem)
        if self._on_trace is not None:
            self._on_trace(answer.trace)
        if answer.result.dirty:
            await self.close()
        return execution

    async def _in_thread(self, step: Callable[[], _Result]) -> _Result:
        return await anyio.to_thread.run_sync(step, limiter=self._threads)


def _show(shown: exposure.Exposure, files: Mapping[str, Path]) -> None:
    for name, path in files.items():
        shown.add(path, name, checkpoint=anyio.from_thread.check_cancelled)


def _refused(size: int, limits: Limits) -> Execution:
    return Execution(
        ExecutionStatus.REFUSED,
        stderr=f"the program has {size} bytes, {limits.program_bytes} are allowed",
        limits_hit=("program",),
        sandbox=DockerExecutor.name,
    )


def _request(task: Task) -> dict[str, object]:
    """Return what the judge is told: the goal, and how to read the untouched tables."""
    tables = [
        {
            "name": table.name,
            "separator": table.dialect.separator,
            "encoding": table.dialect.encoding,
            "decimal": table.dialect.decimal,
            "thousands": table.dialect.thousands,
        }
        for table in task.tables
    ]
    return {"goal": task.goal, "tables": tables, "units": dict(task.units)}
