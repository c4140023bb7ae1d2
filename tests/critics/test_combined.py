"""Measured and judged dimensions in one critique."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import anyio
import pytest

from critique_loop import rubric as rubrics
from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.model import ModelCritic
from critique_loop.errors import CallError
from critique_loop.protocols import Critic
from critique_loop.testing import ScriptedCritic, ScriptedModel
from critique_loop.values import (
    Critique,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Round,
    Score,
    Severity,
    Task,
)

RUBRIC = rubrics.load("charts-judged")
TASK = Task("pay by who", RUBRIC)
CODE = "fig.suptitle('Pay')\n"
CHECKS = tuple(code for d in RUBRIC.dimensions for code in d.checks if code != "run_error")
RAN = Execution(ExecutionStatus.OK, evidence=Evidence(checks=CHECKS))
FAILED = Execution(ExecutionStatus.ERROR, stderr="KeyError: 'x'\n")
JUDGED = ["answer", "message"]


class Fixed:
    """A critic whose critique is given; it keeps which dimensions it was asked for."""

    def __init__(self, critique: Critique) -> None:
        self.critique = critique
        self.asked: list[str] = []

    @property
    def name(self) -> str:
        return self.critique.critic

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        del draft, execution, history
        self.asked += [dimension.name for dimension in task.rubric.dimensions]
        return self.critique


def fixed(name: str, *, spread: float | None = None, **marks: float | None) -> Fixed:
    scores = tuple(Score(dimension, mark, 7.0) for dimension, mark in marks.items())
    return Fixed(Critique(name, scores, spread=spread, notes=(f"{name} was here",)))


def review(critics: Sequence[Critic], execution: Execution = RAN, task: Task = TASK) -> Critique:
    async def main() -> Critique:
        return await CombinedCritic(critics).review(task, Draft(CODE, "w"), execution, history=())

    return anyio.run(main)


def marks(critique: Critique) -> dict[str, float | None]:
    return {score.dimension: score.value for score in critique.scores}


def test_the_shipped_rubric_is_the_measured_one_and_two_dimensions_to_judge() -> None:
    measured = rubrics.load("charts").dimensions

    assert RUBRIC.dimensions[:-2] == measured
    assert [d.name for d in RUBRIC.dimensions[-2:]] == JUDGED
    assert not any(d.gate or d.checks for d in RUBRIC.dimensions[-2:])
    assert all(d.levels for d in RUBRIC.dimensions[-2:])


def test_the_judged_dimensions_of_the_shipped_rubric_can_hold_a_chart_back() -> None:
    def scored(judged: float) -> list[Score]:
        return [Score(d.name, 10.0 if d.checks else judged, d.pass_mark) for d in RUBRIC.dimensions]

    assert rubrics.accepts(RUBRIC, scored(8.0))
    assert not rubrics.accepts(RUBRIC, scored(5.0))


def test_a_model_fills_what_nothing_measures_and_is_asked_for_nothing_else() -> None:
    said = {"evidence": "`suptitle`", "advice": "", "score": 8}
    model = ScriptedModel([json.dumps(dict.fromkeys(JUDGED, said))], name="small")

    critique = review([MeasuredCritic(), ModelCritic(model)])

    assert list(marks(critique)) == [dimension.name for dimension in RUBRIC.dimensions]
    assert marks(critique)["bugs"] == 10.0
    assert marks(critique)["answer"] == 8.0
    assert critique.overall == rubrics.overall(RUBRIC, critique.scores)
    assert critique.critic == "measured + chart_critic (small)"
    assert [s.by for s in critique.scores[-3:]] == ["measured", *["chart_critic (small)"] * 2]
    assert "transformation" not in model.asked[0].messages[1].text


def test_a_measured_dimension_stays_as_it_was_measured_whatever_others_say() -> None:
    finding = Finding("ticks_overlap", Severity.WARNING, "14 of 18")
    execution = replace(RAN, evidence=Evidence(findings=(finding,), checks=CHECKS))
    flatterer = fixed("flatterer", aesthetics=10.0, answer=10.0, message=10.0)

    critique = review([MeasuredCritic(), flatterer], execution)

    assert marks(critique)["aesthetics"] == 5.0
    assert flatterer.asked == JUDGED


def test_a_dimension_whose_checks_did_not_run_is_not_filled_in() -> None:
    execution = replace(RAN, evidence=Evidence(checks=CHECKS[:-1]))
    flatterer = fixed("flatterer", accessibility=10.0, answer=10.0, message=10.0)

    critique = review([MeasuredCritic(), flatterer], execution)

    assert marks(critique)["accessibility"] is None
    assert critique.overall is None


def test_an_error_caps_what_a_later_critic_says() -> None:
    error = Finding("wrong", Severity.ERROR, "it is", dimension="answer")
    finder = Fixed(Critique("finder", (), findings=(error,)))

    critique = review([finder, fixed("f", answer=10.0, message=10.0)])

    answer = next(score for score in critique.scores if score.dimension == "answer")
    assert answer.value == 6.5
    assert answer.evidence == ("wrong",)
    assert marks(critique)["message"] == 10.0


def test_what_one_critic_leaves_open_the_next_one_is_asked() -> None:
    first = fixed("first", answer=4.0, message=None, spread=1.0)
    second = fixed("second", message=9.0, spread=3.0)

    critique = review([MeasuredCritic(), first, second])

    assert second.asked == ["message"]
    assert marks(critique)["answer"] == 4.0
    assert marks(critique)["message"] == 9.0
    assert critique.spread == 3.0
    assert critique.notes == ("first was here", "second was here")


def test_confidence_and_advice_are_kept() -> None:
    score = Score("answer", 5.0, 7.0, advice="sort", confidence=0.4)
    judge = Fixed(Critique("judge", (score,)))

    critique = review([MeasuredCritic(), judge])

    kept = next(found for found in critique.scores if found.dimension == "answer")
    assert kept == replace(score, by="judge")
    assert marks(critique)["message"] is None
    assert critique.overall is None


def test_nobody_is_paid_to_judge_a_program_that_failed() -> None:
    judge = fixed("judge", answer=10.0, message=10.0)

    critique = review([MeasuredCritic(), judge], FAILED)

    assert judge.asked == []
    assert marks(critique)["answer"] is None
    assert [finding.code for finding in critique.findings] == ["run_error"]
    assert "judge was not asked: the program failed" in critique.notes[0]


def test_where_everything_is_measured_the_judge_is_not_asked_and_the_critique_says_so() -> None:
    judge = fixed("judge", bugs=1.0)

    critique = review([MeasuredCritic(), judge], task=replace(TASK, rubric=rubrics.load("charts")))

    assert judge.asked == []
    assert critique.overall == 10.0
    assert critique.notes == ("judge was not asked: no dimension is left for it",)


def test_without_a_measured_critic_the_first_one_has_what_is_to_be_measured() -> None:
    critique = review([ScriptedCritic({CODE: 9.0}), fixed("second", bugs=1.0, answer=1.0)])

    assert set(marks(critique).values()) == {9.0}


def test_nothing_can_not_be_combined() -> None:
    with pytest.raises(CallError, match="no critic"):
        CombinedCritic([])
