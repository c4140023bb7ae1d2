"""Whether a loop still gets anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from critique_loop import rubric as rubrics
from critique_loop.proxy.sameness import normal
from critique_loop.proxy.turns import RULES, flat, turns_of
from critique_loop.values import Critique, DecisionKind, Round, Score, Task

_MOST_NAMED = 3


def why_stuck(task: Task, rounds: Sequence[Round], patience: int) -> str:
    """Return in words why there is no point in going on, "" where there is one.

    The same program again, or no gain in the last ``patience`` turns. A turn is a round, or the
    candidates of one; what a person or a bigger model began gets as many turns of its own.
    """
    turns = turns_of(rounds)
    again = _repeated(task, turns)
    if again or len(turns) - _fresh_from(turns) < patience:
        return again
    early = rubrics.best(task.rubric, flat(turns[:-patience]))
    tried = flat(turns[-patience:])
    late = rubrics.best(task.rubric, tried)
    if early and late and _merit(task, late) <= _merit(task, early):
        return f"No gain in {patience} rounds: {_unmoved(task, early.critique, tried)}"
    return ""


def _repeated(task: Task, turns: Sequence[Sequence[Round]]) -> str:
    """Return in words that nothing of the last turn is new, "" where something is.

    A program that only looks different counts as new if that has got it a better critique.
    """
    last, before = turns[-1], flat(turns[:-1])
    known = {each.number: normal(each.code) for each in before}
    same: Round | None = None
    for each in last:
        form = normal(each.code)
        same = next((past for past in reversed(before) if known[past.number] == form), None)
        if same is None:
            return ""
        if each.code != same.code and _merit(task, each) > _merit(task, same):
            return ""
    if same is None:
        return ""
    number = last[-1].number
    if same in turns[-2]:
        return f"The same program was written twice: attempt {number} is attempt {same.number}"
    return f"It goes back and forth: attempt {number} is attempt {same.number} again"


def _fresh_from(turns: Sequence[Sequence[Round]]) -> int:
    """Return the first turn after the last one that somebody, not the rule, has sent on."""
    sent_on = [
        number
        for number, turn in enumerate(turns, 1)
        if turn[-1].decision.kind is DecisionKind.ESCALATE or turn[-1].decision.by not in RULES
    ]
    return max(sent_on, default=0)


def _merit(task: Task, turn: Round) -> tuple[int, float, float, int]:
    return rubrics.merit(task.rubric, turn.critique)


def _unmoved(task: Task, best: Critique, tried: Sequence[Round]) -> str:
    """Return which dimensions keep the best draft from being accepted, and whether any moved."""
    failing = [score for score in best.scores if not score.passed]
    if not failing:
        mean = "unscored" if best.overall is None else f"at {best.overall:g}"
        return f"the weighted mean stays {mean} (accepted from {task.rubric.target:g})"
    still = [score for score in failing if not _was_bettered(score, tried)]
    told = [_stays(score) for score in still] or [score.dimension for score in failing]
    shown = ", ".join(told[:_MOST_NAMED])
    more = f" and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
    return f"{shown}{more}" if still else f"what betters {shown}{more} makes something else worse"


def _was_bettered(score: Score, tried: Sequence[Round]) -> bool:
    return any(
        other.value is not None and (score.value is None or other.value > score.value)
        for turn in tried
        for other in turn.critique.scores
        if other.dimension == score.dimension
    )


def _stays(score: Score) -> str:
    if score.value is None:
        return f"{score.dimension} stays unscored"
    return f"{score.dimension} stays at {score.value:g} (passes from {score.pass_mark:g})"
