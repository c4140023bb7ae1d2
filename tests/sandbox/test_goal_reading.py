from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from findings import TableSource
from goal_reading import Claims, read_claims
from table_reading import SourceTable, read

DATA = Path(__file__).parents[1] / "data"


@cache
def _table(name: str) -> SourceTable:
    return read(TableSource(f"{name}.csv"), str(DATA))


def _claims(table: str, goal: str) -> Claims:
    return read_claims(goal, _table(table))


@pytest.mark.parametrize(
    ("table", "goal", "columns"),
    [
        ("cars", "miles per gallon by year", ("Miles_per_Gallon", "Year")),
        ("cars", "heavy weight, many cylinders", ("Weight_in_lbs", "Cylinders")),
        ("gapminder", "GDP per capita vs life expectancy", ("gdpPercap", "lifeExp")),
        ("gapminder", "population of each continent", ("pop", "continent")),
        ("weather", "the maximum temperature", ("temp_max",)),
        ("weather", "wind in the Seattle weather data", ("wind",)),
        ("iris", "sepal lengths of species", ("sepalLength", "species")),
        ("employment", "private service providing jobs", ("private_service_providing",)),
        ("tips", "tips over time", ("tip",)),
    ],
)
def test_names_columns_by_their_words(table: str, goal: str, columns: tuple[str, ...]) -> None:
    assert _claims(table, goal).named == columns


@pytest.mark.parametrize(
    ("table", "goal", "aggregates"),
    [
        ("cars", "average horsepower by origin", ("mean",)),
        ("cars", "how many cars per country of origin", ("count",)),
        ("cars", "horsepower by country", ()),
        ("tips", "total bill by day", ()),
        ("tips", "sum of the total bill by day", ("sum",)),
        ("weather", "temp_max by month", ()),
        ("weather", "average maximum temperature", ("mean",)),
        ("gapminder", "countries with the highest life expectancy", ()),
        ("gapminder", "highest life expectancy by continent", ("max",)),
        ("gapminder", "number of different countries", ("nunique",)),
        ("gapminder", "total number of countries by continent", ("count",)),
        ("stocks", "top 3 symbols by median price", ("median",)),
    ],
)
def test_takes_only_free_words_for_aggregates(
    table: str, goal: str, aggregates: tuple[str, ...]
) -> None:
    assert _claims(table, goal).aggregates == aggregates


@pytest.mark.parametrize(
    ("table", "goal", "conditions"),
    [
        ("cars", "cars from Europe since 1975", ["Origin is Europe", "Year >= 1975"]),
        ("cars", "cars with more than 4 cylinders", ["Cylinders > 4"]),
        ("cars", "horsepower at least 100", ["Horsepower >= 100"]),
        ("cars", "everything except USA", ["Origin is not USA"]),
        ("gapminder", "between 1960 and 1970", ["year >= 1960", "year <= 1970"]),
        ("gapminder", "from 1960 to 1970", ["year >= 1960", "year <= 1970"]),
        ("gapminder", "in Asia in the 1970s", ["continent is Asia", "year in 1970s"]),
        ("barley", "in 1931 and 1932", ["year = 1931 or 1932"]),
        ("stocks", "MSFT and AAPL", ["symbol is MSFT or AAPL"]),
        ("airports", "how many airports are in or near a city", []),
        ("weather", "rain in January", ["weather is rain", "month is January"]),
    ],
)
def test_reads_the_rows_that_are_asked_for(table: str, goal: str, conditions: list[str]) -> None:
    assert [one.text for one in _claims(table, goal).filters] == conditions


@pytest.mark.parametrize(
    ("goal", "top"),
    [
        ("top 5 countries", 5),
        ("the ten countries with most people", 10),
        ("three richest", 3),
        ("all", 0),
    ],
)
def test_reads_how_many_groups_are_asked_for(goal: str, top: int) -> None:
    assert _claims("gapminder", goal).top == top


def test_a_column_may_be_named_only_to_be_pooled() -> None:
    claims = _claims("barley", "yield by site, averaged over the years, all varieties together")

    assert claims.pooled == ("year", "variety")


def test_words_that_only_resemble_a_value_ask_for_rows_but_not_clearly() -> None:
    (sunday, women) = _claims("tips", "bills of women on Sundays").filters[::-1]

    assert {sunday.text, women.text} == {"day is Sun", "sex is Female"}
    assert not sunday.clear
    assert not women.clear


def test_a_number_that_belongs_to_nothing_is_loose() -> None:
    assert _claims("tips", "bills with rule 17").loose


def test_the_rows_of_a_filter_are_those_of_the_table() -> None:
    (europe,) = _claims("cars", "cars from Europe").filters

    assert int(europe.mask.sum()) == 73
