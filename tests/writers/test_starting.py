"""Where the next program begins."""

from __future__ import annotations

import pytest

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
    Task,
)
from critique_loop.writers.starting import broken, decision_about, start_of, that_broke

TASK = Task("g", Rubric("r", (Dimension("right", "?", gate=True, pass_mark=8.0),)))


def turn(number: int, mark: float, **decided: int | tuple[str, ...]) -> Round:
    decision = Decision(DecisionKind.REFINE, **decided)  # pyright: ignore[reportArgumentType] - back_to or focus
    critique = Critique("c", (Score("right", mark, 8.0),), overall=mark)
    return Round(number, Draft("x", "w"), Execution(ExecutionStatus.OK), critique, decision)


@pytest.mark.parametrize(("back_to", "number"), [(0, 2), (1, 1), (9, 2)])
def test_it_is_the_best_round_unless_another_was_decided(back_to: int, number: int) -> None:
    history = [turn(1, 5.0), turn(2, 9.0), turn(3, 4.0, back_to=back_to)]

    assert start_of(TASK, history).number == number


def test_the_last_word_counts_only_where_it_is_about_the_start() -> None:
    best = turn(1, 9.0, focus=("a",))
    elsewhere, back = turn(2, 5.0, focus=("b",)), turn(2, 5.0, focus=("b",), back_to=1)

    assert decision_about(best, [best, elsewhere]).focus == ("a",)
    assert decision_about(best, [best, back]).focus == ("b",)
    assert decision_about(elsewhere, [best, elsewhere]).focus == ("b",)


def test_the_round_that_broke_a_gate_is_found_where_it_is_taken_back() -> None:
    best, kept = turn(1, 9.0), turn(2, 8.5)

    assert that_broke(TASK, best, [best, turn(2, 5.0)]) is None
    assert that_broke(TASK, best, [best, kept, turn(3, 8.6, back_to=1)]) is None
    found = that_broke(TASK, best, [best, turn(2, 5.0), turn(3, 8.6, back_to=1)])
    assert found is not None
    assert (found.number, broken(TASK, best, found)) == (2, ("right",))
