"""Rounds by turns."""

from __future__ import annotations

from collections.abc import Callable

from critique_loop.proxy.turns import flat, turns_of
from critique_loop.values import Decision, DecisionKind, Round

COMPARE = Decision(DecisionKind.COMPARE)


def test_candidates_stand_together_in_their_turn(turn: Callable[..., Round]) -> None:
    rounds = [turn(1, 5.0), turn(2, 5.0, decision=COMPARE), turn(3, 5.0), turn(4, 5.0)]

    turns = turns_of(rounds)

    assert [[each.number for each in one] for one in turns] == [[1], [2, 3], [4]]
    assert flat(turns) == rounds
