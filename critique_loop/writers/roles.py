"""Reads what is measured, what it is grouped by, and how it is drawn."""

from __future__ import annotations

from typing import cast

from critique_loop.values import Column
from critique_loop.writers.counting import is_row_step, read_count
from critique_loop.writers.goal import Goal
from critique_loop.writers.request import (
    Aggregate,
    Key,
    Top,
    either,
    is_measure,
    is_nominal,
    is_time,
    quote,
)
from critique_loop.writers.vocabulary import Role

_DEFAULT_TOP = 10
_ADVERBS = {
    "yearly": "year", "quarterly": "quarter", "monthly": "month", "weekly": "week", "daily": "day",
    "hourly": "hour",
}  # fmt: skip
_ORDERS = frozenset({"show", "plot", "draw", "display", "give"})
_SHAPES = (Role.OVER_TIME, Role.MARK, Role.RELATION, Role.DISTRIBUTION)


def read_ranking(goal: Goal) -> None:
    """Account for "top 5", "5 countries with the highest", "which country has the most"."""
    for at in range(len(goal.pieces)):
        if goal.plays(at, Role.TOP):
            _read_top(goal, at)
        elif goal.plays(at, Role.SUPERLATIVE):
            _read_superlative(goal, at)
        elif goal.plays(at, Role.WHICH):
            _check_more(goal, at)
            goal.request.question |= not _asks_for_numbers(goal, at)
            goal.used.add(at)
            _read_key(goal, goal.after(at))


def _asks_for_numbers(goal: Goal, at: int) -> bool:
    """Whether "what" asks for the numbers, as in "what is the highest", and not for names."""
    following = goal.text(at + 1).lower()
    column = goal.column(goal.after(at))
    names = column is not None and is_nominal(column)
    is_what = goal.text(at).lower() == "what" and following in {"is", "was", "are", "were", "the"}
    return is_what and not names


def _check_more(goal: Goal, at: int) -> None:
    """Let "do men or women tip more on average" ask for all, but not "more horsepower"."""
    last = goal.after(at)
    closing = goal.piece(last) is None or goal.plays(last, Role.AGGREGATE)
    if goal.pieces[at].meaning(Role.WHICH) == "more" and not closing:
        raise goal.refuse(f"'{goal.text(at)}': what this asks for is not clear.")


def _read_top(goal: Goal, at: int) -> None:
    lowest = goal.pieces[at].meaning(Role.TOP) == "low"
    number = goal.after(at)
    n = goal.pieces[number].number if goal.plays(number, Role.NUMBER) else None
    goal.use(at)
    if n is not None:
        goal.use(number)
    _set_top(goal, int(n or _DEFAULT_TOP), lowest=lowest)
    _read_key(goal, goal.after(number) if n is not None else number)


def _set_top(goal: Goal, n: int, *, lowest: bool) -> None:
    if n < 1:
        raise goal.refuse("The goal asks for none.")
    if goal.request.top is not None and goal.request.top != Top(n, lowest):
        raise goal.refuse("The goal asks for two rankings.", "Ask for one at a time.")
    goal.request.top = Top(n, lowest)


def _read_superlative(goal: Goal, at: int) -> None:
    """Read "highest": a ranking where a number or a key is asked for, else the maximum."""
    way = goal.pieces[at].meaning(Role.SUPERLATIVE) or "high"
    number = next(
        (i for i in (goal.before(at), goal.after(at)) if goal.plays(i, Role.NUMBER)), None
    )
    if number is None:
        number = _number_of_key(goal)
    goal.request.superlative = way
    goal.use(at)
    if number is None:
        _read_largest(goal, at)
        return
    goal.use(number)
    _set_top(goal, int(goal.pieces[number].number or 0), lowest=way == "low")
    for beside in (goal.after(number), goal.after(at)):
        _read_key(goal, beside)


def _number_of_key(goal: Goal) -> int | None:
    """Find the 5 of "the 5 countries with the highest"."""
    for at, piece in enumerate(goal.pieces):
        column = goal.column(goal.after(at)) if goal.plays(at, Role.NUMBER) else None
        if column is not None and is_nominal(column) and piece.number:
            return at
    return None


def _read_largest(goal: Goal, at: int) -> None:
    """Read "largest countries by population", "states with the most airports" as rankings."""
    link = goal.before(at)
    named = [goal.after(at), *([goal.before(link)] if goal.plays(link, Role.WITH) else [])]
    for beside in named:
        column = goal.column(beside)
        if column is not None and is_nominal(column) and not goal.request.keys:
            _set_top(goal, _DEFAULT_TOP, lowest=goal.request.superlative == "low")
            _read_key(goal, beside)


def _read_key(goal: Goal, at: int) -> None:
    beside = goal.piece(at)
    if beside is not None and beside.cells:
        at = goal.after(at)
    column = goal.column(at)
    if column is not None and (is_nominal(column) or is_time(column)):
        goal.use(at)
        _add_key(goal, Key(column.name))
    elif goal.plays(at, Role.UNIT) and goal.request.question:
        goal.use(at)
        _add_key(goal, _time_key(goal, goal.pieces[at].meaning(Role.UNIT) or ""))


def _add_key(goal: Goal, key: Key) -> None:
    if key not in goal.request.keys:
        goal.request.keys.append(key)


def _time_key(goal: Goal, unit: str) -> Key:
    column = goal.time_column()
    goal.request.adverb |= unit in _ADVERBS
    return Key(column.name, _ADVERBS.get(unit, unit))


def read_roles(goal: Goal) -> None:
    """Account for measures, keys, colour, aggregate and mark, from left to right."""
    _read_words(goal)
    role = ""
    for at, piece in enumerate(goal.pieces):
        if at in goal.used:
            role = "" if _begins_anew(goal, at) else role
            if piece.columns and any(key.column in piece.columns for key in goal.request.keys):
                role = "key" if role == "key" else role
            continue
        if piece.columns or piece.plays(Role.UNIT):
            _place(goal, at, role)
            continue
        role = _next_role(goal, at, role)


def _begins_anew(goal: Goal, at: int) -> bool:
    """Whether what follows is drawn: "for each year, what was the average"."""
    anew = goal.pieces[at].plays(Role.WHICH, Role.AGGREGATE)
    before = goal.piece(goal.before(at))
    return anew and before is not None and not before.plays(Role.BY)


def _next_role(goal: Goal, at: int, role: str) -> str:
    """Return what the columns that follow the piece at ``at`` are."""
    if goal.plays(at, Role.COLOUR):
        goal.used.add(at)
        if goal.pieces[at + 1 : at + 2] and goal.text(at + 1) in {"=", "=="}:
            goal.used.add(at + 1)
        return "colour"
    if goal.plays(at, Role.VERSUS) and not goal.plays(at, Role.YEARS):
        goal.used.add(at)
        goal.request.relation = goal.request.relation or "yx"
        return "versus"
    if goal.plays(at, Role.BY):
        goal.used.add(at)
        return "key"
    if goal.text(at).lower().split()[0] in _ORDERS:
        return ""
    if goal.plays(at, Role.AND, Role.STOP, Role.ENTITY, Role.SOFT, Role.APART):
        return role
    return "with" if goal.plays(at, Role.WITH) else ""


def _read_words(goal: Goal) -> None:
    """Account for the words that need no neighbour."""
    request = goal.request
    for at, piece in enumerate(goal.pieces):
        if goal.plays(at, Role.AGGREGATE):
            _read_aggregate(goal, at)
        elif goal.plays(at, Role.COUNT):
            read_count(goal, at)
        elif goal.plays(at, *_SHAPES):
            _read_over_time(goal, at)
            request.mark = piece.meaning(Role.MARK) or request.mark
            request.relation = piece.meaning(Role.RELATION) or request.relation
            distribution = piece.meaning(Role.DISTRIBUTION)
            if distribution is not None:
                request.distribution = distribution or "distribution"
        else:
            continue
        goal.used.add(at)


def _read_over_time(goal: Goal, at: int) -> None:
    """Read "the rise of" as over time, unless its size is asked for."""
    rise = goal.pieces[at].meaning(Role.OVER_TIME)
    ranks = (Role.SUPERLATIVE, Role.TOP, Role.AGGREGATE, Role.COUNT)
    before = goal.piece(goal.before(at))
    sized = before is not None and before.plays(*ranks)
    if rise and (sized or goal.request.superlative or goal.request.top or goal.request.question):
        raise goal.refuse(f"'{goal.text(at)}': differences are not offered.")
    goal.request.over_time |= rise is not None


def _read_aggregate(goal: Goal, at: int) -> None:
    aggregate = cast("Aggregate", goal.pieces[at].meaning(Role.AGGREGATE))
    if goal.request.aggregate not in {"", aggregate}:
        raise goal.refuse(
            f"The goal asks for the {goal.request.aggregate} and the {aggregate}.",
            "Ask for one of them.",
        )
    goal.request.aggregate = aggregate


def _place(goal: Goal, at: int, role: str) -> None:
    """Give the column or time unit at ``at`` its place in the chart."""
    column = goal.column(at)
    if column is None:
        _place_unit(goal, at, role)
        return
    piece = goal.pieces[at]
    following = goal.piece(at + 1)
    if piece.weak and role != "key" and following and (following.columns or following.cells):
        goal.used.add(at)
        return
    goal.use(at)
    if role == "colour":
        goal.request.colour = column.name
    elif is_measure(column):
        _place_measure(goal, column, role)
    elif is_time(column) or is_nominal(column):
        _place_key(goal, at, column, role)
    else:
        raise goal.refuse(f"The column {quote(column.name)} is empty.")


def _place_measure(goal: Goal, column: Column, role: str) -> None:
    request = goal.request
    ranked = request.top is not None or request.superlative
    if role == "key" and not (ranked and request.keys):
        _add_key(goal, Key(column.name))
    elif column.name not in request.measures:
        request.measures.append(column.name)


def _place_key(goal: Goal, at: int, column: Column, role: str) -> None:
    request = goal.request
    if request.distribution or role in {"key", "versus"} or request.relation or is_time(column):
        _add_key(goal, Key(column.name))
    elif request.filter_on(column.name) or any(k.column == column.name for k in request.keys):
        return
    elif goal.plays(goal.after(at), Role.VERSUS) or _compares(goal):
        _add_key(goal, Key(column.name))
    else:
        raise goal.refuse(
            f"What {quote(column.name)} is for is not clear.",
            f"Say 'by {quote(column.name)[1:-1]}' to group by it.",
        )


def _compares(goal: Goal) -> bool:
    return any(piece.text.lower().startswith(("compar", "differ")) for piece in goal.pieces)


def _place_unit(goal: Goal, at: int, role: str) -> None:
    unit = goal.pieces[at].meaning(Role.UNIT) or ""
    filtered = any(f.part or f.operator for f in goal.request.filters)
    if role == "key" or unit in _ADVERBS:
        goal.used.add(at)
        _add_key(goal, _time_key(goal, unit))
    elif unit == "day" and filtered and not goal.request.keys and goal.request.aggregate == "count":
        goal.used.add(at)
    elif is_row_step(goal, at):
        goal.used.add(at)
        if goal.request.aggregate == "count" and not goal.request.counted:
            return


def ambiguous(goal: Goal) -> str:
    """Return the complaint about the first piece that fits several columns, "" for none."""
    for at, piece in enumerate(goal.pieces):
        if at not in goal.used and len(piece.columns) > 1:
            return f"'{piece.text}' can mean {either(piece.columns)}."
    return ""
