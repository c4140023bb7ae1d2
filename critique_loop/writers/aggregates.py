"""Decides how many rows become one mark where the goal does not say so."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import prod

from critique_loop.values import Column, Table
from critique_loop.writers.columns import content_words
from critique_loop.writers.request import (
    Request,
    is_nominal,
    is_time,
    quote,
    refusal,
)
from critique_loop.writers.spec import Spec
from critique_loop.writers.vocabulary import ADDITIVE, STOCKS

_LEAST_FILLED = 0.85
_FEW_SERIES = 10
_MOST_PANEL_KEYS = 3


def choose_aggregate(spec: Spec, request: Request, table: Table) -> Spec:
    """Return ``spec`` with its aggregate: the goal's; none for one row per mark; else the mean.

    Raises:
        WriterGaveUp: leaving it open would change the numbers in a way no convention decides.
    """
    aggregate = request.aggregate
    if aggregate == "sum":
        _check_stocks(spec, table)
    if aggregate or one_row_per_mark(spec, table):
        return replace(spec, aggregate=aggregate)
    names = ", ".join(quote(name) for name in spec.measures)
    if request.superlative and not request.question and request.top is None:
        return replace(spec, aggregate="min" if request.superlative == "low" else "max")
    ranked = request.question or request.top is not None
    if ranked or request.aggregate_in_name or _adds_up(spec):
        raise refusal(
            f"There are several rows for each mark, and the goal does not say how {names} is put"
            " together: average, total, maximum or another.",
            table, "Say 'average', 'total', 'median', 'maximum' or 'minimum' before the column.",
        )  # fmt: skip
    _check_lines(spec, table)
    return replace(spec, aggregate="mean")


def one_row_per_mark(spec: Spec, table: Table) -> bool:
    """Whether key, series and filters pick single rows, as far as the profile can tell.

    A set of columns picks single rows if one of them has as many values as the table rows, or if
    the products of their numbers of values is (nearly) the number of rows and one is time: then
    the table holds each combination once.
    """
    keys = [key for key in (spec.key, spec.series) if key]
    fixed = {f.column for f in spec.filters if f.single and f.part == ""}
    fixed |= {k.column for k in keys if _whole(k.unit, table.column(k.column))}
    years = {f.column for f in spec.filters if f.single and f.part == "year"}
    months = {f.column for f in spec.filters if f.single and f.part == "month_of_year"}
    fixed |= {name for name in years if table.column(name).time_step == "year"}
    fixed |= {name for name in years & months if table.column(name).time_step == "month"}
    columns = [table.column(name) for name in fixed]
    if any(c.distinct == table.rows and not c.missing for c in columns):
        return True
    for size in range(2, _MOST_PANEL_KEYS + 1):
        for some in combinations(columns, size):
            cells = prod(column.distinct for column in some)
            filled = table.rows / cells if cells else 0.0
            timed = any(is_time(column) for column in some)
            if timed and _LEAST_FILLED <= filled <= 1:
                return True
    return False


def _whole(unit: str, column: Column) -> bool:
    return not unit or unit == column.time_step


def _words(spec: Spec) -> set[str]:
    return {word for name in spec.measures for word in content_words(name)} | {
        word.lower() for name in spec.measures for word in spec.wording.get(name, "").split()
    }


def _adds_up(spec: Spec) -> bool:
    words = _words(spec)
    return bool(words & ADDITIVE) and not words & {"per", "rate", "price", "average", "mean"}


def _check_stocks(spec: Spec, table: Table) -> None:
    """Refuse to add up a level, as population, over years."""
    if not _words(spec) & STOCKS:
        return
    keys = {key.column for key in (spec.key, spec.series) if key}
    for column in table.columns:
        single = any(f.column == column.name and f.single for f in spec.filters)
        if is_time(column) and column.distinct > 1 and column.name not in keys and not single:
            raise refusal(
                f"{quote(spec.measures[0])} is a level; adding it up over {quote(column.name)}"
                " means nothing.",
                table, "Name one year, or add 'over time'.",
            )  # fmt: skip


def _check_lines(spec: Spec, table: Table) -> None:
    """Refuse a mean over a few series that could as well be lines of their own."""
    if spec.key is None or spec.series is not None or not is_time(table.column(spec.key.column)):
        return
    for column in table.columns:
        few = is_nominal(column) and 1 < column.distinct <= _FEW_SERIES
        narrowed = any(f.column == column.name for f in spec.filters)
        apart = replace(spec, series=replace(spec.key, column=column.name, unit=""))
        if few and not narrowed and one_row_per_mark(apart, table):
            raise refusal(
                f"{quote(spec.measures[0])} can be drawn as one line for each"
                f" {quote(column.name)}, or as one line of averages.",
                table, f"Say 'by {column.name}', or 'average {spec.measures[0]}'.",
            )  # fmt: skip
