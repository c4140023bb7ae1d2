"""Reads what a goal puts together, as years or sites, instead of telling it apart."""

from __future__ import annotations

from critique_loop.writers.goal import Goal
from critique_loop.writers.request import is_nominal, is_time, quote
from critique_loop.writers.vocabulary import Role

_OVER = ("over", "across")
_EVERY = frozenset({"all", "both"})
_PARTICIPLES = frozenset({"averaged", "summed", "totalled", "combined"})


def read_pooled(goal: Goal) -> None:
    """Account for "averaged over the years", "over all sites", "all sources together"."""
    for at, piece in enumerate(goal.pieces):
        if goal.plays(at, Role.OVER_TIME) and _is_pooled_time(goal, at):
            _pool(goal, goal.time_column().name, at)
        elif goal.plays(at, Role.POOL):
            _read_together(goal, at)
        elif piece.text.lower().split()[:1] in [[word] for word in _OVER]:
            _read_over(goal, at)


def _is_pooled_time(goal: Goal, at: int) -> bool:
    """Whether an aggregate stands right before "over the years"; "over time" needs a participle."""
    said = goal.text(at - 1).lower()
    if said in _PARTICIPLES:
        return True
    aggregated = at > 0 and goal.pieces[at - 1].plays(Role.AGGREGATE)
    return aggregated and goal.text(at).lower().split()[-1] in {"years", "months"}


def _read_together(goal: Goal, at: int) -> None:
    target = goal.before(at)
    name = _target(goal, target)
    if name and goal.text(target - 1).lower() in _EVERY:
        _pool(goal, name, target, at)


def _read_over(goal: Goal, at: int) -> None:
    target = goal.after(at)
    if goal.plays(target, Role.NUMBER):
        target = goal.after(target)
    name = _target(goal, target)
    if not name:
        return
    said = " ".join(goal.text(i).lower() for i in range(at, target)).split()
    told = goal.text(at - 1).lower() in _PARTICIPLES
    alone = not goal.plays(goal.after(target), Role.AND) and not goal.plays(at - 1, Role.AND)
    every = bool(_EVERY.intersection(said)) and alone
    if told or (every and (said[0] == "over" or _has_other_key(goal, at, target))):
        _pool(goal, name, *range(at, target + 1))


def _target(goal: Goal, at: int) -> str:
    """Return the column of names or time that the piece at ``at`` means, "" if it means none."""
    column = goal.column(at)
    if column is not None:
        return column.name if is_nominal(column) or is_time(column) else ""
    return goal.time_column().name if goal.plays(at, Role.UNIT) else ""


def _has_other_key(goal: Goal, at: int, target: int) -> bool:
    others = [i for i in range(len(goal.pieces)) if not at <= i <= target]
    return any(_target(goal, i) and goal.plays(goal.before(i), Role.BY) for i in others)


def _pool(goal: Goal, column: str, *pieces: int) -> None:
    goal.used.update(pieces)
    goal.request.pooled.append(column)


def check_pooled(goal: Goal) -> None:
    """Refuse to put together what the goal tells apart as well.

    Raises:
        WriterGaveUp: it does.
    """
    request = goal.request
    apart = {request.colour, *(key.column for key in request.keys)}
    for name in request.pooled:
        if name in apart or (request.over_time and is_time(goal.table.column(name))):
            raise goal.refuse(
                f"The goal tells {quote(name)} apart, and puts all of it together.",
                "Ask for one of the two.",
            )
