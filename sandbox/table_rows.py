"""Which rows of the table a chart may be about: those that its texts ask for, and others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from goal_reading import Claims
from goal_values import RowFilter
from table_found import Rows
from table_keys import calendar_keys, is_years, own_key
from table_reading import Flags, SourceTable

_MOST_TOGETHER = 3
_MOST_VALUES = 40
_MOST_YEARS = 130
_FEWEST_LEFT = 0.5
COMPLETE = "no value is missing"


def asked_rows(goal: Claims, texts: Sequence[Claims], table: SourceTable) -> tuple[Rows, ...]:
    """Sets of rows in the order to try: all that is asked for first, all rows, then parts."""
    wanted = _telling(goal.filters)
    said = _telling([one for claims in texts for one in claims.filters])
    fresh = [one for one in said if one.text not in {other.text for other in wanted}]
    choices: list[tuple[RowFilter, ...]] = []
    if fresh:
        choices += [(*wanted, *fresh), *((*wanted, one) for one in fresh)]
    choices = [tuple(wanted), *choices, ()] if wanted else [*choices, ()]
    if fresh and not wanted:
        choices = [(), *choices]
    for size in range(min(len(wanted), _MOST_TOGETHER), 0, -1):
        choices += combinations(wanted, size)
    choices += [(one,) for one in fresh]
    rows = [rows_of(choice) for choice in _unique(choices)]
    return (*rows, *_complete(goal, table, rows[0]))


def rows_of(filters: Sequence[RowFilter]) -> Rows:
    """The rows that all filters keep."""
    mask: Flags | None = None
    for one in filters:
        mask = one.mask if mask is None else mask & one.mask
    return Rows(tuple(filters), mask)


def other_rows(goal: Claims, table: SourceTable) -> Iterator[Rows]:
    """Rows that nobody asked for, but a chart may show by mistake: another value, another year."""
    for column in table.columns:
        kept = tuple(one for one in _telling(goal.filters) if one.column != column.name)
        for text, mask in _groups_of(table, column.name):
            found = RowFilter(column.name, f"{column.name} is {text}", text, mask, (text,))
            yield rows_of((*kept, found))


def _groups_of(table: SourceTable, name: str) -> Iterator[tuple[str, Flags]]:
    """The categories or the years of a column, each with its rows."""
    column = table.column(name)
    if column is None:
        return
    if column.codes is not None and not column.dated:
        for code, text in enumerate(column.texts if len(column.texts) <= _MOST_VALUES else ()):
            yield text, column.codes == code
        return
    key = own_key(column) if is_years(column) else None
    if column.dated:
        key = next(key for key in calendar_keys(column) if key.unit == "year")
    if key is not None and key.places is not None and key.size <= _MOST_YEARS:
        for code in range(key.size):
            yield f"{float(key.places[code]):.0f}", key.codes == code


def _telling(filters: Sequence[RowFilter]) -> list[RowFilter]:
    """The filters that keep some rows but not all, each once."""
    once = {one.text: one for one in filters}
    return [one for one in once.values() if one.mask.any() and not one.mask.all()]


def _unique(choices: Sequence[tuple[RowFilter, ...]]) -> list[tuple[RowFilter, ...]]:
    seen: dict[frozenset[str], tuple[RowFilter, ...]] = {}
    for choice in choices:
        seen.setdefault(frozenset(one.text for one in choice), choice)
    return list(seen.values())


def _complete(goal: Claims, table: SourceTable, first: Rows) -> Iterator[Rows]:
    """Rows without missing values, in the named columns or in all: programs often start so."""
    named = [column for column in table.columns if column.name in goal.named]
    seen: set[int] = set()
    for columns in (named, list(table.columns)):
        missing = [~column.present for column in columns if not column.present.all()]
        if not missing:
            continue
        mask = ~np.logical_or.reduce(missing)
        kept = int(mask.sum())
        if kept in seen or kept < _FEWEST_LEFT * table.rows:
            continue
        seen.add(kept)
        whole = RowFilter("", COMPLETE, "", mask)
        yield rows_of((*first.filters, whole))
        if first.filters:
            yield rows_of((whole,))
