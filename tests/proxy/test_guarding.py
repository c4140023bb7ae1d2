"""From which round to go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from critique_loop.proxy.guarding import start_of
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Round,
    Rubric,
    Score,
)

GATES = ("right", "safe", "neat", "quick")
RUBRIC = Rubric("r", tuple(Dimension(name, "?", gate=True, pass_mark=8.0) for name in GATES))
COMPARE = Decision(DecisionKind.COMPARE)
REFINE = Decision(DecisionKind.REFINE)


def turn(number: int, *marks: float | None, decision: Decision = REFINE) -> Round:
    filled = (*marks, *[2.0] * (len(GATES) - len(marks)))
    scores = tuple(Score(n, mark, 8.0) for n, mark in zip(GATES, filled, strict=True))
    known = [mark for mark in filled if mark is not None]
    overall = sum(known) / len(known) if len(known) == len(GATES) else None
    critique = Critique("c", scores, overall=overall)
    draft = Draft(f"x = {number}", "w")
    return Round(number, draft, Execution(ExecutionStatus.OK), critique, decision)


def test_a_round_that_breaks_a_gate_is_taken_back() -> None:
    start = start_of(RUBRIC, [turn(1, 3.0), turn(2, 9.0), turn(3, 3.0, 7.0)])

    assert (start.round.number, start.back_to) == (2, 2)
    assert start.why == (
        "attempt 3 broke right, which attempt 2 passed; "
        "go on from attempt 2, don't repeat what changed"
    )


def test_a_round_that_is_worse_and_breaks_no_gate_is_gone_on_from() -> None:
    start = start_of(RUBRIC, [turn(1, 9.5), turn(2, 8.5)])

    assert (start.round.number, start.back_to, start.why) == (2, 0, "")


def test_a_gate_that_is_not_scored_any_more_is_broken() -> None:
    start = start_of(RUBRIC, [turn(1, 9.0), turn(2, None, None, None, None)])

    assert start.back_to == 1
    assert "broke right, which" in start.why


def test_a_broken_gate_is_told_and_not_taken_back_where_more_was_gained() -> None:
    start = start_of(RUBRIC, [turn(1, 9.0), turn(2, 2.0, 9.0, 9.0)])

    assert (start.round.number, start.back_to) == (2, 0)
    assert start.why == (
        "attempt 2 broke right, which attempt 1 passed, but is the best so far: go on from it"
    )


def test_many_broken_gates_are_named_in_part() -> None:
    start = start_of(RUBRIC, [turn(1, 9.0, 9.0, 9.0, 9.0), turn(2)])

    assert start.why.startswith("attempt 2 broke right, safe, neat and 1 more, which")


@pytest.mark.parametrize("marks", [(9.0, 5.0), (5.0, 9.0)])
def test_of_several_candidates_the_best_is_carried_on(marks: tuple[float, float]) -> None:
    rounds = [turn(1, 3.0), turn(2, marks[0], decision=COMPARE), turn(3, marks[1])]

    start = start_of(RUBRIC, rounds)

    best = 2 if marks[0] > marks[1] else 3
    assert start.round.number == best
    assert start.back_to == (2 if best == 2 else 0)
    assert start.why == ""


def test_candidates_that_all_broke_a_gate_are_taken_back_together() -> None:
    rounds = [turn(1, 9.0), turn(2, 5.0, decision=COMPARE), turn(3, 4.0)]

    start = start_of(RUBRIC, rounds)

    assert start.back_to == 1
    assert start.why.startswith("attempt 2 broke right")


def test_candidates_none_of_which_is_better_leave_the_best_round() -> None:
    rounds = [turn(1, 9.5), turn(2, 9.0, decision=COMPARE), turn(3, 8.5)]

    start = start_of(RUBRIC, rounds)

    assert (start.round.number, start.back_to, start.why) == (1, 1, "")


def test_what_a_person_wrote_or_asked_for_is_not_taken_back() -> None:
    wish = Decision(DecisionKind.REFINE, advice="a log scale", by="person")
    worse = turn(2, 3.0)
    theirs = replace(worse, draft=Draft("mine()", "person"))

    assert start_of(RUBRIC, [turn(1, 9.0, decision=wish), worse]).back_to == 0
    assert start_of(RUBRIC, [turn(1, 9.0), theirs]).back_to == 0
    assert start_of(RUBRIC, [turn(1, 9.0), worse]).back_to == 1
