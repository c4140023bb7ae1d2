"""Reads which rows a goal is about by comparing numbers."""

from __future__ import annotations

from critique_loop.values import Column
from critique_loop.writers.goal import Goal
from critique_loop.writers.request import Filter, either, quote
from critique_loop.writers.vocabulary import Role


def read_comparisons(goal: Goal) -> None:
    """Account for comparisons of numbers: "above 50", "with more than 4 cylinders"."""
    for at in range(len(goal.pieces)):
        if at in goal.used or goal.pieces[at].number is None:
            continue
        if goal.plays(goal.before(at), Role.TOP, Role.SUPERLATIVE):
            continue
        _read_comparison(goal, at)


def _read_comparison(goal: Goal, at: int) -> None:
    number = goal.pieces[at].number or 0.0
    before = goal.before(at)
    link, last = goal.after(at), goal.after(goal.after(at))
    if goal.plays(before, Role.BETWEEN, Role.FROM) and goal.plays(last, Role.NUMBER):
        column = _compared(goal, before, last)
        _add(goal, column, "between", (number, goal.pieces[last].number or 0.0))
        goal.use(before, at, link, last)
        return
    operator = _operator(goal, before)
    if operator:
        _add(goal, _compared(goal, before, at), operator, (number,))
        goal.use(before, at)
        return
    more = goal.pieces[link].meaning(Role.MORE) if goal.plays(link, Role.MORE) else None
    after = goal.measure(goal.after(link)) if more else goal.measure(link)
    if more:
        _add(goal, after or _compared(goal, at, link), more, (number,))
        goal.use(at, link, *([goal.after(link)] if after else []))
    elif after is not None and after.whole_numbers and not goal.plays(before, Role.TOP):
        _add_equal(goal, after, number, at)


def _operator(goal: Goal, at: int) -> str:
    """Return the comparison at ``at``: "above"; also "after", for a column of numbers before it."""
    if goal.plays(at, Role.COMPARE):
        return goal.pieces[at].meaning(Role.COMPARE) or ""
    if goal.plays(at, Role.YEARS) and goal.measure(goal.before(at)) is not None:
        return goal.pieces[at].meaning(Role.YEARS) or ""
    return ""


def _add_equal(goal: Goal, column: Column, number: float, at: int) -> None:
    """Read "4 cylinders" and "4 or 6 cylinders" as the values to keep."""
    numbers = [number]
    link = goal.before(at)
    other = goal.before(link)
    if goal.plays(link, Role.AND) and goal.plays(other, Role.NUMBER):
        numbers.insert(0, goal.pieces[other].number or 0.0)
        goal.use(link, other)
    operator = "==" if len(numbers) == 1 else "in"
    _add(goal, column, operator, tuple(numbers))
    goal.use(at, goal.after(at))


def _compared(goal: Goal, operator: int, number: int) -> Column:
    """Return the column that a comparison is about: named right after it, or right before.

    Raises:
        WriterGaveUp: neither.
    """
    after = goal.measure(number + 1)
    if after is not None:
        piece = goal.pieces[number + 1]
        named = goal.measure(_skip_with(goal, operator))
        if len(piece.columns) > 1 and named is not None and named.name in piece.columns:
            after = named
        elif len(piece.columns) > 1:
            raise goal.refuse(f"'{piece.text}' can mean {either(piece.columns)}.")
        goal.use(number + 1)
        if named is not None and named.name == after.name:
            _use_named(goal, _skip_with(goal, operator))
        return after
    at = _skip_with(goal, operator)
    before = goal.measure(at)
    if before is None:
        said = f"{goal.text(operator)} {goal.text(number)}"
        raise goal.refuse(
            f"'{said}' is not clear: which column is compared?",
            f"Name the column beside it, e.g. '<column> {said}'.",
        )
    _use_named(goal, at)
    return before


def _skip_with(goal: Goal, at: int) -> int:
    at = goal.before(at)
    while goal.plays(at, Role.WITH, Role.IN) and goal.column(at) is None:
        at = goal.before(at)
    return at


def _use_named(goal: Goal, at: int) -> None:
    """A compared column is drawn too only if the goal names no other measure."""
    if goal.plays(goal.before(at), Role.AGGREGATE):
        raise goal.refuse(
            f"'{goal.text(goal.before(at))} {goal.text(at)}' with a limit can mean a limit for"
            " each row or one for the result.",
            "Compare single rows: '<column> above <number>'.",
        )
    others = [i for i in range(len(goal.pieces)) if i != at and goal.measure(i) is not None]
    counting = any(piece.plays(Role.COUNT) for piece in goal.pieces)
    if others or counting or goal.plays(goal.before(at), Role.WITH):
        goal.use(at)


def _add(goal: Goal, column: Column, operator: str, values: tuple[float, ...]) -> None:
    low, high = column.minimum, column.maximum
    if isinstance(low, int | float) and isinstance(high, int | float):
        none_left = {
            ">": values[0] >= high,
            ">=": values[0] > high,
            "<": values[0] <= low,
            "<=": values[0] < low,
            "==": not low <= values[0] <= high,
            "between": values[0] > high or values[-1] < low,
        }
        if none_left.get(operator, False):
            raise goal.refuse(
                f"No row is left: {quote(column.name)} goes from {low:g} to {high:g}.",
                "Ask for numbers that are in the table.",
            )
    goal.request.filters.append(Filter(column.name, operator, values))
