from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from critique_loop.data import profile, times
from critique_loop.values import Column, ColumnKind

WriteTable = Callable[..., Path]
pd: Any = import_module("pandas")
_DAYS = [datetime(2006, 1, 1, tzinfo=UTC) + timedelta(days=17 * index) for index in range(40)]


def _column(
    write_table: WriteTable, cells: Sequence[object], *, name: str = "when", separator: str = ","
) -> Column:
    lines = [f"{name}{separator}n", *(f'"{cell}"{separator}1' for cell in cells)]
    return profile(write_table("\n".join(lines))).columns[0]


@pytest.mark.parametrize(
    ("written", "needed"),
    [
        ("%Y-%m-%d", ""),
        ("%Y-%m", ""),
        ("%Y-%m-%d %H:%M", ""),
        ("%Y-%m-%dT%H:%M:%S", ""),
        ("%Y-%m-%d %H:%M:%S.%f", ""),
        ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%z"),
        ("%Y-%m-%d %H:%M:%S+02:00", "%Y-%m-%d %H:%M:%S%z"),
        ("%d.%m.%Y", None),
        ("%d.%m.%Y %H:%M", None),
        ("%m/%d/%Y", None),
        ("%d/%m/%Y", None),
        ("%m/%d/%y", None),
        ("%m/%d/%Y %I:%M %p", None),
        ("%d-%m-%Y", None),
        ("%Y/%m/%d", None),
        ("%b %Y", None),
        ("%B %Y", None),
        ("%b-%y", None),
        ("%m/%Y", None),
        ("%d %B %Y", None),
        ("%d-%b-%Y", None),
        ("%B %d, %Y", None),
        ("%b %d %Y", None),
        ("%a, %d %b %Y %H:%M:%S", None),
    ],
)
def test_a_date_is_known_and_its_format_parses_every_value(
    write_table: WriteTable, written: str, needed: str | None
) -> None:
    cells = [day.strftime(written) for day in _DAYS]

    column = _column(write_table, cells)

    assert column.kind is ColumnKind.TIME
    assert column.time_format == (written if needed is None else needed)
    with warnings.catch_warnings(action="error"):
        parsed = pd.to_datetime(
            pd.Series(cells),
            format=column.time_format or None,
            utc="%z" in (column.time_format or ""),
        )
    assert parsed.min().isoformat().startswith(str(column.minimum))
    assert parsed.max().isoformat().startswith(str(column.maximum))
    assert column.distinct == parsed.nunique()


def test_days_without_leading_zeros_are_known(write_table: WriteTable) -> None:
    column = _column(write_table, ["5 March 2011", "15 April 2012"])

    assert column.time_format == "%d %B %Y"
    assert (column.minimum, column.maximum) == ("2011-03-05", "2012-04-15")


def test_offsets_that_change_with_summer_time_are_read_as_utc(write_table: WriteTable) -> None:
    column = _column(write_table, ["2020-01-01T10:00:00+01:00", "2020-07-01T10:00:00+02:00"])

    assert column.time_format == "%Y-%m-%dT%H:%M:%S%z"
    assert column.minimum == "2020-01-01T09:00:00+00:00"


def test_fractions_of_a_second_in_some_rows_need_the_wider_format(write_table: WriteTable) -> None:
    column = _column(write_table, ["2020-01-01 10:00:00", "2020-01-01 10:00:05.25"])

    assert column.time_format == "ISO8601"
    assert column.maximum == "2020-01-01T10:00:05.250000"


def test_the_last_row_decides_between_day_and_month(write_table: WriteTable) -> None:
    column = _column(write_table, ["01/02/2020"] * 2000 + ["13/02/2020"])

    assert column.time_format == "%d/%m/%Y"


@pytest.mark.parametrize(
    ("cells", "separator", "time_format"),
    [
        (["02/05/2020", "03/07/2020"], ",", "%m/%d/%Y"),
        (["02/05/2020", "03/07/2020"], ";", "%d/%m/%Y"),
        (["02-05-2020", "03-07-2020"], ",", "%d-%m-%Y"),
        ([f"01/{month:02}/2020" for month in range(1, 13)], ",", "%d/%m/%Y"),
        ([f"{month:02}/01/2020" for month in range(1, 13)], ";", "%m/%d/%Y"),
    ],
    ids=["slash", "semicolon file", "dash", "day first by months", "month first by months"],
)
def test_an_ambiguous_date_is_read_as_documented(
    write_table: WriteTable, cells: list[str], separator: str, time_format: str
) -> None:
    assert _column(write_table, cells, separator=separator).time_format == time_format


def test_missing_times_are_counted_and_do_no_harm(write_table: WriteTable) -> None:
    column = _column(write_table, ["2020-01-01", "", "NA", "2020-01-08"])

    assert column.kind is ColumnKind.TIME
    assert (column.missing, column.time_step) == (2, "week")


@pytest.mark.parametrize(
    "cells",
    [
        ["2020-01-01", "unknown"],
        ["2020-02-30", "2020-01-01"],
        ["10.10.10", "10.10.11"],
        ["3.11.7", "3.12.1"],
        ["12:30", "13:45"],
        ["2020Q1", "2020Q2"],
        ["1/2", "2/3"],
        ["2019-2020", "2020-2021"],
        ["May 5", "May 6"],
        ["A-2020-01-01", "A-2020-01-02"],
    ],
    ids=lambda cells: cells[0],
)
def test_what_is_no_date_throughout_stays_text(write_table: WriteTable, cells: list[str]) -> None:
    column = _column(write_table, cells)

    assert column.kind is ColumnKind.CATEGORY
    assert column.values == tuple(cells)


@pytest.mark.parametrize("name", ["date", "orderDate", "birth_date", "DATE", "Datum"])
def test_numbers_like_20060131_are_dates_where_the_name_says_so(
    write_table: WriteTable, name: str
) -> None:
    column = _column(write_table, [20060131, 20060201, 20060202], name=name)

    assert column.kind is ColumnKind.TIME
    assert (column.time_format, column.whole_numbers) == ("%Y%m%d", True)
    assert (column.minimum, column.maximum) == ("2006-01-31", "2006-02-02")
    assert column.time_step == "day"


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("id", [20060131, 20060201]),
        ("price", [20060131, 20060201]),
        ("candidates", [20060131, 20060201]),
        ("date", [20060131, 20060231]),
        ("date", [20060131, ""]),
        ("date", [5, 6]),
    ],
    ids=["id", "price", "within a word", "no such day", "missing", "small"],
)
def test_other_numbers_stay_numbers(
    write_table: WriteTable, name: str, cells: list[object]
) -> None:
    assert _column(write_table, cells, name=name).kind is ColumnKind.NUMBER


@pytest.mark.parametrize("name", ["year", "Year", "fiscal_year", "modelYear", "YEAR", "Jahr"])
def test_years_are_numbers_one_year_apart(write_table: WriteTable, name: str) -> None:
    column = _column(write_table, [1990, "", 1991], name=name)

    assert column.kind is ColumnKind.NUMBER
    assert column.time_step == "year"


@pytest.mark.parametrize(
    ("name", "cells"), [("price", [1990, 1991]), ("years_married", [3, 12]), ("year", [1990.5])]
)
def test_numbers_that_are_no_years_have_no_step(
    write_table: WriteTable, name: str, cells: list[object]
) -> None:
    assert _column(write_table, cells, name=name).time_step == ""


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (366, "year"),
        (91, "quarter"),
        (30, "month"),
        (7, "week"),
        (1, "day"),
        (1 / 24, "hour"),
        (1 / 24 / 60, "minute"),
        (1 / 24 / 3600, "second"),
        (1 / 24 / 36000, ""),
    ],
)
def test_the_usual_distance_has_a_name_in_spite_of_gaps(days: float, name: str) -> None:
    apart = round(days * 86_400_000_000)

    assert times.step([0, apart, 2 * apart, 3 * apart, 50 * apart]) == name


def test_one_time_alone_has_no_step() -> None:
    assert times.step([7]) == ""


def test_of_very_many_times_the_earliest_are_kept_and_both_ends_known() -> None:
    reading = times.Reading("%Y-%m-%d %H:%M:%S")

    for start in range(times.MAX_TIMES + 10, -1, -1000):
        reading.add([second * 1_000_000 for second in range(start, start + 1000)])

    reading.add([5_000_000_000_000, 500_000])

    assert not reading.count_complete
    assert len(reading.earliest) == times.MAX_TIMES
    assert times.step(reading.earliest) == "second"
    assert reading.texts() == ("1970-01-01T00:00:00.500000", "1970-02-27T20:53:20")
