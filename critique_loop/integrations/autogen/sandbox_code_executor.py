"""Our sandbox as a CodeExecutor of AutoGen."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import anyio
from autogen_core import CancellationToken
from autogen_core.code_executor import CodeBlock, CodeExecutor, CodeResult

from critique_loop.integrations.autogen.cancelling import heeding
from critique_loop.integrations.autogen.unwrapping import noted
from critique_loop.protocols import Executor, Session
from critique_loop.values import (
    Draft,
    Execution,
    ExecutionStatus,
    OutputFile,
    Rubric,
    Table,
    Task,
    TaskKind,
)

_PYTHON = frozenset({"", "py", "python", "python3"})
_EXIT_CODES = {ExecutionStatus.TIMEOUT: 124, ExecutionStatus.OUT_OF_MEMORY: 137}
_UNKNOWN_LANGUAGE = 126
_SIGNALLED = 128


@dataclass
class SandboxCodeResult(CodeResult):
    """What AutoGen wants to know, and all executions with their files and what was measured."""

    executions: tuple[Execution, ...] = ()

    @property
    def files(self) -> tuple[OutputFile, ...]:
        """The files that the programs left."""
        return tuple(file for execution in self.executions for file in execution.files)


class SandboxCodeExecutor(CodeExecutor):
    """Runs Python blocks in any executor of ours, one after the other, until one fails.

    They share a place, which begins with ``start`` (or the first block) and ends with ``stop``, and
    see the tables there. Each block is a program of its own that begins in an empty folder: what it
    leaves is in the result, not in the next one's folder. No other language runs.
    """

    def __init__(self, executor: Executor, *, tables: Sequence[Table] = ()) -> None:
        """``tables`` are data files that the programs may read under their names."""
        self._executor = executor
        self._task = Task("", Rubric("none", ()), kind=TaskKind.CODE, tables=tuple(tables))
        self._stack: AsyncExitStack | None = None
        self._session: Session | None = None
        self._lock = anyio.Lock()

    async def execute_code_blocks(
        self, code_blocks: list[CodeBlock], cancellation_token: CancellationToken
    ) -> SandboxCodeResult:
        """Run the blocks; what a program does wrong is in the result.

        Raises:
            SandboxUnavailable: there is no isolation to be had; nothing ran.
        """
        with noted():
            return await heeding(cancellation_token, self._run(code_blocks))

    async def start(self) -> None:
        """Open the place, if it is not open."""
        async with self._lock:
            if self._stack is None:
                stack = AsyncExitStack()
                self._session = await stack.enter_async_context(self._executor.session(self._task))
                self._stack = stack

    async def stop(self) -> None:
        """Remove the place and all it held."""
        async with self._lock:
            stack, self._stack, self._session = self._stack, None, None
            if stack is not None:
                await stack.aclose()

    async def restart(self) -> None:
        """Begin in a new place."""
        await self.stop()
        await self.start()

    async def _run(self, code_blocks: Sequence[CodeBlock]) -> SandboxCodeResult:
        await self.start()
        done: list[Execution] = []
        for block in code_blocks:
            if block.language.lower() not in _PYTHON:
                problem = f"Only Python runs here, not {block.language}."
                return _result(done, problem, _UNKNOWN_LANGUAGE)
            done.append(await self._execution(block.code))
            if _exit_code(done[-1]):
                break
        return _result(done, "", _exit_code(done[-1]) if done else 0)

    async def _execution(self, code: str) -> Execution:
        async with self._lock:
            if self._session is None:
                raise RuntimeError("the code executor was stopped while it ran")
            return await self._session.run(Draft(code=code, writer="autogen"))


def _result(done: Sequence[Execution], problem: str, exit_code: int) -> SandboxCodeResult:
    output = "".join(map(_output, done)) + problem
    return SandboxCodeResult(exit_code=exit_code, output=output, executions=tuple(done))


def _output(execution: Execution) -> str:
    text = execution.stdout + execution.stderr
    if execution.status is ExecutionStatus.OK:
        return text
    hit = f" ({', '.join(execution.limits_hit)})" if execution.limits_hit else ""
    return f"{text}\n[{execution.status.value}{hit}]\n"


def _exit_code(execution: Execution) -> int:
    if execution.status is ExecutionStatus.OK:
        return execution.exit_code or 0
    if execution.status in _EXIT_CODES:
        return _EXIT_CODES[execution.status]
    if execution.signal is not None:
        return _SIGNALLED + execution.signal
    return execution.exit_code or 1
