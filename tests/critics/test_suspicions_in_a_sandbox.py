"""Suspected bugs tried out for real: what the calls do is what is told."""

from __future__ import annotations

import json

import anyio
import pytest

from critique_loop.critics.suspicions import SuspicionCritic
from critique_loop.executors.docker import DockerExecutor
from critique_loop.testing import ScriptedModel
from critique_loop.values import (
    CodeSpec,
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Rubric,
    Task,
    TaskKind,
)

pytestmark = [pytest.mark.docker, pytest.mark.slow]

PROGRAM = """
def largest(values):
    if values == [5]:
        while True:
            pass
    if values == [6]:
        return 7
    return sorted(values)[-1]
"""
REFERENCE = "def largest(values):\n    return max(values, default=None)\n"
BUGS = Dimension("bugs", "?", checks={"suspected_bug": 3.0})
RAN = Execution(ExecutionStatus.OK, evidence=Evidence())


def review(reference: str) -> Critique:
    entries = [
        {
            "line": "",
            "reason": "?",
            "arguments": json.dumps([one]),
            "claim": "wrong",
            "expected": "",
        }
        for one in ([], [1], [5], [6], None)
    ]
    model = ScriptedModel([json.dumps({"suspicions": entries})])
    spec = CodeSpec("largest", reference=reference)
    task = Task("the largest value", Rubric("r", (BUGS,)), kind=TaskKind.CODE, code=spec)

    async def main() -> Critique:
        critic = SuspicionCritic(model, DockerExecutor(), timeout_s=1.0)
        return await critic.review(task, Draft(PROGRAM, "w"), RAN, history=())

    return anyio.run(main)


def test_without_a_right_program_only_what_breaks_is_told() -> None:
    critique = review("")

    assert [finding.message for finding in critique.findings] == [
        "largest([]) raises IndexError: list index out of range",
        "largest([5]) does not end in time",
        "largest(None) raises TypeError: 'NoneType' object is not iterable",
    ]
    assert (critique.claims, critique.unsupported) == (5, 2)


def test_beside_a_right_program_what_it_can_not_take_either_is_no_bug() -> None:
    critique = review(REFERENCE)

    assert [finding.message for finding in critique.findings] == [
        "largest([]) raises IndexError: list index out of range; it should return None",
        "largest([5]) does not end in time; it should return 5",
        "largest([6]) returns 7; it should return 6",
    ]
    assert {finding.confidence for finding in critique.findings} == {1.0}
