"""Reads which rows a goal is about: years, months, number comparisons, values of columns."""

from __future__ import annotations

from critique_loop.values import Column, ColumnKind
from critique_loop.writers.goal import Goal
from critique_loop.writers.request import Filter, either, is_yes_no, quote, years_of
from critique_loop.writers.vocabulary import MONTHS, Role

_FIRST_YEAR, _LAST_YEAR = 1500, 2200
_OPPOSITE = {">=": ">=", "<=": "<="}


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
    goal.request.filters.append(
        Filter(column.name, "in", tuple(sorted(months)), "month_of_year")
    )
    goal.use(at)


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
    operator = goal.pieces[before].meaning(Role.COMPARE) if goal.plays(before, Role.COMPARE) else ""
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
    if others or counting or goal.request.filters and _again(goal, at):
        goal.use(at)


def _again(goal: Goal, at: int) -> bool:
    return goal.pieces[at].columns[0] in goal.request.measures


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


def read_values(goal: Goal) -> None:
    """Account for values of columns: "in Europe", "without Japan", "smokers"."""
    excluding = False
    for at, piece in enumerate(goal.pieces):
        if goal.plays(at, Role.EXCLUDE):
            nearest = goal.after(at)
            excluding = _is_value(goal, nearest)
            if excluding:
                goal.use(at)
        elif at not in goal.used and (piece.cells or _is_value(goal, at)):
            _keep(goal, at, excluded=excluding)
        elif not piece.plays(Role.AND, Role.STOP, Role.IN):
            excluding = False


def _is_value(goal: Goal, at: int) -> bool:
    piece = goal.piece(at)
    if piece is None or at in goal.used:
        return False
    if piece.cells:
        return True
    column = goal.column(at)
    if column is None or not is_yes_no(column):
        return False
    plural = piece.text.lower().endswith("s") and not column.name.lower().endswith("s")
    return plural and not goal.plays(goal.before(at), Role.BY)


def _keep(goal: Goal, at: int, *, excluded: bool) -> None:
    piece = goal.pieces[at]
    name, value = _cell(goal, at)
    column = goal.table.column(name)
    if excluded and len(column.values) == 2 and is_yes_no(column):  # noqa: PLR2004 - yes and no
        value = next(other for other in column.values if other != value)
        excluded = False
    operator = "not in" if excluded else "in"
    same = [f for f in goal.request.filters if f.column == name and f.operator == operator]
    values = {value, *(str(v) for f in same for v in f.values)}
    for old in same:
        goal.request.filters.remove(old)
    ordered = tuple(v for v in column.values if v in values)
    goal.request.filters.append(Filter(name, operator, ordered))
    goal.used.add(at)
    beside = goal.piece(at - 1)
    if beside and name in beside.columns and at - 1 not in goal.used and not _by(goal, at - 1):
        goal.use(at - 1)
    del piece


def _by(goal: Goal, at: int) -> bool:
    return goal.plays(goal.before(at), Role.BY, Role.AND)


def _cell(goal: Goal, at: int) -> tuple[str, str]:
    piece = goal.pieces[at]
    if not piece.cells:
        column = goal.table.column(piece.columns[0])
        yes = next(v for v in column.values if v.lower() in {"yes", "true", "y"})
        return column.name, yes
    cells = list(dict.fromkeys(piece.cells))
    beside = {c for i in (at - 1, at + 1) for c in (goal.piece(i) or piece).columns}
    if len(cells) > 1:
        cells = [cell for cell in cells if cell.column in beside] or cells
    if len({(cell.column, cell.value) for cell in cells}) > 1:
        readings = [f"{cell.value} ({quote(cell.column)[1:-1]})" for cell in cells[:4]]
        raise goal.refuse(
            f"'{piece.text}' can mean {either(readings)}.", "Write the value as the table does."
        )
    return cells[0].column, cells[0].value
