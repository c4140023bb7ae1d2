"""Reads which years and months a goal is about."""

from __future__ import annotations

from critique_loop.values import Column, ColumnKind
from critique_loop.writers.goal import Goal
from critique_loop.writers.request import Filter, quote, years_of
from critique_loop.writers.vocabulary import MONTHS, Role

_FIRST_YEAR, _LAST_YEAR = 1500, 2200


def read_years(goal: Goal) -> None:
    """Account for years: "in 2007", "since 1975", "between 1990 and 2000", "the 1990s"."""
    for at in range(len(goal.pieces)):
        if at not in goal.used and _is_year(goal, at):
            _read_year(goal, at)
    for at in range(len(goal.pieces)):
        month = goal.pieces[at].meaning(Role.MONTH) if at not in goal.used else None
        if month and goal.plays(goal.before(at), Role.IN, Role.AND):
            _read_month(goal, at, int(month))


def _is_year(goal: Goal, at: int) -> bool:
    piece = goal.pieces[at]
    number = piece.number
    if number is None or number != int(number) or not _FIRST_YEAR <= number <= _LAST_YEAR:
        return False
    if not piece.text[:4].isdigit() or goal.measure(at + 1) is not None:
        return False
    before = goal.before(at)
    if goal.plays(before, Role.UNIT) and goal.pieces[before].meaning(Role.UNIT) == "year":
        before = goal.before(before)
    if goal.plays(before, Role.COMPARE) and not goal.plays(before, Role.YEARS):
        return False
    joined = goal.plays(before, Role.BETWEEN, Role.YEARS, Role.FROM)
    return not (joined and goal.measure(goal.before(before)) is not None and _scaled(goal, before))


def _scaled(goal: Goal, before: int) -> bool:
    """Whether years would be ordinary values of the measure that stands before them."""
    measure = goal.measure(goal.before(before))
    low, high = (measure.minimum, measure.maximum) if measure else (None, None)
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return False
    return low < _LAST_YEAR and high > _FIRST_YEAR and not _has_time(goal)


def _has_time(goal: Goal) -> bool:
    return any(years_of(column) for column in goal.table.columns)


def _read_year(goal: Goal, at: int) -> None:
    column = goal.time_column()
    before = goal.before(at)
    if goal.plays(before, Role.UNIT):
        goal.use(before)
        before = goal.before(before)
    year = int(goal.pieces[at].number or 0)
    link = goal.after(at)
    last = goal.after(link)
    ranged = goal.plays(link, Role.TO) or (
        goal.plays(link, Role.AND) and goal.plays(before, Role.BETWEEN)
    )
    if goal.pieces[at].plural:
        _add_year(goal, column, "between", (year, year + 9))
    elif ranged and goal.plays(last, Role.NUMBER):
        end = int(goal.pieces[last].number or 0)
        _add_year(goal, column, "between", (min(year, end), max(year, end)))
        goal.use(link, last)
    else:
        operator = goal.pieces[before].meaning(Role.YEARS) if goal.plays(before, Role.YEARS) else ""
        if goal.text(before).lower() == "from" and "onward" not in goal.text(at + 1).lower():
            raise goal.refuse(
                f"'from {year}' can mean in {year} or since {year}.",
                f"Say 'in {year}' or 'since {year}'.",
            )
        _add_year(goal, column, operator or "in", (year,))
    goal.use(at)
    if goal.plays(before, Role.YEARS, Role.IN, Role.BETWEEN, Role.FROM):
        goal.use(before)


def _add_year(goal: Goal, column: Column, operator: str, years: tuple[int, ...]) -> None:
    part = "year" if column.kind is ColumnKind.TIME else ""
    _check_covered(goal, column, operator, years)
    same = [f for f in goal.request.filters if f.column == column.name and f.operator == "in"]
    if operator == "in" and same:
        goal.request.filters.remove(same[0])
        years = tuple(sorted({*years, *(int(value) for value in same[0].values)}))
    goal.request.filters.append(Filter(column.name, operator, years, part))


def _check_covered(goal: Goal, column: Column, operator: str, years: tuple[int, ...]) -> None:
    span = years_of(column)
    if span is None:
        return
    first, last = span
    outside = {
        "in": not first <= years[0] <= last,
        ">=": years[0] > last,
        ">": years[0] >= last,
        "<=": years[0] < first,
        "<": years[0] <= first,
        "between": years[0] > last or years[-1] < first,
    }[operator]
    gaps = column.distinct - 1
    step = (last - first) // gaps if gaps > 0 and (last - first) % gaps == 0 else 0
    yearly = step > 1 and column.values_complete
    if outside or (operator == "in" and yearly and (years[0] - first) % step):
        every = f", every {step} years" if yearly else ""
        raise goal.refuse(
            f"There are no rows for {' to '.join(map(str, years))}: {quote(column.name)} goes from"
            f" {first} to {last}{every}.",
            "Ask for years that are in the table.",
        )


def _read_month(goal: Goal, at: int, month: int) -> None:
    column = goal.time_column()
    if column.kind is not ColumnKind.TIME or column.time_step == "year":
        raise goal.refuse(f"{MONTHS[month - 1].title()} can't be told: there are no months.")
    same = [f for f in goal.request.filters if f.part == "month_of_year"]
    months = {float(month), *(float(value) for f in same for value in f.values)}
    for old in same:
        goal.request.filters.remove(old)
    goal.request.filters.append(Filter(column.name, "in", tuple(sorted(months)), "month_of_year"))
    goal.use(at)
