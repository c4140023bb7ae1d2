"""The order of values, and literals."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

import pytest

from critique_loop.values import Column, ColumnKind, Draft, Table
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


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stamps", "style"),
    [
        (["20060131", "20060228", "20070331", "20070430"], '.astype(str), format="%Y%m%d"'),
        (
            ["2006-01-31T22:30:00-05:00", "2006-02-28T01:00:00+01:00",
             "2006-12-31T23:30:00-05:00", "2007-04-30T01:00:00+01:00"],
            "utc=True).dt.tz_localize(None)",
        ),
        (
            ["2006-01-31 10:00:00", "2006-02-28 10:00:00.5",
             "2007-03-31 10:00:00", "2007-04-30 10:00:00.25"],
            'format="ISO8601"',
        ),
    ],
)  # fmt: skip
def test_dates_are_read_as_the_profile_says(
    stamps: list[str],
    style: str,
    written: Callable[[str], Table],
    drafted: Callable[..., Draft],
    executed: Callable[[list[Draft], Table], list[Mapping[str, object]]],
) -> None:
    rows = "\n".join(f"{stamp},{number}" for number, stamp in enumerate(stamps, start=1))
    data = written(f"day,price\n{rows}\n")
    draft = drafted("average price by year", data)

    (drawn,) = executed([draft], data)

    assert style in draft.code
    assert drawn["heights"] == [[1.5, 3.5]]
