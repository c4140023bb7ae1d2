"""Whether a loop still gets anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from critique_loop.proxy.stuck import why_stuck
from critique_loop.values import Decision, DecisionKind, Round, Score, Task

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


def test_a_program_that_only_looks_different_is_the_same(task: Task, turn: Turn) -> None:
    dressed = 'def f(a):\n    """Say it."""\n    found = a\n    return found'
    plain = "def f(a):\n    said = a  # once\n    return said"

    why = why_stuck(task, [turn(1, 5.0, plain, decision=REFINE), turn(2, 5.0, dressed)], 3)

    assert why == "The same program was written twice: attempt 2 is attempt 1"


def test_a_new_look_that_bettered_the_critique_is_no_repetition(task: Task, turn: Turn) -> None:
    rounds = [turn(1, 5.0, "x = 1  # long", decision=REFINE)]

    assert why_stuck(task, [*rounds, turn(2, 6.0, "x = 1")], 3) == ""
    assert why_stuck(task, [*rounds, turn(2, 6.0, "x = 1  # long")], 3)


def test_going_back_and_forth_is_told_as_such(task: Task, turn: Turn) -> None:
    rounds = [turn(1, 5.0, "a", decision=REFINE), turn(2, 4.0, "b", decision=REFINE)]

    why = why_stuck(task, [*rounds, turn(3, 5.0, "a")], patience=9)

    assert why == "It goes back and forth: attempt 3 is attempt 1 again"


def marked(each: Round, right: float | None, neat: float | None) -> Round:
    scores = (Score("right", right, 8.0), Score("neat", neat, 6.0))
    known = [mark for mark in (right, neat) if mark is not None]
    overall = sum(known) / 2 if len(known) == 2 else None
    return replace(each, critique=replace(each.critique, scores=scores, overall=overall))


@pytest.mark.parametrize(
    ("marks", "told"),
    [
        ([(5, 9), (5, 8), (4, 7)], "right stays at 5 (passes from 8)"),
        (
            [(5, 5), (5, 4), (4, 5)],
            "right stays at 5 (passes from 8), neat stays at 5 (passes from 6)",
        ),
        ([(None, 9), (None, 9), (None, 9)], "right stays unscored"),
        ([(8, 7), (8, 7), (8, 6)], "the weighted mean stays at 7.5 (accepted from 8)"),
    ],
)
def test_a_plateau_tells_what_does_not_move(
    task: Task, turn: Turn, marks: list[tuple[float | None, float | None]], told: str
) -> None:
    rounds = [
        marked(turn(number, 5.0, decision=REFINE), *both) for number, both in enumerate(marks, 1)
    ]

    why = why_stuck(task, rounds, patience=2)

    assert why == f"No gain in 2 rounds: {told}"


def test_a_plateau_tells_where_one_thing_is_bettered_at_the_cost_of_another(
    task: Task, turn: Turn
) -> None:
    rounds = [marked(turn(n, 5.0, decision=REFINE), 7.0, m) for n, m in ((1, 5.0), (2, 4.0))]
    rounds.append(marked(turn(3, 5.0), 2.0, 9.0))
    rounds[1] = marked(rounds[1], 7.5, 2.0)

    why = why_stuck(task, rounds, patience=2)

    assert why == "No gain in 2 rounds: what betters right, neat makes something else worse"
