"""Which stretch of time a goal means by year, month or week."""

from __future__ import annotations

from critique_loop.values import Column, ColumnKind, Table
from critique_loop.writers.request import (
    Key,
    Request,
    is_time,
    is_year,
    quote,
    refusal,
    years_of,
)

_STEPS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
_REPEATING = {"month": "month_of_year", "quarter": "quarter_of_year"}


def time_keys(keys: list[Key], request: Request, table: Table) -> list[Key]:
    """Return ``keys`` with the unit of each time key decided, and time added if it is meant.

    Raises:
        WriterGaveUp: the table does not tell that unit, or it could mean two.
    """
    times = [key for key in keys if is_time(table.column(key.column))]
    if request.over_time and not times:
        keys = [Key(_time_column(request, table).name), *keys]
    units = {key.column for key in keys if key.unit}
    keys = [key for key in keys if key.unit or key.column not in units]
    return list(dict.fromkeys(_decided(key, request, table) for key in keys))


def _time_column(request: Request, table: Table) -> Column:
    times = [column for column in table.columns if is_time(column)]
    filtered = [c for c in times if request.filter_on(c.name)]
    if len(times) == 1 or len(filtered) == 1:
        return (times if len(times) == 1 else filtered)[0]
    if not times:
        raise refusal("The goal speaks of time, and no column holds dates or years.", table)
    names = ", ".join(quote(column.name) for column in times)
    raise refusal(f"The goal speaks of time, which can mean {names}.", table, "Say which one.")


def _decided(key: Key, request: Request, table: Table) -> Key:
    column = table.column(key.column)
    if not is_time(column):
        return key
    unit = key.unit
    if is_year(column):
        if unit not in {"", "year", "decade"}:
            raise refusal(f"{quote(column.name)} tells years, no {_plain(unit)}s.", table)
        return Key(column.name, "decade" if unit == "decade" else "")
    if not unit:
        return Key(column.name, "year" if column.time_step == "year" else "")
    if unit in _STEPS and column.time_step in _STEPS:
        _check_finer(column, unit, table)
    if unit == "hour" and not (request.adverb or request.over_time):
        return Key(column.name, "hour_of_day")
    if unit == column.time_step and unit != "year":
        return Key(column.name)
    return Key(column.name, _repeating(column, unit, request, table))


def _plain(unit: str) -> str:
    return unit.replace("_of_year", "")


def _check_finer(column: Column, unit: str, table: Table) -> None:
    if _STEPS.index(unit) < _STEPS.index(column.time_step):
        raise refusal(
            f"{quote(column.name)} has one value per {column.time_step}, so no {unit}s.", table
        )


def _repeating(column: Column, unit: str, request: Request, table: Table) -> str:
    """Tell "by month" over several years: each month of each year, or the months of the year.

    With "monthly" or "over time" it is the former; for a mean, median, minimum or maximum the
    latter is the convention; for totals and counts there is none.
    """
    span = years_of(column)
    if unit not in {"month", "quarter", "week"} or span is None or span[0] == span[1]:
        return unit
    in_one = any(f.part == "year" and f.single for f in request.filters)
    if in_one or request.over_time or request.adverb or column.kind is not ColumnKind.TIME:
        return unit
    if unit != "week" and request.aggregate in {"mean", "median", "min", "max"}:
        return _REPEATING[unit]
    raise refusal(
        f"'{unit}' can mean every {unit} from {span[0]} to {span[1]}, or the {unit}s of a year.",
        table,
        f"Say '{unit}ly over time', or '{unit} of the year', or name one year.",
    )
