"""Which columns words can mean."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from critique_loop.values import Table
from critique_loop.writers.columns import ColumnIndex, content_words, unit_of
from critique_loop.writers.words import tokenise


@pytest.mark.parametrize(
    ("name", "said", "column"),
    [
        ("cars", "mpg", "Miles_per_Gallon"),
        ("cars", "horse power", "Horsepower"),
        ("cars", "weight", "Weight_in_lbs"),
        ("gapminder", "life expectancy", "lifeExp"),
        ("gapminder", "GDP per capita", "gdpPercap"),
        ("gapminder", "population", "pop"),
        ("iris", "length of the petals", "petalLength"),
        ("weather", "maximum temperature", "temp_max"),
        ("employment", "retail", "retail_trade"),
        ("tips", "gender", "sex"),
    ],
)
def test_people_call_columns_by_other_words(
    name: str, said: str, column: str, table: Callable[[str], Table]
) -> None:
    matches = ColumnIndex(table(name)).matches(tokenise(said))

    assert matches[0].column == column
    assert len(matches) == 1 or matches[0].score > matches[1].score


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gapminder", "gdp"),
        ("gapminder", "count"),
        ("weather", "temperature"),
        ("employment", "education"),
        ("cars", "miles"),
        ("weather", "weather station"),
    ],
)
def test_a_part_that_means_something_else_is_not_the_column(
    name: str, said: str, table: Callable[[str], Table]
) -> None:
    assert ColumnIndex(table(name)).matches(tokenise(said)) == []


@pytest.mark.parametrize(
    ("name", "unit"),
    [("Weight_in_lbs", "lbs"), ("revenue_usd", "USD"), ("runtime_min", "min"), ("temp_min", ""),
     ("Miles_per_Gallon", ""), ("miles", ""), ("discount_pct", "%")],
)  # fmt: skip
def test_units_are_read_from_the_end_of_a_name(name: str, unit: str) -> None:
    assert unit_of(name) == unit


def test_the_unit_need_not_be_said() -> None:
    assert content_words("Weight_in_lbs") == ("weight",)
