"""Loops of scripted parts, for the tests of what AutoGen makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from critique_loop.budget import Budget
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.testing import MemoryStore, ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    Dimension,
    Evidence,
    Execution,
    ExecutionStatus,
    OutputFile,
    Rubric,
    Task,
)

RUBRIC = Rubric("r", (Dimension("right", "Is it right?", gate=True, pass_mark=8.0),), target=8.0)
GOAL = "a chart of everything"
MARKS: Mapping[str, float | None] = {"bad": 2.0, "fair": 5.0, "good": 9.0, "odd": None}
PNG = b"\x89PNG\r\n\x1a\nnot decoded by anybody"
DRAWN = Execution(
    ExecutionStatus.OK,
    exit_code=0,
    stdout="said \x1b[31m",
    files=(OutputFile("chart.png", "image/png", PNG),),
    evidence=Evidence(picture="chart.png", facts={"bars": 3}),
)


def task_of(goal: str) -> Task:
    return Task(goal=goal, rubric=RUBRIC)


def make_loop(
    programs: Sequence[str],
    *,
    proxy: UserProxy | None = None,
    store: MemoryStore | None = None,
    executor: ScriptedExecutor | None = None,
) -> Loop:
    return Loop(
        writer=ScriptedWriter(programs),
        executor=executor or ScriptedExecutor({"good": DRAWN}),
        critic=ScriptedCritic(MARKS),
        proxy=proxy or UserProxy(budget=Budget(max_rounds=6)),
        store=store,
    )
