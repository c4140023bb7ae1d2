"""The order of values, and literals."""

from __future__ import annotations

import ast

import pytest

from critique_loop.values import Column, ColumnKind
from critique_loop.writers.preparing import natural_order, number, quoted


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (("Sun", "Sat", "Thur", "Fri"), ("Thur", "Fri", "Sat", "Sun")),
        (("high", "low", "medium"), ("low", "medium", "high")),
        (("Mar", "Jan", "Feb"), ("Jan", "Feb", "Mar")),
        (("65+", "18-24", "25-64"), ("18-24", "25-64", "65+")),
        (("XL", "S", "M"), ("S", "M", "XL")),
        (("Japan", "USA"), ()),
        (("Sun", "Rain"), ()),
        (("May", "June", "Alice"), ()),
    ],
)
def test_values_with_an_order_of_their_own_keep_it(
    values: tuple[str, ...], order: tuple[str, ...]
) -> None:
    column = Column("x", ColumnKind.CATEGORY, distinct=len(values), values=values)

    assert natural_order(column) == order


@pytest.mark.parametrize("text", ['a"b', "a'b", "a\nb", "$x$ {y}", "\\", "ü", "\u202e", "'\""])
def test_any_text_becomes_a_literal_of_itself(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text


def test_whole_numbers_have_no_point() -> None:
    assert [number(value) for value in (4.0, 0.5, 1e8)] == ["4", "0.5", "100000000"]
