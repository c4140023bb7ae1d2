"""Code tasks in real containers: what the evidence says of each draft, and what stays behind."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any, cast

import pytest

from critique_loop.executors.docker import DockerExecutor
from critique_loop.executors.limits import Limits
from critique_loop.executors.session import SandboxSession
from critique_loop.values import (
    CodeSpec,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Rubric,
    Suite,
    SuiteKind,
    Task,
    TaskKind,
)

pytestmark = [pytest.mark.docker, pytest.mark.anyio]

Maker = Callable[..., DockerExecutor]

RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"
RUBRIC = Rubric(
    "tests",
    (Dimension("correctness", "?", checks={"tests_failed": 10.0, "entry_missing": 10.0}),),
)
SUITES = (
    Suite(
        SuiteKind.PYTEST,
        "import pytest\nfrom solution import add\n"
        "@pytest.mark.parametrize('n', [0, 1])\ndef test_sum(n):\n    assert add(n, 1) == n + 1\n",
    ),
    Suite(SuiteKind.ASSERTS, "assert add(40, 2) == 42  # secret", name="secret", hidden=True),
    Suite(SuiteKind.CHECK, "def check(candidate):\n    assert candidate(1, 2) == 3"),
    Suite(SuiteKind.DOCTEST, ">>> add(1, 1)\n2\n"),
    Suite(SuiteKind.CALLS, json.dumps([{"input": [1, 2], "output": 3}])),
)


def task(*suites: Suite, entry_point: str = "add") -> Task:
    spec = CodeSpec(entry_point, suites=suites)
    return Task("Add.", RUBRIC, kind=TaskKind.CODE, code=spec)


def told_of(execution: Execution) -> list[dict[str, Any]]:
    assert execution.evidence is not None
    return cast("list[dict[str, Any]]", execution.evidence.facts["tests"])


def ends_of(execution: Execution) -> list[str]:
    return [test["status"] for test in told_of(execution)]


@pytest.fixture(scope="module")
async def session(executor_with: Maker) -> AsyncGenerator[SandboxSession]:
    """One container for all tests of a file: each also shows that the earlier ones left nothing."""
    async with executor_with().session(task(*SUITES)) as opened:
        yield opened


async def run(session: SandboxSession, code: str) -> Execution:
    return await session.run(Draft(code, writer="test"))


async def test_a_right_draft_passes_tests_of_every_kind_in_one_container(
    session: SandboxSession,
) -> None:
    executions = [await run(session, RIGHT) for _ in range(3)]

    assert {execution.container_id for execution in executions} == {executions[0].container_id}
    for execution in executions:
        assert execution.status is ExecutionStatus.OK
        assert ends_of(execution) == ["passed"] * 6
        assert execution.evidence is not None
        assert execution.evidence.findings == ()
        assert set(execution.evidence.checks) == {"tests_failed", "entry_missing"}
        facts = execution.evidence.facts
        assert (facts["tests_passed"], facts["tests_total"]) == (6, 6)


async def test_a_wrong_draft_is_told_the_first_visible_failure_and_how_many_are_hidden(
    session: SandboxSession,
) -> None:
    execution = await run(session, WRONG)

    assert ends_of(execution) == ["failed"] * 6
    assert execution.evidence is not None
    (finding,) = execution.evidence.findings
    assert (finding.code, finding.severity) == ("tests_failed", "error")
    assert "test_sum[0]: assert -1 == (0 + 1)" in finding.advice
    assert finding.advice.endswith("1 hidden test fails.")
    hidden = told_of(execution)[2]
    assert (hidden["name"], hidden["suite"], hidden["message"]) == ("hidden 1", "hidden", "")
    assert "secret" not in repr(execution)


async def test_a_draft_without_the_function_is_told_so(session: SandboxSession) -> None:
    execution = await run(session, "def plus(a, b):\n    return a + b\n")

    assert "passed" not in ends_of(execution)
    assert execution.evidence is not None
    codes = [finding.code for finding in execution.evidence.findings]
    assert codes == ["entry_missing", "tests_failed"]


async def test_the_first_run_imports_the_draft_as_tests_do(session: SandboxSession) -> None:
    guarded = f"{RIGHT}\nprint(__name__)\nif __name__ == '__main__':\n    1 / 0\n"
    failing = f"{RIGHT}\n1 / 0\n"

    good, bad = await run(session, guarded), await run(session, failing)

    assert (good.status, good.stdout) == (ExecutionStatus.OK, "solution\n")
    assert ends_of(good) == ["passed"] * 6
    assert bad.status is ExecutionStatus.ERROR
    assert "ZeroDivisionError" in bad.stderr
    assert "passed" not in ends_of(bad)


async def test_what_tests_and_drafts_leave_is_gone_and_the_container_stays(
    session: SandboxSession,
) -> None:
    littering = f"""
import os, pathlib, subprocess
for place in ("/tmp", "/dev/shm", "."):
    pathlib.Path(place, "left").write_text("x")
    pathlib.Path(place, "deep", "er").mkdir(parents=True)
os.chmod("/tmp/deep", 0)
subprocess.Popen(["sleep", "60"])
{RIGHT}"""
    look = f"import os\nprint(os.listdir('/tmp'), os.listdir('/dev/shm'), os.listdir('.'))\n{RIGHT}"

    first, second = await run(session, littering), await run(session, look)

    assert ends_of(first) == ends_of(second) == ["passed"] * 6
    assert second.stdout == "['work'] [] []\n"
    assert second.container_id == first.container_id


async def test_programs_are_run_whole_with_the_input_that_only_their_tests_have(
    executor_with: Maker,
) -> None:
    runs = [{"stdin": "3 4\n", "stdout": "7"}, {"stdin": "1 1\n", "stdout": "2"}]
    suite = Suite(SuiteKind.PROGRAM, json.dumps(runs))
    program = "a, b = map(int, input().split())\nprint(a {} b)\n"

    async with executor_with().session(task(suite, entry_point="")) as session:
        right = await run(session, program.format("+"))
        wrong = await run(session, program.format("-"))
        broken = await run(session, "print(")

    assert right.status is ExecutionStatus.OK
    assert ends_of(right) == ["passed", "passed"]
    assert ends_of(wrong) == ["failed", "failed"]
    assert "it printed '-1', not '7'" in told_of(wrong)[0]["message"]
    assert broken.status is ExecutionStatus.ERROR
    assert ends_of(broken) == ["failed", "failed"]


async def test_without_tests_nothing_is_judged_by_them(executor_with: Maker) -> None:
    async with executor_with().session(task()) as session:
        execution = await run(session, RIGHT)

    assert execution.evidence is not None
    assert [finding.code for finding in execution.evidence.findings] == ["no_tests"]
    assert execution.evidence.facts["tests_total"] == 0


async def test_tests_that_are_broken_leave_the_draft_unjudged(executor_with: Maker) -> None:
    suites = (
        Suite(SuiteKind.PYTEST, "import no_such_library\ndef test_it(): pass\n"),
        Suite(SuiteKind.ASSERTS, "assert add(", name="secret", hidden=True),
        Suite(SuiteKind.CALLS, json.dumps([{"input": [1, 2], "output": 3}])),
    )
    async with executor_with().session(task(*suites)) as session:
        execution = await run(session, RIGHT)

    assert ends_of(execution) == ["not_run", "not_run", "passed"]
    assert execution.evidence is not None
    assert "tests_failed" not in execution.evidence.checks
    told = repr(execution.evidence.facts["failed_checks"])
    assert "no_such_library" in told
    assert "hidden tests could not be run" in told
    assert "secret" not in repr(execution.evidence)


async def test_all_tests_together_have_a_time_too(executor_with: Maker) -> None:
    suites = [
        Suite(SuiteKind.ASSERTS, "assert add(1, 1) == 2\n" * 3, timeout_s=30.0) for _ in range(2)
    ]
    limits = Limits(judge_wall_s=18.0, tests_wall_s=2.0)

    async with executor_with(limits=limits).session(task(*suites, entry_point="")) as session:
        execution = await run(session, "def add(a, b):\n    while True: pass\n")
        after = await run(session, RIGHT)

    assert set(ends_of(execution)) <= {"timeout", "not_run"}
    assert ends_of(after) == ["passed"] * 6
