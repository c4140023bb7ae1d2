"""Measured and judged dimensions in one critique."""

from __future__ import annotations

import json
import math
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
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Round,
    Rubric,
    Score,
    Scorer,
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


BOTH = (Scorer.MEASURED, Scorer.MODEL)
DEEP = Dimension("deep", "?", checks={"shallow": 5.0}, scored_by=BOTH)
GATE = Dimension("gate", "?", checks={"wrong": 5.0}, scored_by=BOTH, gate=True)
HUMAN = Dimension("human", "?", scored_by=(Scorer.PERSON,))
OWN = replace(TASK, rubric=Rubric("own", (DEEP, GATE, HUMAN)))
ALL_RAN = Execution(ExecutionStatus.OK, evidence=Evidence(checks=("shallow", "wrong")))
NONE_RAN = Execution(ExecutionStatus.OK, evidence=Evidence())


class Person(Fixed):
    scorer = Scorer.PERSON


class Model(Fixed):
    scorer = Scorer.MODEL


def test_a_model_is_asked_for_what_could_not_be_measured_where_the_rubric_allows_models() -> None:
    model = fixed("model", deep=8.0)

    critique = review([MeasuredCritic(), model], NONE_RAN, OWN)

    assert model.asked == ["deep"]
    assert marks(critique) == {"deep": 8.0, "gate": None, "human": None}


def test_a_model_is_not_asked_for_what_was_measured() -> None:
    model = fixed("model", deep=1.0, gate=1.0, human=1.0)

    critique = review([MeasuredCritic(), model], ALL_RAN, OWN)

    assert model.asked == []
    assert marks(critique) == {"deep": 10.0, "gate": 10.0, "human": None}


def test_a_gate_that_could_not_be_measured_is_lifted_by_nobody_but_a_person() -> None:
    critics = [MeasuredCritic(), fixed("model", gate=10.0, deep=10.0, human=10.0)]

    critique = review(critics, NONE_RAN, OWN)
    overruled = review([*critics, Person(fixed("p", gate=9.0).critique)], NONE_RAN, OWN)

    assert marks(critique)["gate"] is None
    assert not rubrics.accepts(OWN.rubric, critique.scores)
    assert marks(overruled)["gate"] == 9.0


def test_a_model_can_not_lift_a_gate_with_an_error_though_it_scores_10() -> None:
    wrong = Finding("wrong", Severity.ERROR, "it is")
    execution = replace(ALL_RAN, evidence=Evidence((wrong,), checks=("shallow", "wrong")))
    flatterer = fixed("flatterer", deep=10.0, gate=10.0, human=10.0)

    critique = review([MeasuredCritic(), flatterer, flatterer], execution, OWN)

    assert marks(critique)["gate"] == 5.0
    assert not rubrics.accepts(OWN.rubric, critique.scores)


def test_an_error_caps_what_a_model_says_of_an_open_dimension() -> None:
    found = Finding("shallow", Severity.ERROR, "it is")
    execution = replace(NONE_RAN, evidence=Evidence((found,)))
    only_model = replace(DEEP, scored_by=(Scorer.MODEL,))
    task = replace(TASK, rubric=Rubric("own", (only_model,)))

    critique = review([MeasuredCritic(), fixed("flatterer", deep=10.0)], execution, task)

    assert marks(critique) == {"deep": 6.5}


def test_an_error_that_feeds_two_dimensions_caps_both() -> None:
    found = Finding("shallow", Severity.ERROR, "it is")
    execution = replace(NONE_RAN, evidence=Evidence((found,)))
    judged = replace(DEEP, name="judged", scored_by=(Scorer.MODEL,))
    task = replace(TASK, rubric=Rubric("own", (DEEP, judged)))

    critique = review([MeasuredCritic(), fixed("flatterer", judged=10.0)], execution, task)

    assert marks(critique) == {"deep": 5.0, "judged": 6.5}


def test_a_model_in_the_first_place_measures_nothing() -> None:
    model = Model(fixed("model", deep=9.0, gate=10.0, human=10.0).critique)

    critique = review([model], ALL_RAN, OWN)

    assert model.asked == ["deep"]
    assert marks(critique) == {"deep": 9.0, "gate": None, "human": None}


def test_what_only_people_may_score_waits_for_one() -> None:
    flatterer = fixed("flatterer", human=10.0)

    waiting = review([MeasuredCritic(), flatterer], ALL_RAN, OWN)
    silent = review([MeasuredCritic(), Person(fixed("p", human=None).critique)], ALL_RAN, OWN)
    scored = review([MeasuredCritic(), Person(fixed("p", human=8.0).critique)], ALL_RAN, OWN)

    assert waiting.scores[2].unscored == silent.scores[2].unscored == "waits for a person"
    assert (scored.scores[2].value, scored.scores[2].by) == (8.0, "p")


def test_a_person_overrules_what_was_measured_and_the_critique_says_so() -> None:
    wrong = Finding("wrong", Severity.ERROR, "it is")
    execution = replace(ALL_RAN, evidence=Evidence((wrong,), checks=("shallow", "wrong")))
    person = Person(fixed("p", deep=2.0, gate=10.0).critique)

    critique = review([MeasuredCritic(), person], execution, OWN)

    assert marks(critique) == {"deep": 2.0, "gate": 10.0, "human": None}
    assert critique.findings[0].code == "wrong"
    assert critique.notes == (
        "p was here",
        "deep: a person's score stands",
        "gate: a person's score stands",
    )


def test_a_model_is_not_paid_for_what_a_person_has_scored() -> None:
    model = fixed("model", answer=1.0, message=2.0)

    critique = review([MeasuredCritic(), Person(fixed("p", answer=9.0).critique), model])

    assert model.asked == ["message"]
    assert (marks(critique)["answer"], marks(critique)["message"]) == (9.0, 2.0)


def test_people_are_asked_about_a_program_that_failed() -> None:
    person = Person(fixed("p", answer=3.0).critique)

    critique = review([MeasuredCritic(), person], FAILED)

    assert marks(critique)["answer"] == 3.0


def test_a_duck_that_scores_what_it_was_not_asked_for_changes_nothing() -> None:
    finding = Finding("ticks_overlap", Severity.WARNING, "14 of 18")
    execution = replace(RAN, evidence=Evidence(findings=(finding,), checks=CHECKS))
    everything = fixed("duck", **{d.name: 10.0 for d in RUBRIC.dimensions}, invented=10.0)

    critique = review([MeasuredCritic(), everything], execution)

    assert [score.dimension for score in critique.scores] == [d.name for d in RUBRIC.dimensions]
    assert marks(critique)["aesthetics"] == 5.0


@pytest.mark.parametrize("value", [math.nan, math.inf, 11.0, -1.0])
def test_a_duck_that_gives_no_mark_leaves_unscored(value: float) -> None:
    critique = review([MeasuredCritic(), fixed("duck", answer=value, message=9.0)])

    assert marks(critique)["answer"] is None
    assert marks(critique)["message"] == 9.0
    assert critique.overall is None


def test_a_duck_that_brings_its_own_pass_mark_does_not_pass_by_it() -> None:
    cheap = tuple(Score(name, 1.0, pass_mark=0.0) for name in JUDGED)

    critique = review([MeasuredCritic(), Fixed(Critique("duck", cheap))])

    assert not any(score.passed for score in critique.scores[-2:])


def test_claims_are_counted_over_all_critics() -> None:
    first = Fixed(Critique("a", (Score("answer", 5.0, 7.0),), claims=2, unsupported=1))
    second = Fixed(Critique("b", (Score("message", 5.0, 7.0),), claims=3, unsupported=2))

    critique = review([MeasuredCritic(), first, second])

    assert (critique.claims, critique.unsupported) == (5, 3)
