from __future__ import annotations

import numpy as np
import pytest
from table_keys import Key, keys, own_key
from table_labels import day_of
from table_reading import SourceTable, TableColumn

DAYS = [day_of(text) for text in ("2019-12-30", "2020-01-31", "2020-02-29", "2021-02-01")]
DATES = TableColumn("when", np.array([*DAYS, np.nan], dtype=np.float64), dated=True)


def _key(unit: str) -> Key:
    return Key(DATES, unit)


@pytest.mark.parametrize(
    ("unit", "codes"),
    [
        ("year", [0, 1, 1, 2, -1]),
        ("month", [0, 1, 2, 14, -1]),
        ("quarter", [0, 1, 1, 5, -1]),
        ("week", [0, 4, 8, 57, -1]),
        ("decade", [0, 1, 1, 1, -1]),
        ("weekday", [0, 4, 5, 0, -1]),
        ("month name", [11, 0, 1, 1, -1]),
        ("quarter of year", [3, 0, 0, 0, -1]),
        ("day of month", [29, 30, 28, 0, -1]),
    ],
)
def test_groups_dates_by_calendar_units(unit: str, codes: list[int]) -> None:
    assert _key(unit).codes.tolist() == codes


@pytest.mark.parametrize(
    ("unit", "text", "group"),
    [
        ("year", "2020", 1),
        ("year", "2020-01-01", 1),
        ("month", "Feb 2020", 2),
        ("month", "2020-02", 2),
        ("month", "Feb", -1),
        ("quarter", "2020 Q1", 1),
        ("quarter", "Q1 2020", 1),
        ("decade", "2020s", 1),
        ("weekday", "Sat", 5),
        ("weekday", "Saturday", 5),
        ("month name", "December", 11),
        ("month name", "12", 11),
        ("quarter of year", "Q4", 3),
    ],
)
def test_finds_the_group_that_a_label_means(unit: str, text: str, group: int) -> None:
    assert _key(unit).of_texts([text]).tolist() == [group]


@pytest.mark.parametrize("day", ["2020-02-01", "2020-02-15", "2020-02-29"])
def test_any_day_of_a_month_stands_for_it_on_an_axis_of_dates(day: str) -> None:
    place = np.array([day_of(day)], dtype=np.float64)

    assert _key("month").of_places(place, dated=True).tolist() == [2]
    assert _key("month").of_places(place, dated=False).tolist() == [-1]


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("University Farm", 0),
        ("university_farm", 0),
        ("University\nFarm", 0),
        ("University Farm (12)", 0),
        ("Univers...", 0),
        ("Waseca (n=3)", 1),
        ("Crookston", -1),
    ],
)
def test_finds_texts_that_were_made_pretty(text: str, group: int) -> None:
    column = TableColumn(
        "site", np.full(2, np.nan), ("University Farm", "Waseca"), np.array([0, 1])
    )

    key = own_key(column)

    assert key is not None
    assert key.of_texts([text]).tolist() == [group]


@pytest.mark.parametrize("text", ["4", "4.0", "4.00"])
def test_numbers_are_equal_however_they_are_written(text: str) -> None:
    key = own_key(TableColumn("cylinders", np.array([8.0, 4.0, np.nan])))

    assert key is not None
    assert key.of_texts([text, "5"]).tolist() == [0, -1]
    assert key.codes.tolist() == [1, 0, -1]


def test_a_column_of_years_has_decades_and_stands_on_an_axis_of_dates() -> None:
    years = TableColumn("year", np.array([1999.0, 2007.0]))
    table = SourceTable("t", 2, (years,))

    own, decade = keys(table)

    assert own.name == "year"
    assert own.of_places(np.array([day_of("2007-06-01")]), dated=True).tolist() == [1]
    assert decade.of_texts(["1990s", "2000s"]).tolist() == [0, 1]


def test_a_column_without_values_is_no_key() -> None:
    assert own_key(TableColumn("empty", np.full(3, np.nan))) is None
