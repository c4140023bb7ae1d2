"""Scores from findings, and a verdict from scores."""

from __future__ import annotations

from dataclasses import replace

import pytest

from critique_loop import rubric as rubrics
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Finding,
    Round,
    Rubric,
    Score,
    Severity,
)

BUGS = Dimension("bugs", "Does it run?", gate=True, pass_mark=8.0, checks={"a": 3.0, "b": 1.0})
LOOKS = Dimension("looks", "Is it nice?", weight=3.0, pass_mark=7.0, checks={"c": 4.0})
RUBRIC = Rubric("r", (BUGS, LOOKS), target=8.0)


def found(code: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(code, severity, "message", advice=f"mend {code}")


def marks(bugs: float | None, looks: float | None) -> tuple[Score, Score]:
    return Score("bugs", bugs, 8.0), Score("looks", looks, 7.0)


def test_no_finding_is_full_marks_when_every_check_ran() -> None:
    assert rubrics.score(BUGS, [], ["a", "b"]).value == 10.0


def test_a_dimension_with_a_check_that_did_not_run_is_unscored_and_says_which() -> None:
    score = rubrics.score(BUGS, [], ["a"])

    assert score.value is None
    assert not score.passed
    assert "b" in score.unscored


def test_a_dimension_without_checks_is_unscored() -> None:
    assert rubrics.score(Dimension("taste", "?"), [], ["a"]).value is None


def test_each_code_takes_its_points_off_once() -> None:
    score = rubrics.score(BUGS, [found("a"), found("a"), found("b")], ["a", "b"])

    assert score.value == 6.0
    assert score.evidence == ("a", "b")
    assert score.advice == "mend a; mend b"


def test_a_note_takes_nothing_off() -> None:
    assert rubrics.score(BUGS, [found("a", Severity.NOTE)], ["a", "b"]).value == 10.0


def test_an_error_keeps_the_score_below_the_pass_mark_whatever_its_points() -> None:
    score = rubrics.score(BUGS, [found("b", Severity.ERROR)], ["a", "b"])

    assert score.value == 7.5
    assert not score.passed


def test_an_error_scores_a_dimension_even_where_other_checks_could_not_run() -> None:
    score = rubrics.score(BUGS, [found("a", Severity.ERROR)], ["a"])

    assert score.value == 7.0


def test_the_overall_score_is_the_weighted_mean() -> None:
    assert rubrics.overall(RUBRIC, marks(10.0, 6.0)) == 7.0


def test_there_is_no_overall_score_while_a_dimension_is_unscored() -> None:
    assert rubrics.overall(RUBRIC, marks(10.0, None)) is None


@pytest.mark.parametrize(
    ("bugs", "looks", "accepted"),
    [(10.0, 8.0, True), (7.9, 10.0, False), (10.0, 7.0, False), (10.0, None, False)],
)
def test_accepts_when_gates_pass_all_is_scored_and_the_mean_reaches_the_target(
    bugs: float, looks: float | None, accepted: bool
) -> None:
    assert rubrics.accepts(RUBRIC, marks(bugs, looks)) is accepted


def turn(number: int, bugs: float | None, looks: float | None, errors: int = 0) -> Round:
    scores = marks(bugs, looks)
    return Round(
        number,
        Draft(code=f"# {number}", writer="w"),
        Execution(ExecutionStatus.OK),
        Critique(
            "c",
            scores,
            findings=(found("a", Severity.ERROR),) * errors,
            overall=rubrics.overall(RUBRIC, scores),
        ),
    )


def test_the_best_round_passes_more_gates_then_scores_higher_then_has_fewer_errors() -> None:
    gate = turn(1, 8.0, 1.0)
    mean = turn(2, 8.0, 9.0, errors=2)
    fewer = turn(3, 8.0, 9.0, errors=1)
    no_gate = turn(4, 7.0, 10.0)

    assert rubrics.best(RUBRIC, [gate, no_gate]) is gate
    assert rubrics.best(RUBRIC, [gate, mean]) is mean
    assert rubrics.best(RUBRIC, [mean, fewer]) is fewer
    assert rubrics.best(RUBRIC, []) is None


def failing(before: Round, number: int, failed: int, tests: int) -> Round:
    finding = Finding(
        "tests_failed", Severity.ERROR, "", numbers={"failed": failed, "tests": tests}
    )
    critique = replace(before.critique, findings=(finding,))
    return replace(before, number=number, critique=critique)


def test_of_programs_with_the_same_scores_that_is_better_which_fails_fewer_tests() -> None:
    base = turn(1, 2.0, 9.0)
    one, four, none = failing(base, 1, 4, 5), failing(base, 2, 1, 5), failing(base, 3, 5, 5)

    assert rubrics.best(RUBRIC, [one, four, none]) is four
    assert rubrics.best(RUBRIC, [none, one]) is one


def test_a_gate_is_broken_when_it_passed_before_and_does_not_now() -> None:
    both, gate_lost = Critique("c", marks(9.0, 9.0)), Critique("c", marks(7.0, 1.0))
    unknown = Critique("c", marks(None, 9.0))

    assert rubrics.gates_broken(RUBRIC, both, gate_lost) == ("bugs",)
    assert rubrics.gates_broken(RUBRIC, both, unknown) == ("bugs",)
    assert rubrics.gates_broken(RUBRIC, gate_lost, both) == ()
    assert rubrics.gates_broken(RUBRIC, gate_lost, unknown) == ()
