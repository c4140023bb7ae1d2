"""The place of one task, and what runs in it one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread

from critique_loop.executors import answers
from critique_loop.executors.frames import SandboxLost
from critique_loop.executors.limits import Limits
from critique_loop.executors.requests import BestSoFar, Question
from critique_loop.executors.sandbox import Order, Sandbox
from critique_loop.values import Draft, Execution, ExecutionStatus

_Result = TypeVar("_Result")
# One for a run, one to remove the container under it.
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Assignment:
    """What all runs of a session have in common.

    ``files`` are shown under their names, ``question`` is what is asked about each draft (None:
    nothing), ``max_runs`` how many programs one container may run, ``on_trace`` gets what a
    ``fork_trace`` module recorded.
    """

    limits: Limits
    files: Mapping[str, Path]
    question: Question | None = None
    max_runs: int = 200
    on_trace: Callable[[bytes], None] | None = None


class SandboxSession:
    """The container of one task. A new one takes its place when it is lost, dirty or worn."""

    def __init__(
        self, new_sandbox: Callable[[], Awaitable[Sandbox]], assignment: Assignment
    ) -> None:
        """Use an executor's ``session`` instead."""
        self._new_sandbox = new_sandbox
        self._assignment = assignment
        self._sandbox: Sandbox | None = None
        self._best = BestSoFar()
        self._turn = anyio.Lock()
        self._threads = anyio.CapacityLimiter(_THREADS)

    async def start(self) -> Sandbox:
        """Make sure that there is a container, and that the files are shown in it.

        Raises:
            SandboxUnavailable: there can't be one.
            DataError: a data file can't be read (any more).
            MachineError: a data file can't be copied to where the container sees it.
        """
        if self._sandbox is None:
            sandbox = await self._new_sandbox()
            try:
                await self._in_thread(lambda: _show(sandbox, self._assignment.files))
            except BaseException:
                await self._remove(sandbox)
                raise
            self._sandbox = sandbox
        return self._sandbox

    async def run(self, draft: Draft) -> Execution:
        """Run ``draft`` and have the judge measure what it made. One run at a time.

        Raises:
            SandboxUnavailable: the container was lost and there can't be another.
        """
        question = self._assignment.question
        if question is None or not isinstance(draft.code, str):  # pyright: ignore[reportUnnecessaryIsInstance] - a writer of the user's may give anything
            return await self._run(draft.code, None)
        execution = await self._run(draft.code, question.about(draft, self._best.code))
        self._best.take(draft, execution.evidence)
        return execution

    async def run_program(self, code: str | bytes) -> Execution:
        """Run ``code`` unjudged; bytes are run as they are.

        Raises:
            SandboxUnavailable: the container was lost and there can't be another.
        """
        return await self._run(code, None)

    async def close(self) -> None:
        """Remove the container, even while this task is being cancelled."""
        if self._sandbox is not None:
            sandbox, self._sandbox = self._sandbox, None
            await self._remove(sandbox)

    async def _run(self, code: object, request: Mapping[str, object] | None) -> Execution:
        limits = self._assignment.limits
        if not isinstance(code, (str, bytes)):
            return _refused(f"the program is no text, but of type {type(code).__name__}")
        # Lone surrogates have no UTF-8; the compiler then says so to the writer.
        program = code if isinstance(code, bytes) else code.encode("utf-8", "surrogatepass")
        if len(program) > limits.program_bytes:
            allowed = f"{limits.program_bytes} are allowed"
            return _refused(f"the program has {len(program)} bytes, {allowed}", "program")
        async with self._turn:
            sandbox = await self.start()
            fit = False
            try:
                question = None if request is None else self._assignment.question
                order = Order(program, tuple(self._assignment.files), request, question)
                execution, fit = await self._exchange(sandbox, order)
            finally:
                # Lost, dirty, worn, or cancelled in the middle of a run: it can't be used again.
                if not fit:
                    await self.close()
        return replace(
            execution,
            sandbox=sandbox.isolation.name,
            container_id=sandbox.container_id,
            image_digest=sandbox.image_digest,
            not_enforced=sandbox.isolation.not_enforced,
        )

    async def _exchange(self, sandbox: Sandbox, order: Order) -> tuple[Execution, bool]:
        """Return what happened, and whether the container may run another program."""
        assignment = self._assignment
        try:
            answer = await anyio.to_thread.run_sync(
                sandbox.run, order, abandon_on_cancel=True, limiter=self._threads
            )
            judged = order.request is not None
            execution = answers.execution_of(answer, assignment.limits, judged=judged)
        except SandboxLost as lost:
            return Execution(ExecutionStatus.SANDBOX_LOST, stderr=lost.problem), False
        if assignment.on_trace is not None:
            assignment.on_trace(answer.trace)
        return execution, not answer.result.dirty and sandbox.runs < assignment.max_runs

    async def _remove(self, sandbox: Sandbox) -> None:
        with anyio.CancelScope(shield=True):
            await self._in_thread(sandbox.close)

    async def _in_thread(self, step: Callable[[], _Result]) -> _Result:
        return await anyio.to_thread.run_sync(step, limiter=self._threads)


def _show(sandbox: Sandbox, files: Mapping[str, Path]) -> None:
    sandbox.show(files, checkpoint=anyio.from_thread.check_cancelled)


def _refused(why: str, *limits_hit: str) -> Execution:
    return Execution(ExecutionStatus.REFUSED, stderr=why, limits_hit=limits_hit)
