"""The measured critic."""

from __future__ import annotations

import anyio
import pytest

from critique_loop import rubric as rubrics
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Rubric,
    Scorer,
    Severity,
    Task,
)

TASK = Task(goal="g", rubric=rubrics.load("charts"))
CHECKS = tuple(c for d in TASK.rubric.dimensions for c in d.checks if c != "run_error")


def review(execution: Execution, task: Task = TASK) -> Critique:
    async def main() -> Critique:
        return await MeasuredCritic().review(task, Draft("", "w"), execution, history=())

    return anyio.run(main)


def test_a_run_without_findings_has_full_marks_everywhere() -> None:
    critique = review(Execution(ExecutionStatus.OK, evidence=Evidence(checks=CHECKS)))

    assert [score.value for score in critique.scores] == [10.0] * 7
    assert critique.overall == 10.0


@pytest.mark.parametrize("status", [s for s in ExecutionStatus if s is not ExecutionStatus.OK])
def test_every_way_to_fail_is_a_run_error_with_advice_and_fails_the_gate(
    status: ExecutionStatus,
) -> None:
    critique = review(Execution(status, stderr="Traceback\nKeyError: 'x'\n"))

    [finding] = critique.findings
    assert finding.code == "run_error"
    assert finding.dimension == "bugs"
    assert finding.advice
    assert "KeyError: 'x'" in finding.message
    assert critique.scores[0].value == 0.0
    assert not rubrics.accepts(TASK.rubric, critique.scores)


def test_what_was_not_measured_is_unscored() -> None:
    critique = review(Execution(ExecutionStatus.OK))

    assert {score.value for score in critique.scores} == {None}
    assert critique.overall is None


def test_findings_are_assigned_to_the_dimension_the_rubric_lists_them_in() -> None:
    found = Finding("ticks_overlap", Severity.WARNING, "14 of 18")
    stray = Finding("not_in_the_rubric", Severity.ERROR, "?")

    evidence = Evidence(findings=(found, stray), checks=CHECKS)
    critique = review(Execution(ExecutionStatus.OK, evidence=evidence))

    assert [finding.dimension for finding in critique.findings] == ["aesthetics", ""]
    assert {s.dimension: s.value for s in critique.scores}["aesthetics"] == 5.0


def test_a_dimension_that_only_others_may_score_is_left_to_them() -> None:
    own = Dimension("own", "?", checks={"odd": 3.0}, scored_by=(Scorer.MODEL, Scorer.PERSON))
    odd = Finding("odd", Severity.WARNING, "it is odd")
    execution = Execution(ExecutionStatus.OK, evidence=Evidence((odd,), checks=("odd",)))

    critique = review(execution, Task("g", Rubric("r", (own,))))

    assert critique.scores[0].unscored == "it is for a model or a person to score"
    assert critique.findings[0].dimension == "own"
