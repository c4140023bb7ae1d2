"""Which values words can mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from critique_loop.values import Table
from critique_loop.writers.cells import Cell, CellIndex, indexed
from critique_loop.writers.words import tokenise


@pytest.mark.parametrize(
    ("name", "said", "cell"),
    [
        ("cars", "Japanese", Cell("Origin", "Japan")),
        ("cars", "US", Cell("Origin", "USA")),
        ("gapminder", "african", Cell("continent", "Africa")),
        ("gapminder", "united kingdom", Cell("country", "United Kingdom")),
        ("weather", "foggy", Cell("weather", "fog")),
        ("tips", "women", Cell("sex", "Female")),
        ("tips", "Sundays", Cell("day", "Sun")),
        ("electricity", "nuclear", Cell("source", "Nuclear Energy")),
        ("airports", "IN", Cell("state", "IN")),
    ],
)
def test_values_are_found_in_other_forms(
    name: str, said: str, cell: Cell, table: Callable[[str], Table]
) -> None:
    cells, _ = CellIndex(table(name).columns).matches(tokenise(said), opening=False)

    assert cells == [cell]


@pytest.mark.parametrize(
    ("name", "said"),
    [("airports", "in"), ("airports", "or"), ("tips", "no"), ("electricity", "energy"),
     ("gapminder", "united"), ("cars", "us"), ("barley", "475")],
)  # fmt: skip
def test_everyday_words_are_no_values(name: str, said: str, table: Callable[[str], Table]) -> None:
    cells, _ = CellIndex(table(name).columns).matches(tokenise(said), opening=False)

    assert len(cells) != 1


def test_equal_columns_are_indexed_once_and_others_apart(table: Callable[[str], Table]) -> None:
    columns = table("cars").columns
    again = tuple(replace(column) for column in columns)
    fewer = tuple(column for column in columns if column.name != "Origin")

    cells, _ = indexed(fewer).matches(tokenise("Japanese"), opening=False)

    assert indexed(again) is indexed(columns)
    assert cells == []
