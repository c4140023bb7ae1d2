"""Any CodeExecutor of AutoGen as our executor."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
from autogen_core import CancellationToken
from autogen_core.code_executor import CodeBlock, CodeExecutor, CodeResult

from critique_loop.errors import CallError, SandboxUnavailable
from critique_loop.integrations.autogen.cancelling import with_token
from critique_loop.integrations.autogen.left_files import Folder
from critique_loop.values import Draft, Execution, ExecutionStatus, Task

_NOT_ENFORCED = ("isolation", "network", "wall", "cpu", "memory", "processes", "disk")
_TIMED_OUT = 124  # as timeout(1) says it; AutoGen's own executors do so, too
_MOST_OUTPUT = 64 << 10


class AutogenExecutor:
    """Runs drafts in an AutoGen CodeExecutor.

    It can't be known from here what that one limits, so each execution says that nothing is
    enforced, and nothing is measured: a measured critic scores nothing. One session at a time.
    """

    def __init__(self, executor: CodeExecutor, *, folder: Path | None = None) -> None:
        """The executor is started and stopped with each session; don't start it before.

        ``folder`` is where its programs read and write, by default its own ``work_dir``. Without
        one there are neither data files nor pictures.
        """
        self.name: str = f"autogen {type(executor).__name__}"
        self._executor = executor
        self._folder = folder
        self._lock = anyio.Lock()

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[AutogenSession]:
        """Start the executor, with the task's tables in its folder.

        Raises:
            SandboxUnavailable: it can't be started.
            CallError: there are tables, and no folder to put them into.
        """
        async with self._lock:
            try:
                await self._executor.start()
            except Exception as error:
                # Executors raise what their engines raise; none of it can be told apart here.
                raise SandboxUnavailable(f"{self.name} can't be started: {error}") from error
            copies: list[Path] = []
            try:
                folder = self._place()
                await anyio.to_thread.run_sync(_copy, task, folder, copies)
                yield AutogenSession(self._executor, self.name, folder)
            finally:
                with anyio.CancelScope(shield=True):
                    for copy in copies:
                        copy.unlink(missing_ok=True)
                    await self._executor.stop()

    def _place(self) -> Path | None:
        folder: object = self._folder or getattr(self._executor, "work_dir", None)
        return Path(folder) if isinstance(folder, str | Path) else None


class AutogenSession:
    """A started CodeExecutor."""

    def __init__(self, executor: CodeExecutor, name: str, folder: Path | None) -> None:
        """``folder`` is where files appear, None where that is not known."""
        self._executor = executor
        self._name = name
        self._folder = Folder(folder)

    async def run(self, draft: Draft) -> Execution:
        """Run ``draft`` as one Python block.

        Raises:
            SandboxUnavailable: the executor failed, not the program.
        """
        await anyio.to_thread.run_sync(self._folder.look)
        began = time.monotonic()
        result = await self._result(CodeBlock(code=draft.code, language="python"))
        wall_s = time.monotonic() - began
        program: object = getattr(result, "code_file", None)
        own = Path(program).name if isinstance(program, str | Path) else ""
        left = await anyio.to_thread.run_sync(self._folder.left, own)
        late = result.exit_code == _TIMED_OUT
        failed = ExecutionStatus.TIMEOUT if late else ExecutionStatus.ERROR
        return Execution(
            ExecutionStatus.OK if result.exit_code == 0 else failed,
            exit_code=result.exit_code,
            stdout=_ends(result.output),
            truncated=("stdout",) if len(result.output) > _MOST_OUTPUT else (),
            files=left.files,
            files_skipped=left.skipped,
            wall_s=wall_s,
            limits_hit=("wall",) if late else (),
            sandbox=self._name,
            not_enforced=_NOT_ENFORCED,
        )

    async def _result(self, block: CodeBlock) -> CodeResult:
        async def execute(token: CancellationToken) -> CodeResult:
            return await self._executor.execute_code_blocks([block], token)

        try:
            return await with_token(execute)
        except TimeoutError:
            return CodeResult(exit_code=_TIMED_OUT, output="The program took too long.")
        except ValueError as error:  # by AutoGen's contract: the code is at fault
            return CodeResult(exit_code=1, output=str(error))
        except Exception as error:
            # By the contract nothing else is the program's; what it is can't be told apart here.
            raise SandboxUnavailable(f"{self._name}: {error}") from error


def _copy(task: Task, folder: Path | None, copies: list[Path]) -> None:
    """Copy the task's tables into ``folder``, and add each to ``copies``."""
    if folder is None:
        if task.tables:
            raise CallError(
                "the code executor has no folder to put the data into",
                remedy="Give it with AutogenExecutor(..., folder=...).",
            )
        return
    for table in task.tables:
        copy = folder / table.name
        if copy.exists():
            raise CallError(f"{copy}: there already", remedy="Use an empty folder.")
        copies.append(copy)
        shutil.copyfile(table.path, copy)


def _ends(text: str) -> str:
    if len(text) <= _MOST_OUTPUT:
        return text
    return f"{text[: _MOST_OUTPUT // 2]}\n[...]\n{text[-_MOST_OUTPUT // 2 :]}"
