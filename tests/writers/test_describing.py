"""Readings, titles and labels."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from critique_loop.values import Table
from critique_loop.writers.describing import Words
from critique_loop.writers.linking import link
from critique_loop.writers.planning import plan


def words(goal: str, table: Table, **units: str) -> Words:
    return Words(plan(link(goal, table, units), table), table, units)


@pytest.mark.parametrize(
    ("name", "goal", "title"),
    [
        ("cars", "average horsepower by origin", "Average horsepower by origin"),
        ("cars", "weight vs mpg", "Weight against miles per gallon"),
        ("cars", "number of cars by year and origin", "Number of cars by year and origin"),
        ("stocks", "price over time per symbol", "Price over time by symbol"),
        ("gapminder", "the 10 countries with the lowest gdp per capita in 1952",
         "Bottom 10 countries by GDP per capita, 1952"),
        ("gapminder", "average gdpPercap by continent", "Average GDP per capita by continent"),
        ("gapminder", "life expectancy of Germany between 1960 and 2000",
         "Life expectancy over time, 1960 to 2000, Germany"),
        ("stocks", "price in January 2009 by symbol", "Price by symbol, January 2009"),
        ("tips", "average tip of smokers by day", "Average tip by day, smoker: Yes"),
        ("tips", "histogram of total bills above 20",
         "Distribution of total bill, total bill above 20"),
        ("weather", "number of rainy days per year", "Number of days by year, rain"),
        ("barley", "average yield by variety without Trebi",
         "Average yield by variety, without Trebi"),
        ("gapminder", "number of countries per continent", "Number of countries by continent"),
    ],
)  # fmt: skip
def test_a_title_says_what_is_drawn_of_which_rows(
    name: str, goal: str, title: str, table: Callable[[str], Table]
) -> None:
    assert words(goal, table(name)).title() == title


def test_the_reading_uses_the_names_of_the_table(cars: Table) -> None:
    said = words("roughly the average horsepower by origin since 1975", cars).reading()

    assert said == "mean of Horsepower by Origin, rows where Year >= 1975; not used: 'roughly'"


def test_the_reading_tells_which_part_of_a_date_counts(table: Callable[[str], Table]) -> None:
    said = words("average wind by weather in 2012", table("weather")).reading()

    assert said == "mean of wind by weather, rows where date (year) is 2012"


def test_units_stand_in_brackets(cars: Table) -> None:
    said = words("average weight by origin", cars)

    assert said.values() == "Average weight (lbs)"
    assert words("average horsepower by origin", cars, Horsepower="hp").values() == (
        "Average horsepower (hp)"
    )


def test_a_total_of_a_total_is_called_a_sum(table: Callable[[str], Table]) -> None:
    said = words("sum of total_bill by day", table("tips"))

    assert said.values() == "Sum of total bill"


def test_a_long_title_is_broken_into_lines(table: Callable[[str], Table]) -> None:
    goal = "average leisure and hospitality, retail trade and construction per year since 2008"

    lines = words(goal, table("employment")).wrapped_title().splitlines()

    assert len(lines) > 1
    assert max(map(len, lines)) <= 62
