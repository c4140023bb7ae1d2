"""The value check on facts made by hand: its rule for values that nothing explains, bad facts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import check_values
import pandas as pd
import pytest
from figure_facts import (
    AxesFacts,
    AxisFacts,
    Box,
    FigureFacts,
    SeriesFacts,
    TextFacts,
    TickFacts,
)
from findings import Checked, Request, TableSource

DATA = Path(__file__).parents[1] / "data"
ORIGINS = ("Europe", "Japan", "USA")
GOAL = "Mean horsepower by origin"
NAN, INFINITE = float("nan"), float("inf")


def _bars(values: Sequence[float], label: str = "Mean horsepower", title: str = "") -> FigureFacts:
    bars = SeriesFacts(
        "bar",
        x=(0.0, 1.0, 2.0),
        y=tuple(values),
        base=(0.0, 0.0, 0.0),
        width=(0.8, 0.8, 0.8),
        names=ORIGINS,
        count=3,
    )
    return _figure(bars, y=label, title=title)


def _figure(series: SeriesFacts, *, x: str = "", y: str = "", title: str = "") -> FigureFacts:
    axes = AxesFacts(
        Box(0, 0, 1, 1),
        AxisFacts(TextFacts(x), categories=ORIGINS if series.kind == "bar" else ()),
        AxisFacts(TextFacts(y)),
        series=(series,),
        titles=(TextFacts(title),),
    )
    return FigureFacts("chart.png", 640, 480, 100, axes=(axes,))


def _check(figure: FigureFacts, goal: str = GOAL, table: str = "cars.csv") -> Checked:
    return check_values.check(figure, Request(goal, (TableSource(table),)), str(DATA))


def _means() -> list[float]:
    return pd.read_csv(DATA / "cars.csv").groupby("Origin")["Horsepower"].mean().to_list()


def _severities(checked: Checked) -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in checked.findings]


def test_says_what_the_drawn_values_are() -> None:
    checked = _check(_bars(_means()))

    assert checked.findings == ()
    assert checked.reading == "mean of Horsepower by Origin"
    assert checked.codes == ("values_mismatch", "wrong_aggregate", "goal_column_missing")


def test_invented_values_are_an_error_where_the_texts_claim_a_plain_aggregate() -> None:
    checked = _check(_bars([100.0, 90.0, 120.0]))

    assert _severities(checked) == [("values_mismatch", "error")]
    assert "no aggregate of Horsepower by Origin" in checked.findings[0].message


def test_unexplained_values_are_a_note_where_the_texts_speak_of_a_derived_quantity() -> None:
    checked = _check(_bars([1.3, 1.1, 1.7], "Ratio of power to weight"), "Power ratio by origin")

    assert _severities(checked) == [("values_mismatch", "note")]


def test_values_rounded_before_drawing_are_right() -> None:
    checked = _check(_bars([round(mean, 1) for mean in _means()]))

    assert checked.findings == ()


def test_a_scale_must_be_said() -> None:
    thousandth = [mean / 1000 for mean in _means()]

    unsaid = _check(_bars(thousandth, "Mean horsepower"))
    said = _check(_bars(thousandth, "Mean horsepower (thousands)"))

    assert _severities(unsaid) == [("values_mismatch", "error")]
    assert said.findings == ()


def test_names_a_value_and_what_the_table_says_instead() -> None:
    europe, _, usa = _means()

    finding = _check(_bars([europe, 150.0, usa])).findings[0]

    assert (finding.code, finding.severity) == ("values_mismatch", "error")
    assert finding.numbers["name"] == "Japan"
    assert finding.numbers["drawn"] == 150.0


@pytest.mark.parametrize("goal", ["Horsepower by country of origin", "Mean of Horsepower, Origin"])
def test_a_word_inside_another_is_no_aggregate(goal: str) -> None:
    assert _check(_bars(_means()), goal).findings == ()


def test_no_table_means_that_nothing_was_checked() -> None:
    checked = _check(_bars(_means()), table="missing.csv")

    assert checked == Checked()


def test_no_values_mean_that_nothing_was_checked() -> None:
    empty = FigureFacts("chart.png", 640, 480, 100)

    assert _check(empty) == Checked()


def test_a_sample_of_many_points_is_judged_by_their_true_number() -> None:
    table = pd.read_csv(DATA / "weather.csv")
    every_third = table.iloc[::3]
    points = SeriesFacts(
        "scatter",
        x=tuple(every_third["temp_min"].to_list()),
        y=tuple(every_third["temp_max"].to_list()),
        count=len(table),
        sampled=True,
    )
    goal = "temp_max against temp_min"

    whole = _check(_figure(points, x="temp_min", y="temp_max"), goal, "weather.csv")

    assert whole.findings == ()
    assert whole.reading == "temp_max against temp_min"


def test_never_raises_for_weird_facts() -> None:
    dice = random.Random(4)  # noqa: S311 -- nothing secret

    for _ in range(60):
        checked = _check(
            _weird(dice), dice.choice(["", GOAL, "top 3 since 99999999999999", "%" * 90])
        )

        assert isinstance(checked, Checked)


def _weird(dice: random.Random) -> FigureFacts:
    numbers = [0.0, 1.0, -1e308, 1e308, NAN, INFINITE, -INFINITE, 1e-320, 1970.0, 1e18]
    texts = ["", "USA", "Year", "count", "%", "\x00", "Q1 2000", "0000", "1e400", "Other", "(", "-"]

    def some(kinds: Sequence[float]) -> tuple[float, ...]:
        return tuple(dice.choice(kinds) for _ in range(dice.choice([0, 1, 2, 3, 9])))

    def axis() -> AxisFacts:
        ticks = tuple(TickFacts(value, TextFacts(dice.choice(texts))) for value in some(numbers))
        categories = tuple(dice.choice(texts) for _ in range(dice.choice([0, 3])))
        kind = dice.choice(["number", "date", "category", "?"])
        return AxisFacts(
            TextFacts(dice.choice(texts)), kind=kind, categories=categories, ticks=ticks
        )

    kinds = ["bar", "hist", "line", "step", "scatter", "area", "pie", "box", "image", "?"]
    series = tuple(
        SeriesFacts(
            dice.choice(kinds),
            dice.choice(texts),
            some(numbers),
            some(numbers),
            some(numbers),
            some(numbers),
            tuple(dice.choice(texts) for _ in range(dice.choice([0, 2, 9]))),
            horizontal=dice.random() < 0.3,
            count=dice.choice([-5, 0, 10**12]),
        )
        for _ in range(dice.choice([0, 1, 3]))
    )
    axes = AxesFacts(Box(0, 0, 1, 1), axis(), axis(), series=series)
    return FigureFacts("chart.png", 1, 1, 1, axes=(axes,))
