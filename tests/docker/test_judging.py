"""The second fork: what the judge is given, and that no program reaches it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.executors.docker import DockerExecutor
from critique_loop.executors.limits import Limits
from critique_loop.values import Draft, ExecutionStatus, Task

pytestmark = [pytest.mark.docker, pytest.mark.anyio]

Maker = Callable[..., DockerExecutor]

PROBE = """
told = []
def install(emit):
    told.append(emit)
    emit(b"old")
    emit(b"installed")
def finish():
    told[0](b"finished")
"""
WITNESS = """
import builtins, hashlib, os, pandas
def judge(request, facts, files, data_folder):
    facts_read = {
        "request": request,
        "facts": facts.decode(),
        "files": {name: len(content) for name, content in files.items()},
        "table": hashlib.sha256(open(data_folder + "/cars.csv", "rb").read()).hexdigest(),
        "patched": pandas.read_csv is None or hasattr(builtins, "patched"),
        "left": os.listdir("/tmp"),
        "strange": [float("nan"), {1, 2} & {2}, pandas.Timestamp("2024-01-02")],
    }
    finding = {"code": "seen", "severity": "note", "message": "seen", "numbers": {"n": 1}}
    return {"findings": [finding], "checks": ["seen"], "facts": facts_read, "picture": "a.png"}
"""


@pytest.mark.parametrize(
    ("end", "facts"),
    [("", "finished"), ("1 / 0", "finished"), ("import os; os._exit(0)", "installed")],
    ids=["ends", "raises", "leaves by the back door"],
)
async def test_the_judge_is_given_what_there_is_and_sees_no_patch(
    executor_with: Maker, cars_task: Task, end: str, facts: str
) -> None:
    program = f"""
import builtins, pandas
pandas.read_csv = None
builtins.patched = True
open("a.png", "wb").write(b"123")
{end}
"""
    executor = executor_with(figure_probe=PROBE, judge=WITNESS)

    async with executor.session(cars_task) as session:
        execution = await session.run(Draft(program, writer="test"))

    assert execution.evidence is not None
    seen = execution.evidence.facts
    assert seen["facts"] == facts
    assert seen["files"] == {"a.png": 3}
    assert seen["patched"] is False
    assert seen["left"] == []
    assert seen["strange"] == ["nan", [2], "2024-01-02 00:00:00"]
    assert seen["request"] == {
        "goal": cars_task.goal,
        "tables": [
            {
                "name": "cars.csv",
                "separator": ",",
                "encoding": "utf-8",
                "decimal": ".",
                "thousands": None,
            }
        ],
        "units": {},
    }
    assert [finding.code for finding in execution.evidence.findings] == ["seen"]
    assert execution.picture == b"123"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("raise ValueError('no idea')", "no idea"),
        ("return {'facts': {'much': 'x' * (2 << 20)}}", "are allowed"),
        ("return {'findings': 7}", "Expected `array`"),
        ("import os; os._exit(3)", "ended with 3"),
        ("while True: pass", "ended with -9"),
        ("return 'x' * (4 << 30)", "ended with -9"),
    ],
    ids=["raises", "says too much", "says nonsense", "leaves", "never ends", "wants too much"],
)
async def test_a_judge_that_fails_leaves_the_execution_without_evidence(
    executor_with: Maker,
    cars_task: Task,
    caplog: pytest.LogCaptureFixture,
    body: str,
    reason: str,
) -> None:
    judge = f"def judge(request, facts, files, data_folder):\n    {body}\n"
    wall_s = 2.0 if "while" in body else 30.0
    executor = executor_with(judge=judge, limits=Limits(judge_wall_s=wall_s))

    with caplog.at_level(logging.WARNING):
        async with executor.session(cars_task) as session:
            execution = await session.run(Draft("print('ok')", writer="test"))

    assert execution.status is ExecutionStatus.OK
    assert execution.stdout == "ok\n"
    assert execution.evidence is None
    assert reason in caplog.text
    assert ("judge_wall" in execution.limits_hit) == ("while" in body)
    assert ("judge_memory" in execution.limits_hit) == ("<< 30" in body)


async def test_a_file_closed_to_others_is_judged_and_stays_as_it_is(
    executor_with: Maker, cars_task: Task, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    private = home / "cars.csv"
    private.write_bytes(cars_task.tables[0].path.read_bytes())
    private.chmod(0o600)
    home.chmod(0o700)
    before = private.stat()

    async with executor_with().session(_with_table(cars_task, private)) as session:
        execution = await session.run(Draft("print(len(open('cars.csv').read()))", writer="test"))

    after = private.stat()
    assert execution.stdout == f"{len(private.read_text())}\n"
    assert (after.st_mode, after.st_uid, after.st_nlink) == (before.st_mode, before.st_uid, 1)
    assert after.st_mtime_ns == before.st_mtime_ns


def _with_table(task: Task, path: Path) -> Task:
    return replace(task, tables=(replace(task.tables[0], path=path),))
