"""Plans the chart that answers a request, by the type rules of Draco, Show Me and CompassQL.

Numbers over time are lines, numbers by name bars, two numbers points, one number a histogram
(Mackinlay et al. 2007, "Show Me"; Wongsuphasawat et al. 2016, "CompassQL"; Moritz et al. 2019,
"Draco"). Where a goal leaves open what would change the numbers, it is refused.
"""

from __future__ import annotations

from dataclasses import replace

from critique_loop.values import ColumnKind, Table
from critique_loop.writers.aggregates import choose_aggregate
from critique_loop.writers.layout import lay_out, steps_of
from critique_loop.writers.request import (
    Key,
    Request,
    Top,
    is_measure,
    is_nominal,
    is_time,
    quote,
    refusal,
)
from critique_loop.writers.spec import Mark, Spec
from critique_loop.writers.units import time_keys

MOST_SERIES = 8
_MOST_STEPS = 15
_MOST_BARS, _MOST_FILTERED_BARS = 60, 200
_SHOWN_OF_MANY = 10
_MANY_BARS = 30
_FEW_YEARS = 3
_BAR_UNITS = ("weekday", "quarter_of_year", "decade")


def plan(request: Request, table: Table) -> Spec:
    """Return the chart that answers ``request``.

    Raises:
        WriterGaveUp: no chart does, or two would show different numbers.
    """
    if request.distribution and (request.measures or request.distribution == "histogram"):
        spec = _histogram(request, table)
    elif _is_scatter(request, table):
        spec = _scatter(request, table)
    else:
        spec = _grouped(request, table)
    return lay_out(spec, table)


def _base(request: Request, table: Table, mark: Mark) -> Spec:
    return Spec(
        mark, tuple(request.measures), filters=tuple(request.filters), wording=request.wording,
        not_used=tuple(request.not_used), thing=_thing(table),
    )  # fmt: skip


def _thing(table: Table) -> str:
    """Return what a row is called: days if there is one per day, the file's name, else "rows"."""
    for column in table.columns:
        if column.kind is ColumnKind.TIME and column.distinct == table.rows and column.time_step:
            return f"{column.time_step}s"
    name = table.name.rpartition(".")[0]
    return name.lower() if name.isalpha() and name.endswith("s") else "rows"


def _histogram(request: Request, table: Table) -> Spec:
    if len(request.measures) != 1 or request.keys or request.colour or request.top:
        raise refusal(
            "A histogram shows one column of numbers at a time.",
            table, "Ask for the distribution of one column, with a filter if need be.",
        )  # fmt: skip
    if request.aggregate not in {"", "count"} or request.mark not in {"", "bar"}:
        raise refusal("A distribution shows single rows, no aggregate.", table)
    return _base(request, table, "histogram")


def _is_scatter(request: Request, table: Table) -> bool:
    numeric = [k for k in request.keys if is_measure(table.column(k.column))]
    plain = not request.aggregate and not request.over_time and not request.top
    if request.mark == "scatter":
        return True
    if len(request.measures) == 2 and request.relation and plain:  # noqa: PLR2004 - x and y
        return not any(is_time(table.column(k.column)) for k in request.keys)
    steps = [k for k in numeric if not _is_stepped(table, k)]
    many = len(request.measures) == 1 == len(numeric) and len(request.keys) == 1
    return plain and many and (bool(steps) or bool(request.relation)) and not request.mark


def _is_stepped(table: Table, key: Key) -> bool:
    column = table.column(key.column)
    return column.whole_numbers and column.distinct <= _MOST_STEPS


def _scatter(request: Request, table: Table) -> Spec:
    numbers = [*request.measures]
    keys = list(request.keys)
    relation = request.relation or "xy"
    for key in list(keys):
        if is_measure(table.column(key.column)):
            keys.remove(key)
            numbers.append(key.column)
            relation = "yx"
    other = request.aggregate or request.over_time or request.top
    if len(numbers) != 2 or other:  # noqa: PLR2004 - x and y
        raise refusal(
            "Points need two columns of numbers, without an aggregate.",
            table, "Say 'X vs Y', and 'coloured by Z' if you like.",
        )  # fmt: skip
    x, y = numbers if relation == "xy" else reversed(numbers)
    colour = request.colour or (keys.pop(0).column if keys else "") or _compared(request, table)
    if keys and keys != [Key(colour)]:
        raise refusal("Points can be coloured by one column only.", table)
    if colour and is_measure(table.column(colour)) and not _is_stepped(table, Key(colour)):
        raise refusal(f"Colour stands for names; {quote(colour)} holds numbers.", table)
    spec = replace(_base(request, table, "scatter"), measures=(x, y))
    spec = replace(spec, series=_whole_key(colour, table) if colour else None)
    _check_series(spec, table)
    return spec


def _compared(request: Request, table: Table) -> str:
    """Return the column of which the goal names several values, "" if there is none."""
    several = [f.column for f in request.filters if f.operator == "in" and len(f.values) > 1]
    names = [name for name in several if not is_measure(table.column(name))]
    return names[0] if len(names) == 1 else ""


def _whole_key(column: str, table: Table) -> Key:
    """Return a column as what colours stand for: of dates, their years."""
    return Key(column, "year" if table.column(column).kind is ColumnKind.TIME else "")


def _grouped(request: Request, table: Table) -> Spec:
    _complete_count(request, table)
    keys = _keys(request, table)
    if not request.measures and request.aggregate not in {"count", "nunique"}:
        raise refusal(
            "The goal does not say which numbers to draw.",
            table, "Name a column of numbers, or ask for the number of rows.",
        )  # fmt: skip
    if request.measures and request.aggregate in {"count", "nunique"}:
        raise refusal("The goal asks for a count and for a column of numbers.", table)
    if not keys:
        raise refusal(
            "The goal does not say by what.",
            table, "Add 'by <category>', 'over time', or ask for a distribution.",
        )  # fmt: skip
    key, series = _ordered(keys, table, request)
    spec = replace(_base(request, table, "bar"), key=key, series=series, counted=request.counted)
    spec = choose_aggregate(spec, request, table)
    spec = replace(spec, top=_top(spec, request, table), mark=_mark(spec, request, table))
    _check_series(spec, table)
    _check_size(spec, request, table)
    return spec


def _complete_count(request: Request, table: Table) -> None:
    """Read a breakdown of names, and "the most airports", as counts."""
    named = [k for k in request.keys if is_nominal(table.column(k.column))]
    counted = request.distribution or (request.superlative and _thing(table) != "rows")
    if counted and named and not request.measures and not request.aggregate:
        request.aggregate = "count"


def _keys(request: Request, table: Table) -> list[Key]:
    keys = [*request.keys, *([Key(request.colour)] if request.colour else [])]
    ranged = any(
        is_time(table.column(f.column)) and f.operator not in {"in", "not in"}
        for f in request.filters
    )
    request.over_time |= request.developing or (ranged and not keys and bool(request.measures))
    keys = time_keys(list(dict.fromkeys(keys)), request, table)
    several = _compared(request, table)
    if several and all(k.column != several for k in keys):
        years = is_time(table.column(several))
        plain = [k for k in keys if not is_time(table.column(k.column))]
        if plain and not years and not request.relation and not request.apart:
            raise refusal(
                f"The values of {quote(several)} can be drawn apart or taken together.",
                table, f"Say 'by {plain[0].column} and {several}' to draw them apart.",
            )  # fmt: skip
        keys.append(_whole_key(several, table))
    return keys


def _ordered(keys: list[Key], table: Table, request: Request) -> tuple[Key, Key | None]:
    """Return x and series: time or the many on x, the few as series."""
    several = len(keys) > 1 and len(request.measures) > 1
    if len(keys) > 2 or several:  # noqa: PLR2004 - x and colour
        raise refusal("The goal groups by more columns than one chart shows.", table)
    for key in keys:
        column = table.column(key.column)
        if is_measure(column) and not _is_stepped(table, key):
            raise refusal(
                f"{quote(key.column)} holds too many different numbers to group by.",
                table, "Ask for the two columns against each other instead.",
            )  # fmt: skip
    if len(keys) == 1:
        return keys[0], None
    keys = sorted(keys, key=lambda key: not _is_axis(key, request, table))
    few = _groups(keys[0], request, table) < _groups(keys[1], request, table)
    if few and not _is_axis(keys[0], request, table):
        keys.reverse()
    return keys[0], keys[1]


def _is_axis(key: Key, request: Request, table: Table) -> bool:
    column = table.column(key.column)
    kept = request.filter_on(key.column)
    picked = kept is not None and kept.operator == "in" and len(kept.values) <= _FEW_YEARS
    return is_time(column) and not picked and (bool(key.unit) or column.distinct > _FEW_YEARS)


def _groups(key: Key, request: Request, table: Table) -> int:
    kept = request.filter_on(key.column)
    return len(kept.values) if kept and kept.operator == "in" else table.column(key.column).distinct


def _mark(spec: Spec, request: Request, table: Table) -> Mark:
    key = spec.key
    if key is None:
        return "bar"
    column = table.column(key.column)
    ordered = is_time(column) and key.unit not in _BAR_UNITS
    few = steps_of(spec, table) <= _FEW_YEARS
    if request.mark in {"bar", "horizontal"}:
        return "bar"
    if request.mark == "line" and (is_time(column) or is_measure(column)):
        return "line"
    if request.mark == "line":
        raise refusal(
            f"A line would suggest an order that {quote(key.column)} does not have.",
            table, "Ask for bars.",
        )  # fmt: skip
    return "line" if ordered and not few and spec.top is None else "bar"


def _top(spec: Spec, request: Request, table: Table) -> Top | None:
    if request.top is not None and (spec.series is not None or spec.wide):
        raise refusal("A ranking is drawn for one column of numbers by one of names.", table)
    if request.top is None and request.question and spec.key and spec.series is None:
        column = table.column(spec.key.column)
        if is_nominal(column) and column.distinct > _MANY_BARS and not spec.wide:
            return Top(_SHOWN_OF_MANY, request.superlative == "low")
    return request.top


def _check_series(spec: Spec, table: Table) -> None:
    if spec.series is None:
        number = len(spec.measures) if spec.wide else 0
        said = "columns"
    else:
        column = table.column(spec.series.column)
        kept = next((f for f in spec.filters if f.column == column.name), None)
        number = len(kept.values) if kept and kept.operator == "in" else column.distinct
        said = f"values of {quote(column.name)}"
    if number > MOST_SERIES:
        raise refusal(
            f"{number} {said} can't be told apart by colour.",
            table, f"Name at most {MOST_SERIES} of them.",
        )  # fmt: skip


def _check_size(spec: Spec, request: Request, table: Table) -> None:
    if spec.mark != "bar" or spec.key is None or spec.top is not None or spec.key.unit:
        return
    bars = _groups(spec.key, request, table)
    kept = [f.column for f in spec.filters if f.operator != "not in" and not f.part]
    narrowed = any(c != spec.key.column and not is_time(table.column(c)) for c in kept)
    if bars > (_MOST_FILTERED_BARS if narrowed else _MOST_BARS):
        name = quote(spec.key.column)
        raise refusal(
            f"{name} has {bars} values, too many for one chart.",
            table, f"Ask for the top 10, or name some values of {name}.",
        )  # fmt: skip
