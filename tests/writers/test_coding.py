"""Programs: they run where the table lies, draw the right numbers, and read well."""

from __future__ import annotations

import ast
import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from statistics import fmean
from typing import cast

import pytest

from critique_loop.errors import WriterGaveUp
from critique_loop.values import Draft, Table

Drafted = Callable[..., Draft]
Executed = Callable[[list[Draft], Table], list[Mapping[str, object]]]


def numbers(drawn: Mapping[str, object], what: str) -> list[list[float]]:
    return cast("list[list[float]]", drawn[what])


def texts(drawn: Mapping[str, object], what: str) -> list[str]:
    return cast("list[str]", drawn[what])


def near(values: Sequence[float]) -> object:
    return pytest.approx(list(values))  # pyright: ignore[reportUnknownMemberType] - pytest's own


def rows_of(table: Table) -> list[dict[str, str]]:
    with table.path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def means(rows: Iterable[Mapping[str, str]], key: str, value: str) -> dict[str, float]:
    groups: dict[str, list[float]] = {}
    for row in rows:
        if row[value]:
            groups.setdefault(row[key], []).append(float(row[value]))
    return {name: fmean(values) for name, values in groups.items()}


def in_order(rows: Iterable[Mapping[str, str]], key: str, value: str) -> list[list[float]]:
    groups: dict[str, list[float]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(float(row[value]))
    return [groups[name] for name in sorted(groups)]


@pytest.mark.slow
def test_every_kind_of_chart_of_cars_draws_the_numbers_of_the_table(
    cars: Table, drafted: Drafted, executed: Executed
) -> None:
    rows = rows_of(cars)
    goals = [
        "average horsepower by origin",
        "top 3 names by average horsepower",
        "mean mpg by origin and cylinders",
        "average weight over time",
        "number of cars by year and origin",
        "weight vs mpg for cars with horsepower above 150",
        "horsepower vs acceleration coloured by origin",
        "histogram of cylinders",
        "average mpg by origin in 1975 and 1980",
    ]

    bars, top, grouped, line, lines, points, coloured, histogram, years = executed(
        [drafted(goal, cars) for goal in goals], cars
    )

    by_origin = means(rows, "Origin", "Horsepower")
    order = sorted(by_origin, key=lambda name: -by_origin[name])
    assert texts(bars, "names") == order
    assert numbers(bars, "heights") == [near([by_origin[name] for name in order])]
    strongest = sorted(means(rows, "Name", "Horsepower").values())[-3:]
    assert numbers(top, "widths") == [near(strongest)]
    assert len(numbers(grouped, "heights")) == 3
    by_year = means(rows, "Year", "Weight_in_lbs")
    assert numbers(line, "lines") == [near([by_year[year] for year in sorted(by_year)])]
    counts = Counter(row["Origin"] for row in rows)
    assert sorted(map(sum, numbers(lines, "lines"))) == sorted(counts.values())
    strong = [r for r in rows if r["Miles_per_Gallon"] and float(r["Horsepower"] or 0) > 150]
    assert points["points"] == [len(strong)]
    complete = Counter(row["Origin"] for row in rows if row["Horsepower"])
    assert coloured["points"] == [complete[name] for name in sorted(complete)]
    assert sum(numbers(histogram, "heights")[0]) == len(rows)
    assert texts(years, "legend") == ["1975", "1980"]


@pytest.mark.slow
def test_labels_say_what_is_drawn(
    table: Callable[[str], Table], drafted: Drafted, executed: Executed
) -> None:
    gapminder = table("gapminder")
    goals = [
        "top 5 countries by population in 2007",
        "How did life expectancy develop in China and India since 1970?",
        "GDP per capita vs life expectancy in 2007, coloured by continent",
    ]

    ranking, lines, points = executed([drafted(goal, gapminder) for goal in goals], gapminder)

    assert ranking["title"] == "Top 5 countries by population, 2007"
    assert texts(ranking, "sidenames")[-1] == "China"
    assert lines["title"] == "Life expectancy over time by country, since 1970"
    assert texts(lines, "legend") == ["China", "India"]
    assert (points["xlabel"], points["ylabel"]) == ("Life expectancy", "GDP per capita")
    sizes = [
        size for drawn in (ranking, lines, points) for size in cast("list[float]", drawn["sizes"])
    ]
    assert min(sizes) >= 9


@pytest.mark.slow
def test_time_units_are_grouped_as_the_calendar_says(
    table: Callable[[str], Table], drafted: Drafted, executed: Executed
) -> None:
    weather = table("weather")
    rows = rows_of(weather)
    for row in rows:
        day = date.fromisoformat(row["date"])
        row.update({"year": str(day.year), "month": f"{day:%m}", "weekday": str(day.weekday())})
    goals = [
        "total rainfall per month in 2014",
        "average temp_max by month of the year",
        "average precipitation by weekday",
        "average wind by year",
        "mean temp_max and temp_min by weather",
        "number of rainy days per year",
    ]

    monthly, seasonal, weekday, yearly, wide, rainy = executed(
        [drafted(goal, weather) for goal in goals], weather
    )

    of_2014 = [row for row in rows if row["year"] == "2014"]
    rain = [sum(values) for values in in_order(of_2014, "month", "precipitation")]
    assert numbers(monthly, "lines") == [near(rain)]
    assert numbers(seasonal, "lines") == [
        near(list(map(fmean, in_order(rows, "month", "temp_max"))))
    ]
    by_day = list(map(fmean, in_order(rows, "weekday", "precipitation")))
    assert texts(weekday, "names")[0] == "Mon"
    assert numbers(weekday, "heights") == [near(by_day)]
    assert numbers(yearly, "lines") == [near(list(map(fmean, in_order(rows, "year", "wind"))))]
    assert texts(wide, "legend") == ["Temp max", "Temp min"]
    rainy_days = [row for row in rows if row["weather"] == "rain"]
    assert numbers(rainy, "lines") == [near(list(map(len, in_order(rainy_days, "year", "wind"))))]


@pytest.mark.slow
def test_columns_with_nasty_names_give_programs_that_run(
    written: Callable[[str], Table], drafted: Drafted, executed: Executed
) -> None:
    long = "very " * 40 + "long"
    data = written(
        '"a ""quoted"" name","cost in $ {usd}","two\nlines",'
        + long
        + ",x,x,naïve café\n"
        + "".join(f"k{i % 3},{i * 1.5},v$_{i % 2}$,{i},{i},{i * 2},{i}\n" for i in range(30))
    )
    goals = [
        'average "cost in $ {usd}" by "a ""quoted"" name"'.replace('""', '"'),
        'average "cost in $ {usd}" by "two\nlines"',
        f'average "{long}" by "two\nlines"',
        'histogram of "x.1"',
        'histogram of "naïve café"',
    ]

    drawn = executed([drafted(goal, data) for goal in goals], data)

    assert drawn[0]["ylabel"] == "Average cost in $ {usd}"
    assert texts(drawn[1], "names") == ["v$_1$", "v$_0$"]
    assert len(str(drawn[2]["ylabel"])) < 80
    assert sum(numbers(drawn[3], "heights")[0]) == 30
    assert drawn[4]["xlabel"] == "Naïve café"


@pytest.mark.slow
def test_other_dialects_dates_and_missing_values_are_written_out(
    written: Callable[[str], Table], drafted: Drafted, executed: Executed
) -> None:
    rows = "".join(f"{1 + i % 28:02d}.{1 + i % 12:02d}.2021;{i},5;{'Süd' if i % 2 else ''}\n"
                   for i in range(60))  # fmt: skip
    data = written("tag;wert;region\n" + rows)

    draft = drafted("average wert by region", data)
    monthly = drafted("total wert per month", data)
    drawn = executed([draft, monthly], data)

    assert 'sep=";", decimal=","' in draft.code
    assert 'dropna(subset=["region"])' in draft.code
    assert texts(drawn[0], "names") == ["Süd"]
    assert len(numbers(drawn[1], "lines")[0]) == 12
    assert 'format="%d.%m.%Y"' in monthly.code


def test_a_program_imports_pandas_and_matplotlib_alone_and_says_nothing(
    cars: Table, drafted: Drafted
) -> None:
    code = drafted("average horsepower per year for Japan and Europe", cars).code

    tree = ast.parse(code)
    modules = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)} | {
        alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    }
    assert {str(name).split(".")[0] for name in modules} == {"pandas", "matplotlib"}
    assert "print" not in code
    assert code.endswith('fig.savefig("chart.png", dpi=150)\n')
    assert max(map(len, code.splitlines())) <= 100


def test_values_reach_the_program_as_literals_only(
    written: Callable[[str], Table], drafted: Drafted
) -> None:
    evil = "x'); import os; os.system('true') #"
    data = written(f'kind,amount\n"{evil}",1\nplain,2\n')

    code = drafted(f'average amount by kind without "{evil}"', data).code

    constants = {n.value for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Constant)}
    assert evil in constants
    assert "import os" not in [line.strip() for line in code.splitlines()]


def test_a_unit_that_is_given_stands_on_the_axis(cars: Table, drafted: Drafted) -> None:
    code = drafted("average horsepower by origin", cars, Horsepower="hp").code

    assert '"Average horsepower (hp)"' in code


def test_too_many_names_for_a_chart_are_refused(
    table: Callable[[str], Table], drafted: Drafted
) -> None:
    with pytest.raises(WriterGaveUp, match="142 values"):
        drafted("life expectancy by country in 2007", table("gapminder"))
