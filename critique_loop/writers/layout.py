"""Chooses size and direction of a chart from what the profile says of its labels."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.values import Table
from critique_loop.writers.request import is_nominal, years_of
from critique_loop.writers.spec import Look, Spec

_CHARACTER_IN = 0.085
_PLOT_SHARE = 0.8
_MOST_UPRIGHT = 12


def lay_out(spec: Spec, table: Table) -> Spec:
    """Return ``spec`` with the look that fits: sideways where names would not fit below bars."""
    return replace(spec, look=replace(spec.look, horizontal=_is_sideways(spec, table)))


def _is_sideways(spec: Spec, table: Table) -> bool:
    if spec.mark != "bar" or spec.key is None or spec.key.unit:
        return False
    column = table.column(spec.key.column)
    if not is_nominal(column):
        return False
    kept = next((f for f in spec.filters if f.column == column.name and f.operator == "in"), None)
    values = [str(v) for v in kept.values] if kept else list(column.values)
    shown = spec.top.n if spec.top else len(values) or column.distinct
    longest = max((len(value) for value in values), default=0)
    room = Look().width * _PLOT_SHARE / max(1, shown)
    return spec.top is not None or shown > _MOST_UPRIGHT or longest * _CHARACTER_IN > room


def steps_of(spec: Spec, table: Table) -> float:
    """Return about how many groups the key of a chart makes, at most."""
    if spec.key is None:
        return 0
    column = table.column(spec.key.column)
    span = years_of(column)
    years = span[1] - span[0] + 1 if span else 1
    if any(f.part == "year" and f.single for f in spec.filters):
        years = 1
    each = {"decade": 0.1, "year": 1, "quarter": 4, "month": 12, "week": 53}.get(spec.key.unit)
    fixed = {"weekday": 7, "month_of_year": 12, "quarter_of_year": 4, "hour_of_day": 24}
    if spec.key.unit in fixed:
        return fixed[spec.key.unit]
    return min(column.distinct, years * each if each else column.distinct)
