"""Whether a loop still gets anywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from critique_loop.proxy.stuck import why_stuck
from critique_loop.values import Decision, DecisionKind, Round, Task

Turn = Callable[..., Round]
COMPARE = Decision(DecisionKind.COMPARE)
REFINE = Decision(DecisionKind.REFINE)


def test_candidates_of_one_turn_are_one_turn(task: Task, turn: Turn) -> None:
    rounds = [
        turn(1, 5.0, decision=COMPARE),
        turn(2, 4.0, decision=REFINE),
        turn(3, 4.0, decision=COMPARE),
        turn(4, 3.0),
    ]

    assert why_stuck(task, rounds, patience=2) == ""
    assert "No gain in 1" in why_stuck(task, rounds, patience=1)


def test_the_same_program_among_the_candidates_of_one_turn_is_not_stuck(
    task: Task, turn: Turn
) -> None:
    rounds = [turn(1, 5.0, "x", decision=COMPARE), turn(2, 5.0, "x")]

    assert why_stuck(task, rounds, patience=3) == ""


def test_a_turn_with_one_new_program_is_not_stuck(task: Task, turn: Turn) -> None:
    rounds = [
        turn(1, 5.0, "x", decision=REFINE),
        turn(2, 5.0, "x", decision=COMPARE),
        turn(3, 5.0, "y"),
    ]

    assert why_stuck(task, rounds, patience=3) == ""


@pytest.mark.parametrize(
    "sent_on",
    [
        Decision(DecisionKind.ESCALATE, role="writer"),
        Decision(DecisionKind.REFINE, by="person"),
        Decision(DecisionKind.REFINE, by="policy"),
    ],
)
def test_whoever_sends_a_stuck_loop_on_gives_it_its_patience_anew(
    task: Task, turn: Turn, sent_on: Decision
) -> None:
    rounds = [turn(n, 5.0, decision=REFINE) for n in (1, 2)] + [turn(3, 5.0, decision=sent_on)]

    assert why_stuck(task, [*rounds, turn(4, 5.0)], patience=2) == ""
    assert why_stuck(task, [*rounds, turn(4, 5.0, decision=REFINE), turn(5, 5.0)], patience=2)


def test_a_default_gives_no_new_patience(task: Task, turn: Turn) -> None:
    default = Decision(DecisionKind.REFINE, by="default")
    rounds = [turn(n, 5.0, decision=default) for n in (1, 2)]

    assert why_stuck(task, [*rounds, turn(3, 5.0)], patience=2)
