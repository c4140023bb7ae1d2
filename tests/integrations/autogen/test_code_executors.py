"""Our sandbox as AutoGen's code executor, and AutoGen's as our executor."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import anyio
import pytest
from autogen_agentchat.agents import ApprovalResponse, CodeExecutorAgent
from autogen_agentchat.messages import TextMessage
from autogen_core import CancellationToken
from autogen_core.code_executor import CodeBlock, CodeExecutor, CodeResult

from critique_loop.critics.measured import MeasuredCritic
from critique_loop.data import profile
from critique_loop.errors import CallError, SandboxUnavailable
from critique_loop.executors.choosing import executor_for
from critique_loop.integrations.autogen import AutogenExecutor, SandboxCodeExecutor
from critique_loop.testing import ScriptedExecutor
from critique_loop.values import Draft, Execution, ExecutionStatus, OutputFile, Table, Task
from tests.integrations.autogen.loops import GOAL, RUBRIC, task_of

pytestmark = pytest.mark.anyio

CARS = Path(__file__).parents[2] / "data" / "cars.csv"


def blocks(*codes: str, language: str = "python") -> list[CodeBlock]:
    return [CodeBlock(code=code, language=language) for code in codes]


LEFT = OutputFile("a.txt", "text/plain", b"a")
RAN = {
    "one": Execution(ExecutionStatus.OK, exit_code=0, stdout="1\n"),
    "two": Execution(
        ExecutionStatus.OK,
        exit_code=0,
        stdout="2\n",
        files=(OutputFile("a.txt", "text/plain", b"a"),),
    ),
    "bad": Execution(ExecutionStatus.ERROR, exit_code=3, stderr="Traceback\n"),
    "slow": Execution(ExecutionStatus.TIMEOUT, signal=9, limits_hit=("wall",)),
    "huge": Execution(ExecutionStatus.OUT_OF_MEMORY, signal=9),
    "killed": Execution(ExecutionStatus.KILLED, signal=11),
    "refused": Execution(ExecutionStatus.REFUSED),
}


async def test_blocks_run_in_one_place_until_one_fails() -> None:
    ours = ScriptedExecutor(RAN)

    async with SandboxCodeExecutor(ours) as executor:
        result = await executor.execute_code_blocks(
            blocks("one", "two", "bad", "one"), CancellationToken()
        )

    assert (result.exit_code, result.output) == (3, "1\n2\nTraceback\n\n[error]\n")
    assert [file.name for file in result.files] == ["a.txt"]
    assert (ours.opened, ours.closed) == (1, 1)


@pytest.mark.parametrize(
    ("code", "exit_code", "said"),
    [
        ("slow", 124, "[timeout (wall)]"),
        ("huge", 137, "[out_of_memory]"),
        ("killed", 139, "[killed]"),
        ("refused", 1, "[refused]"),
    ],
)
async def test_each_way_of_failing_has_its_exit_code(code: str, exit_code: int, said: str) -> None:
    executor = SandboxCodeExecutor(ScriptedExecutor(RAN))

    result = await executor.execute_code_blocks(blocks(code), CancellationToken())

    assert result.exit_code == exit_code
    assert said in result.output


async def test_a_shell_script_does_not_run() -> None:
    ours = ScriptedExecutor(before=lambda _: pytest.fail("it ran"))
    executor = SandboxCodeExecutor(ours)

    result = await executor.execute_code_blocks(
        blocks("rm -rf /", language="bash"), CancellationToken()
    )

    assert result.exit_code == 126
    assert "bash" in result.output


async def test_a_restart_is_a_new_place_and_stopping_twice_is_harmless() -> None:
    ours = ScriptedExecutor()
    executor = SandboxCodeExecutor(ours)

    await executor.restart()
    await executor.restart()
    await executor.stop()
    await executor.stop()

    assert (ours.opened, ours.closed) == (2, 2)


async def test_autogens_own_agent_runs_code_in_it() -> None:
    agent = CodeExecutorAgent(
        "runner",
        SandboxCodeExecutor(ScriptedExecutor({"one\n": RAN["one"]})),
        approval_func=lambda _: ApprovalResponse(approved=True, reason="it is a test"),
    )
    message = TextMessage(content="```python\none\n```", source="author")

    response = await agent.on_messages([message], CancellationToken())

    assert response.chat_message.to_model_text() == "1\n"


@pytest.mark.docker
@pytest.mark.slow
async def test_the_real_sandbox_runs_autogens_blocks_with_the_data() -> None:
    code = (
        "import pandas as pd\nprint(len(pd.read_csv('cars.csv')) > 5)\nopen('x.txt','w').write('x')"
    )
    hostile = "import socket\nsocket.create_connection(('1.1.1.1', 53), 2)"

    async with SandboxCodeExecutor(executor_for("docker"), tables=[profile(CARS)]) as executor:
        good = await executor.execute_code_blocks(blocks(code), CancellationToken())
        bad = await executor.execute_code_blocks(blocks(hostile), CancellationToken())

    assert (good.exit_code, good.output) == (0, "True\n")
    assert [file.data for file in good.files] == [b"x"]
    assert bad.exit_code != 0


class SubprocessExecutor(CodeExecutor):
    """A small code executor with a work folder, made as AutoGen's own local one is."""

    def __init__(self, work_dir: Path | None, *, seconds: float = 20.0) -> None:
        if work_dir is not None:
            self.work_dir = work_dir
        self.running = 0
        self.problem: Exception | None = None
        self._seconds = seconds

    async def execute_code_blocks(
        self, code_blocks: list[CodeBlock], cancellation_token: CancellationToken
    ) -> CodeResult:
        if self.problem is not None:
            raise self.problem
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            code_blocks[0].code,
            cwd=getattr(self, "work_dir", None),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        waiting = asyncio.ensure_future(process.communicate())
        cancellation_token.link_future(waiting)
        try:
            output, _ = await asyncio.wait_for(waiting, self._seconds)
        except BaseException:
            process.kill()
            await process.wait()
            raise
        return CodeResult(exit_code=process.returncode or 0, output=output.decode())

    async def start(self) -> None:
        if isinstance(self.problem, ConnectionError):
            raise self.problem
        self.running += 1

    async def stop(self) -> None:
        self.running -= 1

    async def restart(self) -> None:
        pass


def table_of(path: Path) -> Table:
    return profile(path)


async def executed(executor: AutogenExecutor, code: str, task: Task | None = None) -> Execution:
    async with executor.session(task or task_of(GOAL)) as session:
        return await session.run(Draft(code, "w"))


async def test_a_draft_runs_in_autogens_executor_and_nothing_is_said_to_be_enforced(
    tmp_path: Path,
) -> None:
    theirs = SubprocessExecutor(tmp_path)

    execution = await executed(AutogenExecutor(theirs), "print('hello')")

    assert execution.status is ExecutionStatus.OK
    assert execution.stdout == "hello\n"
    assert execution.sandbox == "autogen SubprocessExecutor"
    assert {"isolation", "network", "memory"} <= set(execution.not_enforced)
    assert execution.evidence is None
    assert theirs.running == 0


async def test_what_is_not_measured_is_not_scored(tmp_path: Path) -> None:
    execution = await executed(AutogenExecutor(SubprocessExecutor(tmp_path)), "1")

    critique = await MeasuredCritic().review(task_of(GOAL), Draft("1", "w"), execution, history=())

    assert critique.overall is None


async def test_a_program_reads_a_copy_of_the_data_and_its_files_are_kept(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("from before")
    task = Task(GOAL, RUBRIC, tables=(table_of(CARS),))
    code = (
        "import os\nassert open('cars.csv').read()\nopen('out.txt', 'w').write('x')\n"
        "os.symlink('/etc/passwd', 'link.txt')\nos.mkfifo('pipe')\nopen('cars.csv', 'w').close()"
    )

    execution = await executed(AutogenExecutor(SubprocessExecutor(tmp_path)), code, task)

    assert execution.status is ExecutionStatus.OK, execution.stdout
    assert [(f.name, f.data) for f in execution.files] == [("cars.csv", b""), ("out.txt", b"x")]
    assert execution.files_skipped == 2
    assert CARS.stat().st_size > 0
    assert not (tmp_path / "cars.csv").exists()
    assert (tmp_path / "old.txt").exists()


async def test_the_users_own_file_of_that_name_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cars.csv").write_text("mine")
    task = Task(GOAL, RUBRIC, tables=(table_of(CARS),))
    theirs = SubprocessExecutor(tmp_path)

    with pytest.raises(CallError, match="there already"):
        await executed(AutogenExecutor(theirs), "1", task)

    assert (tmp_path / "cars.csv").read_text() == "mine"
    assert theirs.running == 0


async def test_data_needs_a_folder() -> None:
    task = Task(GOAL, RUBRIC, tables=(table_of(CARS),))

    with pytest.raises(CallError, match="no folder"):
        await executed(AutogenExecutor(SubprocessExecutor(None)), "1", task)


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (TimeoutError(), ExecutionStatus.TIMEOUT),
        (ValueError("no such language"), ExecutionStatus.ERROR),
    ],
)
async def test_what_is_the_programs_fault_is_an_execution(
    tmp_path: Path, problem: Exception, status: ExecutionStatus
) -> None:
    theirs = SubprocessExecutor(tmp_path)
    theirs.problem = problem

    execution = await executed(AutogenExecutor(theirs), "1")

    assert execution.status is status


async def test_a_failing_program_is_an_error(tmp_path: Path) -> None:
    execution = await executed(AutogenExecutor(SubprocessExecutor(tmp_path)), "exit(3)")

    assert (execution.status, execution.exit_code) == (ExecutionStatus.ERROR, 3)


@pytest.mark.parametrize("problem", [ConnectionError("no engine"), RuntimeError("lost")])
async def test_what_is_the_executors_fault_is_no_execution(
    tmp_path: Path, problem: Exception
) -> None:
    theirs = SubprocessExecutor(tmp_path)
    theirs.problem = problem

    with pytest.raises(SandboxUnavailable, match=str(problem)):
        await executed(AutogenExecutor(theirs), "1")

    assert theirs.running == 0


async def test_cancelling_ends_the_program(tmp_path: Path) -> None:
    code = "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)"

    with anyio.move_on_after(1.0) as scope:
        await executed(AutogenExecutor(SubprocessExecutor(tmp_path)), code)

    assert scope.cancelled_caught
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
