# matplotlib and pandas leave **kwargs and some members untyped; our own names stay strict.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import chart_results
import charts
import drawn_values
import goal_oracle
import matplotlib.dates as mdates
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd  # pyright: ignore[reportMissingTypeStubs] - pandas ships none
import pytest
from goal_oracle import Answer, Goal, Verdict
from matplotlib.axes import Axes

from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedWriter

GOALS = [
    goal
    for name in ("goals", "goals_more")
    for goal in goal_oracle.load(charts.HERE / "goals" / f"{name}.toml")
]
ASKED = [goal for goal in GOALS if goal.accept]
ANSWERS = [
    pytest.param(goal, answer, id=f"{goal.id}-{number}")
    for goal in ASKED
    for number, answer in enumerate(goal.accept, start=1)
]


@pytest.fixture(autouse=True)
def _no_figures_left() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] - pytest uses it
    yield
    plt.close("all")


def table(goal: Goal) -> pd.DataFrame:
    return pd.read_csv(charts.TABLES / f"{goal.table}.csv")


def by_id(name: str) -> Goal:
    return next(goal for goal in GOALS if goal.id == name)


def verdict(goal: Goal, axes: Axes) -> Verdict:
    figure: Any = axes.figure
    return goal_oracle.judge(goal, table(goal), drawn_values.figure_facts(figure))


def horsepower(aggregate: str) -> pd.Series:
    return table(by_id("cars-1")).groupby("Origin").Horsepower.agg(aggregate)


def draw(answer: Answer, values: pd.Series | pd.DataFrame) -> Axes:
    """Draw the values of an answer with its first mark, as plainly as matplotlib can."""
    _, axes = plt.subplots(figsize=(4, 3), dpi=50)
    if not isinstance(values, pd.DataFrame):
        if answer.shape == "distribution":
            axes.hist(values, bins=12)
        else:
            draw_keyed(axes, answer, values)
    elif values.shape[1] == 2:
        axes.scatter(values.iloc[:, 0], values.iloc[:, 1])
    else:
        for name, part in values.groupby(values.columns[2]):
            axes.scatter(part.iloc[:, 0], part.iloc[:, 1], label=str(name))
        axes.legend()
    return axes


def draw_keyed(axes: Axes, answer: Answer, values: pd.Series) -> None:
    wide = values.unstack() if values.index.nlevels == 2 else values.to_frame("all")  # noqa: PD010 - a pivot is meant
    places = np.arange(len(wide))
    for number, column in enumerate(wide):
        if answer.marks[0] == "line":
            axes.plot(time_axis(answer, wide.index), wide[column], label=str(column))
        else:
            width = 0.8 / wide.shape[1]
            at = places + (number - (wide.shape[1] - 1) / 2) * width
            axes.bar(at, wide[column], width, label=str(column))
    if answer.marks[0] != "line":
        axes.set_xticks(places, [str(key) for key in wide.index], rotation=90)
    if wide.shape[1] > 1:
        axes.legend()


def time_axis(answer: Answer, index: pd.Index) -> np.ndarray:
    if answer.key in {"month", "day"}:
        return pd.to_datetime(pd.Series(index)).to_numpy()
    if answer.key == "year":
        return index.astype(int).to_numpy()
    if answer.key == "quarter":
        return pd.PeriodIndex(index, freq="Q").to_timestamp().to_numpy()
    return index.to_numpy()


def test_there_are_five_goals_for_each_of_ten_tables_in_each_set() -> None:
    counts = pd.Series([goal.table for goal in ASKED]).value_counts()

    assert len(counts) == 10
    assert set(counts) == {10}
    assert len({goal.id for goal in GOALS}) == len(GOALS)


@pytest.mark.parametrize("goal", ASKED, ids=lambda goal: goal.id)
def test_a_goal_names_columns_its_table_has(goal: Goal) -> None:
    columns = set(table(goal).columns)

    assert goal.columns
    assert set(goal.columns) <= columns


@pytest.mark.parametrize(("goal", "answer"), ANSWERS)
def test_every_expected_chart_is_judged_right_when_drawn(goal: Goal, answer: Answer) -> None:
    expected = answer.expected(table(goal))

    axes = draw(answer, expected)

    assert len(expected) > 1
    assert verdict(goal, axes) == Verdict(right=True)


@pytest.mark.parametrize(("goal", "answer"), ANSWERS)
def test_every_expected_chart_is_judged_wrong_when_a_value_is_changed(
    goal: Goal, answer: Answer
) -> None:
    expected = answer.expected(table(goal)).copy()
    if isinstance(expected, pd.DataFrame):
        expected = expected.astype({expected.columns[0]: float})
        expected.iloc[1, 0] = cast("float", expected.iloc[1, 0]) * 1.01 + 1
    elif answer.shape == "distribution":
        expected = expected.iloc[1:]
    else:
        expected = expected.astype(float)
        expected.iloc[1] = expected.iloc[1] * 1.01 + 1

    axes = draw(answer, expected)

    assert not verdict(goal, axes).right


@pytest.mark.parametrize("aggregate", ["sum", "median", "count", "max"])
def test_another_aggregate_is_wrong(aggregate: str) -> None:
    values = horsepower(aggregate)
    _, axes = plt.subplots()

    axes.bar(values.index.to_numpy(), values.to_numpy())

    found = verdict(by_id("cars-1"), axes)
    assert not found.right
    assert "europe" in found.why


def test_horizontal_bars_in_any_order_with_a_colour_each_are_right() -> None:
    values = horsepower("mean").sort_values()
    _, axes = plt.subplots()

    axes.barh(values.index.to_numpy(), values.to_numpy(), color=["red", "green", "blue"])

    assert verdict(by_id("cars-1"), axes).right


def test_bars_cut_by_the_limits_of_the_axis_are_wrong() -> None:
    values = horsepower("mean")
    _, axes = plt.subplots()

    axes.bar(values.index.to_numpy(), values.to_numpy())
    axes.set_ylim(0, 100)

    assert not verdict(by_id("cars-1"), axes).right


def test_bars_under_the_wrong_names_are_wrong() -> None:
    values = horsepower("mean")
    _, axes = plt.subplots()

    axes.bar(range(3), values.to_numpy())
    axes.set_xticks(range(3), list(values.index[::-1]))

    assert not verdict(by_id("cars-1"), axes).right


def test_a_line_over_unordered_names_is_wrong_where_only_bars_are_accepted() -> None:
    values = horsepower("mean")
    _, axes = plt.subplots()

    axes.plot(values.index.to_numpy(), values.to_numpy())

    assert verdict(by_id("cars-1"), axes).why == "no bar drawn"


def test_values_in_millions_are_right_only_where_the_label_says_so() -> None:
    goal = by_id("gapminder-3")
    values = goal.accept[0].expected(table(goal)) / 1e6
    _, axes = plt.subplots()
    axes.barh(values.index.to_numpy(), values.to_numpy())

    silent = verdict(goal, axes)
    axes.set_xlabel("Population (millions)")

    assert not silent.right
    assert verdict(goal, axes).right


def test_thinned_year_labels_are_read_in_proportion() -> None:
    goal = by_id("electricity-2")
    values = goal.accept[0].expected(table(goal))
    _, axes = plt.subplots()
    axes.bar(range(len(values)), values.to_numpy())

    axes.set_xticks(range(0, len(values), 4), list(values.index[::4]))

    assert verdict(goal, axes).right


def test_lines_without_names_are_wrong_where_the_series_must_be_told_apart() -> None:
    goal = by_id("stocks-5")
    values = goal.accept[0].expected(table(goal)).unstack()  # noqa: PD010 - a pivot is meant
    _, axes = plt.subplots()
    lines = [axes.plot(pd.to_datetime(pd.Series(values.index)), values[n])[0] for n in values]

    unnamed = verdict(goal, axes)
    for line, name in zip(lines, values, strict=True):
        axes.text(mdates.date2num(pd.Timestamp(2010, 3, 1)), 100, name, color=line.get_color())

    assert not unnamed.right
    assert verdict(goal, axes).right


def test_swapped_legend_entries_are_wrong() -> None:
    goal = by_id("iris-1")
    expected = goal.accept[0].expected(table(goal))
    _, axes = plt.subplots()
    names = {"setosa": "virginica", "virginica": "setosa", "versicolor": "versicolor"}

    for name, part in expected.groupby("species"):
        axes.scatter(part.petalWidth, part.petalLength, label=names[str(name)])
    axes.legend()

    assert verdict(goal, axes).why == "right points, wrong colours or axes"


def test_a_scatter_may_be_flipped_only_where_the_goal_names_no_axes() -> None:
    free, fixed = by_id("airports-5"), by_id("airports-3")

    verdicts: list[bool] = []
    for goal in (free, fixed):
        values = goal.accept[0].expected(table(goal))
        _, axes = plt.subplots()
        axes.scatter(values.latitude, values.longitude)
        verdicts.append(verdict(goal, axes).right)

    assert verdicts == [True, False]


def test_points_outside_the_view_do_not_count() -> None:
    goal = by_id("airports-3")
    values = goal.accept[0].expected(table(goal))
    _, axes = plt.subplots()
    axes.scatter(values.longitude, values.latitude)

    axes.set_xlim(-130, -60)

    assert not verdict(goal, axes).right


def test_a_density_histogram_is_right_and_gaps_between_bins_are_not() -> None:
    goal = by_id("iris-3")
    values = goal.accept[0].expected(table(goal))

    verdicts: list[bool] = []
    for density, width in ((True, 1.0), (False, 0.5)):
        _, axes = plt.subplots()
        axes.hist(values, bins=9, density=density, rwidth=width)
        verdicts.append(verdict(goal, axes).right)

    assert verdicts == [True, False]


def test_any_chart_of_an_impossible_goal_is_wrong() -> None:
    values = horsepower("mean")
    _, axes = plt.subplots()

    axes.bar(values.index.to_numpy(), values.to_numpy())

    assert not verdict(by_id("impossible-1"), axes).right


PROGRAM = """
import matplotlib.pyplot as plt
import pandas as pd  # pyright: ignore[reportMissingTypeStubs] - pandas ships none

df = pd.read_csv("cars.csv")
values = df.groupby("Origin")["Horsepower"].{aggregate}()
fig, ax = plt.subplots()
ax.bar(values.index, values)
ax.set_title("Horsepower by origin")
{save}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("aggregate", "save", "expected"),
    [
        ("mean", 'fig.savefig("chart.png")', "right"),
        ("sum", 'fig.savefig("chart.png")', "wrong"),
        ("mean", "", "right"),
        ("nonsense", 'fig.savefig("chart.png")', "crashed"),
    ],
)
def test_a_program_is_run_and_judged(aggregate: str, save: str, expected: str) -> None:
    code = PROGRAM.format(aggregate=aggregate, save=save)

    found, why = charts.judge_program(by_id("cars-1"), charts.TABLES / "cars.csv", code)

    assert found == expected
    assert bool(why) == (expected != "right")


@pytest.mark.slow
def test_a_goal_goes_through_the_loop_and_first_and_best_chart_are_judged() -> None:
    save = 'fig.savefig("chart.png")'
    wrong, right = (PROGRAM.format(aggregate=name, save=save) for name in ("sum", "mean"))

    result = charts.run_goal(
        by_id("cars-1"),
        refinement_off=True,
        writer=ScriptedWriter([wrong, right]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({wrong: 4.0, right: 10.0}),
    )

    assert (result.first_verdict, result.verdict) == ("wrong", "right")
    assert (result.accepted, result.first_accepted, result.off_accepted) == (True, False, False)
    assert (result.rounds, result.scores) == (2, (4.0, 10.0))


def test_a_goal_the_writer_gives_up_at_once_is_refused() -> None:
    result = charts.run_goal(
        by_id("impossible-1"),
        refinement_off=True,
        writer=ScriptedWriter([]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({}),
    )

    assert result.verdict == "refused"
    assert result.why


def test_results_are_counted_by_table_and_written_between_their_marks(tmp_path: Path) -> None:
    results = [
        chart_results.Result(by_id("cars-1"), "right", rounds=2, accepted=True, off_accepted=False),
        chart_results.Result(by_id("cars-2"), "refused", why="no column"),
        chart_results.Result(by_id("impossible-1"), "refused"),
    ]
    path = tmp_path / "RESULTS.md"
    path.write_text("# Results\n\nkept\n", encoding="utf-8")

    text = chart_results.tables(results, "goals")
    chart_results.write(path, "goals", "old")
    chart_results.write(path, "goals", text)

    written = path.read_text(encoding="utf-8")
    assert "| cars | 2 | 1 | 0 | 1 | 0 | 0 | 1 | 0 | 0.0 |" in text
    assert "1 of 1 refused" in text
    assert "kept" in written
    assert text in written
    assert "old" not in written
