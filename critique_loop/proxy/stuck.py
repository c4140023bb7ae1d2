"""Whether a loop still gets anywhere."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from critique_loop import rubric as rubrics
from critique_loop.values import DecisionKind, Round, Task

_RULES = ("rule", "default")


def why_stuck(task: Task, rounds: Sequence[Round], patience: int) -> str:
    """Return in words why there is no point in going on, "" where there is one.

    The same program twice, or no gain in the last ``patience`` turns. A turn is a round, or the
    candidates of one; what a person or a bigger model began gets as many turns of its own.
    """
    turns = _turns(rounds)
    before, last = turns[:-1], turns[-1]
    tried = {_normal(each.code) for turn in before for each in turn}
    if all(_normal(each.code) in tried for each in last):
        return "The same program was written twice"
    if len(turns) - _fresh_from(turns) < patience:
        return ""
    early = rubrics.best(task.rubric, _flat(turns[:-patience]))
    late = rubrics.best(task.rubric, _flat(turns[-patience:]))
    if early and late and _merit(task, late) <= _merit(task, early):
        return f"No gain in {patience} rounds"
    return ""


def _turns(rounds: Sequence[Round]) -> list[list[Round]]:
    turns: list[list[Round]] = [[]]
    for each in rounds:
        turns[-1].append(each)
        if each.decision.kind is not DecisionKind.COMPARE:
            turns.append([])
    return [turn for turn in turns if turn]


def _fresh_from(turns: Sequence[Sequence[Round]]) -> int:
    """Return the first turn after the last one that somebody, not the rule, has sent on."""
    sent_on = [
        number
        for number, turn in enumerate(turns, 1)
        if turn[-1].decision.kind is DecisionKind.ESCALATE or turn[-1].decision.by not in _RULES
    ]
    return max(sent_on, default=0)


def _flat(turns: Sequence[Sequence[Round]]) -> list[Round]:
    return [each for turn in turns for each in turn]


def _merit(task: Task, turn: Round) -> tuple[int, float, int]:
    return rubrics.merit(task.rubric, turn.critique)


def _normal(code: str) -> str:
    """Return the program without comments and layout; one that does not parse as it is."""
    try:
        return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
