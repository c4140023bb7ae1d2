"""Writes the lines of a program that read the table and keep the rows and groups asked for."""

from __future__ import annotations

import re

from critique_loop.values import Column, ColumnKind, Dialect, Table
from critique_loop.writers.request import Filter, Key, is_nominal
from critique_loop.writers.spec import Spec
from critique_loop.writers.vocabulary import MONTHS

_SCALES = (
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    MONTHS,
    ("very low", "low", "medium", "high", "very high"),
    ("xxs", "xs", "s", "m", "l", "xl", "xxl"),
    ("tiny", "small", "medium", "large", "huge"),
    ("never", "rarely", "sometimes", "often", "always"),
    ("strongly disagree", "disagree", "neutral", "agree", "strongly agree"),
    ("poor", "fair", "good", "very good", "excellent"),
    ("first", "second", "third", "fourth", "fifth"),
    ("spring", "summer", "autumn", "winter"),
    ("morning", "noon", "afternoon", "evening", "night"),
)
_RANGE = re.compile(r"[<>≤≥]?=?\s*(\d+(?:\.\d+)?)\s*(?:[-\u2013+%]|to\b|$)")
_SHORTEST_NAME = 2
_PARTS = {
    "year": "{}.dt.year",
    "quarter": '{}.dt.to_period("Q").dt.to_timestamp()',
    "month": '{}.dt.to_period("M").dt.to_timestamp()',
    "week": '{}.dt.to_period("W").dt.start_time',
    "day": "{}.dt.normalize()",
    "hour": '{}.dt.floor("h")',
    "hour_of_day": "{}.dt.hour",
    "weekday": "{}.dt.day_of_week",
    "month_of_year": "{}.dt.month",
    "quarter_of_year": "{}.dt.quarter",
}
_COMMON = Dialect()


def quoted(text: str) -> str:
    """Return ``text`` as a Python string literal, in double quotes where it can be."""
    literal = repr(text)
    plain = literal.startswith("'") and '"' not in literal
    return f'"{literal[1:-1]}"' if plain else literal


def number(value: float) -> str:
    """Return a number as a Python literal, whole numbers without a point."""
    return repr(int(value)) if float(value).is_integer() else repr(float(value))


def cell(name: str) -> str:
    """Return the expression of a column."""
    return f"data[{quoted(name)}]"


def read_lines(spec: Spec, table: Table) -> list[str]:
    """Return the lines that read the file, parse its dates and keep the rows asked for."""
    used = list(dict.fromkeys([*spec.columns, *(f.column for f in spec.filters)]))
    columns = [table.column(name) for name in used]
    lines = [f"data = pd.read_csv(CSV{_arguments(table.dialect)})"]
    for column in columns:
        if column.kind is ColumnKind.TIME:
            lines.append(_parsed(column, forgiving="dates" in spec.repairs))
        elif column.kind is ColumnKind.NUMBER and "numbers" in spec.repairs:
            name = cell(column.name)
            lines.append(f'{name} = pd.to_numeric({name}, errors="coerce")')
    infinite = [column.name for column in columns if column.infinite]
    if infinite:
        lines.append('data = data.replace([float("inf"), float("-inf")], float("nan"))')
    lines += [f"data = data[{_condition(f, table)}]" for f in spec.filters]
    lines += _complete(spec, table)
    return lines + _keys(spec, table)


def _arguments(dialect: Dialect) -> str:
    said = [
        ("sep", dialect.separator, _COMMON.separator),
        ("encoding", dialect.encoding, _COMMON.encoding),
        ("decimal", dialect.decimal, _COMMON.decimal),
        ("thousands", dialect.thousands, _COMMON.thousands),
    ]
    return "".join(
        f", {name}={quoted(value)}" for name, value, common in said if value and value != common
    )


def _parsed(column: Column, *, forgiving: bool) -> str:
    name = cell(column.name)
    style = f", format={quoted(column.time_format)}" if column.time_format else ""
    errors = ', errors="coerce"' if forgiving else ""
    zoned = "%z" in (column.time_format or "")
    utc, plain = (", utc=True", ".dt.tz_localize(None)") if zoned else ("", "")
    texts = f"{name}.astype(str)" if column.whole_numbers else name
    return f"{name} = pd.to_datetime({texts}{style}{utc}{errors}){plain}"


def _condition(rows: Filter, table: Table) -> str:
    column = table.column(rows.column)
    subject = cell(rows.column)
    if rows.part:
        subject = _PARTS[rows.part].format(subject)
    elif column.kind is ColumnKind.BOOLEAN:
        subject += ".astype(str)"
    values = [quoted(v) if isinstance(v, str) else number(v) for v in rows.values]
    if rows.operator == "between":
        return f"{subject}.between({values[0]}, {values[1]})"
    if rows.operator in {"in", "not in"} and len(values) > 1:
        kept = f"{subject}.isin([{', '.join(values)}])"
        return f"~{kept}" if rows.operator == "not in" else kept
    sign = {"in": "==", "not in": "!="}.get(rows.operator, rows.operator)
    return f"{subject} {sign} {values[0]}"


def _complete(spec: Spec, table: Table) -> list[str]:
    """Leave out rows that can't be drawn; several measures keep their own gaps."""
    drawn = [n for n in spec.columns if not (spec.wide and n in spec.measures)]
    missing = [
        name
        for name in drawn
        if table.column(name).missing or table.column(name).infinite or spec.repairs
    ]
    if not missing:
        return []
    names = ", ".join(quoted(name) for name in missing)
    return [f"data = data.dropna(subset=[{names}])"]


def _keys(spec: Spec, table: Table) -> list[str]:
    lines: list[str] = []
    for key in (spec.key, spec.series):
        if key is None:
            continue
        column = table.column(key.column)
        name = cell(key.column)
        order = natural_order(column)
        if order:
            values = ", ".join(quoted(value) for value in order)
            lines.append(f"{name} = pd.Categorical({name}, [{values}], ordered=True)")
        elif key.unit == "decade":
            year = name if column.kind is ColumnKind.NUMBER else f"{name}.dt.year"
            lines.append(f"decade = {year} // 10 * 10")
        elif key.unit:
            into = name if _in_place(key, table) else key.unit
            lines.append(f"{into} = {_PARTS[key.unit].format(name)}")
        elif column.kind is ColumnKind.NUMBER and column.whole_numbers and column.missing:
            lines.append(f"{name} = {name}.astype(int)")
    return lines


def _in_place(key: Key, table: Table) -> bool:
    return key.unit == "year" and table.column(key.column).time_step == "year"


def grouper(key: Key, table: Table) -> str:
    """Return what ``groupby`` is given for a key: a column's name, or a variable."""
    if not key.unit or _in_place(key, table):
        return quoted(key.column)
    return key.unit


def natural_order(column: Column) -> tuple[str, ...]:
    """Return the values in their own order if they have one (weekdays, sizes, age ranges)."""
    if not is_nominal(column) or not column.values_complete or len(column.values) <= 1:
        return ()
    if column.kind is ColumnKind.BOOLEAN:
        return ()
    folded = {value: value.strip().lower() for value in column.values}
    for scale in _SCALES:
        places = {value: _place(word, scale) for value, word in folded.items()}
        if -1 not in places.values() and len(set(places.values())) == len(places):
            return tuple(sorted(places, key=lambda value: places[value]))
    starts = {value: _RANGE.match(word) for value, word in folded.items()}
    if all(starts.values()):
        firsts = {value: float(match[1]) for value, match in starts.items() if match}
        return tuple(sorted(firsts, key=lambda value: firsts[value]))
    return ()


def _place(word: str, scale: tuple[str, ...]) -> int:
    if word in scale:
        return scale.index(word)
    calendar = scale[0] in {"monday", "january"}
    if calendar and len(word) >= _SHORTEST_NAME:
        starts = [i for i, name in enumerate(scale) if name.startswith(word.rstrip("."))]
        return starts[0] if len(starts) == 1 else -1
    return -1
