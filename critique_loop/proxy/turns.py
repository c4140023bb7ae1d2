"""The rounds of a run by turns: a turn is a round, or the candidates that were compared in one."""

from __future__ import annotations

from collections.abc import Sequence

from critique_loop.values import DecisionKind, Round

RULES = ("rule", "default")  # who decides where nobody has said anything


def turns_of(rounds: Sequence[Round]) -> list[list[Round]]:
    """Return the rounds, in order, with candidates of one turn together."""
    turns: list[list[Round]] = [[]]
    for each in rounds:
        turns[-1].append(each)
        if each.decision.kind is not DecisionKind.COMPARE:
            turns.append([])
    return [turn for turn in turns if turn]


def flat(turns: Sequence[Sequence[Round]]) -> list[Round]:
    """Return the rounds of some turns, in order."""
    return [each for turn in turns for each in turn]
