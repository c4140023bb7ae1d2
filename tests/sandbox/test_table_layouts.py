"""Marks over a table: what is computed for one set of rows does not stay for good."""

from __future__ import annotations

import tracemalloc

import numpy as np
from table_groups import STATISTICS
from table_keys import own_key
from table_layouts import Layout
from table_reading import Flags, SourceTable, TableColumn

ROWS = 1_500
COUNTS = np.arange(ROWS, dtype=np.float64)


def over_days_and_groups() -> Layout:
    """Each row is a group of its own, in one of sixteen series: 24,000 cells."""
    days = TableColumn("day", COUNTS)
    groups = TableColumn("group", COUNTS % 16)
    value = TableColumn("value", COUNTS)
    table = SourceTable("t", ROWS, (days, groups, value))
    places = np.arange(ROWS)
    exempt = np.zeros(ROWS, dtype=np.bool_)
    return Layout(table, own_key(days), own_key(groups), places % 16, places, exempt)


def rows_from(number: int) -> Flags:
    return np.arange(ROWS) >= number


def test_many_sets_of_rows_take_no_more_memory_than_a_few() -> None:
    layout = over_days_and_groups()
    value = layout.table.columns[2]
    masks = [rows_from(number) for number in range(10)]

    tracemalloc.start()
    for mask in masks:
        for statistic in STATISTICS:
            layout.cells(statistic, value, mask)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert layout.shape == (16, ROWS)
    assert peak_bytes < 8_000_000


def test_what_was_let_go_is_the_same_when_it_is_computed_again() -> None:
    layout = over_days_and_groups()
    value = layout.table.columns[2]
    first, second = rows_from(1), rows_from(2)

    before = layout.cells("sum", value, first)
    layout.cells("sum", value, second)
    after = layout.cells("sum", value, first)

    assert after is not before
    assert np.array_equal(before, after, equal_nan=True)
    assert layout.cells("sum", value, second)[1, 1] == 0.0
