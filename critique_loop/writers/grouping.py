"""Writes the lines of a program that turn rows into the values that are drawn."""

from __future__ import annotations

from critique_loop.values import ColumnKind, Table
from critique_loop.writers.preparing import cell, grouper, natural_order, quoted
from critique_loop.writers.request import is_nominal
from critique_loop.writers.spec import Spec

SHORT_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
SHORT_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_NAMES = {
    "month_of_year": "[MONTHS[month - 1] for month in values.index]",
    "weekday": "[DAYS[day] for day in values.index]",
    "quarter_of_year": '[f"Q{quarter}" for quarter in values.index]',
    "quarter": '[f"{start:%Y} Q{start.quarter}" for start in values.index]',
    "decade": '[f"{decade}s" for decade in values.index]',
}
_LONGEST_LINE = 96
_SORTED = ".sort_index()"
_STAMPS = {"month": "%b %Y", "week": "%d %b %Y", "day": "%d %b %Y", "": "%d %b %Y"}


def value_lines(spec: Spec, table: Table) -> list[str]:
    """Return the lines that compute ``values``: one number per mark, series as columns."""
    if spec.series is None and not spec.wide:
        return _chained(f"values = {_single(spec, table)}", _ranked(spec, table))
    if spec.wide:
        lines = [f"values = {_wide(spec, table)}"]
    else:
        lines = [f"values = {_crossed(spec, table)}"]
    if spec.mark == "line":
        return [*lines, *_last_first(spec, table)]
    return [*lines, *_rows_sorted(spec, table)]


def _grouped(spec: Spec, table: Table, *keys: str) -> str:
    ordered = [k for k in (spec.key, spec.series) if k and natural_order(table.column(k.column))]
    observed = ", observed=True" if ordered else ""
    by = keys[0] if len(keys) == 1 else f"[{', '.join(keys)}]"
    return f"data.groupby({by}{observed})"


def _key(spec: Spec, table: Table) -> str:
    return grouper(spec.key, table) if spec.key else ""


def _reduced(spec: Spec, grouped: str) -> str:
    if spec.aggregate == "count":
        return f"{grouped}.size()"
    column = spec.counted or spec.measures[0]
    return f"{grouped}[{quoted(column)}].{spec.aggregate}()"


def _single(spec: Spec, table: Table) -> str:
    key = _key(spec, table)
    if not spec.aggregate:
        return f"data.set_index({key})[{quoted(spec.measures[0])}]{_in_order(spec, table)}"
    return _reduced(spec, _grouped(spec, table, key))


def _in_order(spec: Spec, table: Table) -> str:
    names = spec.key is not None and is_nominal(table.column(spec.key.column))
    return "" if names and (spec.top or not natural_order(table.column(_name(spec)))) else _SORTED


def _name(spec: Spec) -> str:
    return spec.key.column if spec.key else ""


def _wide(spec: Spec, table: Table) -> str:
    columns = f"[[{', '.join(quoted(name) for name in spec.measures)}]]"
    key = _key(spec, table)
    if not spec.aggregate:
        return f"data.set_index({key}){columns}{_in_order(spec, table)}"
    return f"{_grouped(spec, table, key)}{columns}.{spec.aggregate}()"


def _crossed(spec: Spec, table: Table) -> str:
    key = _key(spec, table)
    series = grouper(spec.series, table) if spec.series else ""
    if not spec.aggregate:
        return f"data.pivot(index={key}, columns={series}, values={quoted(spec.measures[0])})"
    fill = "fill_value=0" if spec.counts else ""
    return f"{_reduced(spec, _grouped(spec, table, key, series))}.unstack({fill})"


def _chained(line: str, ranked: str) -> list[str]:
    """Put the ranking behind the aggregation where the line stays short enough to read."""
    if not ranked or len(line + ranked) <= _LONGEST_LINE:
        return [line + ranked]
    return [line, f"values = values{ranked}"]


def _ranked(spec: Spec, table: Table) -> str:
    """Sort names by value, the largest first; what has an order of its own keeps it."""
    if spec.mark != "bar" or spec.key is None:
        return ""
    sideways = spec.look.horizontal
    if spec.top:
        cut = f".{'nsmallest' if spec.top.lowest else 'nlargest'}({spec.top.n})"
        return f"{cut}{'[::-1]' if sideways else ''}"
    column = table.column(spec.key.column)
    if is_nominal(column) and not natural_order(column):
        return f".sort_values({'' if sideways else 'ascending=False'})"
    return "[::-1]" if sideways else ""


def _rows_sorted(spec: Spec, table: Table) -> list[str]:
    column = table.column(spec.key.column) if spec.key else None
    if column is None or not is_nominal(column) or natural_order(column):
        return ["values = values[::-1]"] if spec.look.horizontal else []
    way = "" if spec.look.horizontal else "ascending=False"
    return [f"values = values.loc[values.mean(axis=1).sort_values({way}).index]"]


def _last_first(spec: Spec, table: Table) -> list[str]:
    """Order lines as they end, so that the legend reads like the right edge of the chart."""
    if spec.series and natural_order(table.column(spec.series.column)):
        return []
    return [
        "last = values.ffill().iloc[-1].sort_values(ascending=False)",
        "values = values[last.index]",
    ]


def point_lines(spec: Spec) -> list[str]:
    """Return the lines that pick the drawn columns of points and histograms."""
    if spec.mark == "histogram":
        return [f"values = {cell(spec.measures[0])}"]
    return []


def label_expression(spec: Spec, table: Table) -> str:
    """Return the expression of the names below bars."""
    if spec.key is None:
        return ""
    unit, column = spec.key.unit, table.column(spec.key.column)
    if unit in _NAMES:
        return _NAMES[unit]
    if column.kind is ColumnKind.TIME and unit not in {"year", "hour_of_day"}:
        stamp = _STAMPS.get(unit or column.time_step, _STAMPS[""])
        return f'[f"{{start:{stamp}}}" for start in values.index]'
    return "[str(name) for name in values.index]"
