"""Loose questions that a precise sentence answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from critique_loop.errors import WriterGaveUp
from critique_loop.values import Table
from critique_loop.writers.linking import link
from critique_loop.writers.planning import plan
from critique_loop.writers.sentences import sentences
from critique_loop.writers.spec import Spec


def test_a_number_with_a_point_is_one_sentence() -> None:
    assert sentences("Tips above 2.5? Show them.") == ["Tips above 2.5?", "Show them."]


@pytest.mark.parametrize(
    ("name", "goal", "expected"),
    [
        ("tips", "On which day do people tip best? Average tip per day.", "bar mean(tip) by day"),
        ("iris", "Which species has the longest petals? Compare the maximum petal length.",
         "bar max(petalLength) by species"),
        ("tips", "Do men or women tip more on average?",
         "bar mean(tip) by sex where sex in [Female, Male]"),
        ("tips", "Which day is best at lunch? Average tip per day.",
         "bar mean(tip) by day where time in [Lunch]"),
        ("stocks", "Hey, what is the highest price every symbol ever reached?",
         "bar max(price) by symbol"),
        ("tips", "median total bill by day, lunch and dinner side by side",
         "bar median(total_bill) by day/time where time in [Dinner, Lunch]"),
        ("weather", "distribution of wind on days when the weather was rain",
         "histogram wind where weather in [rain]"),
        ("tips", "count of parties by size", "bar count by size"),
        ("tips", "Do smokers tip more? Average tip by smoker.", "bar mean(tip) by smoker"),
        ("tips", "Do women tip better? Average tip by sex.", "bar mean(tip) by sex"),
        ("employment", "manufacturing jobs over time", "line raw(manufacturing) by month"),
        ("employment", "For each year, what was the average nonfarm change?",
         "line mean(nonfarm_change) by month:year"),
    ],
)  # fmt: skip
def test_loose_words_change_nothing(
    name: str,
    goal: str,
    expected: str,
    table: Callable[[str], Table],
    signature: Callable[[Spec, Table], str],
) -> None:
    data = table(name)

    assert signature(plan(link(goal, data, {}), data), data) == expected


def test_loose_words_are_told(table: Callable[[str], Table]) -> None:
    request = link("Which species has the longest petals? Mean petal length.", table("iris"), {})

    assert request.not_used == ["longest"]


@pytest.mark.parametrize(
    ("name", "goal"),
    [
        ("cars", "Which country has the best cars? Average mpg by origin."),
        ("gapminder", "Which country is best? Show average life expectancy by continent."),
        ("cars", "average mpg of cars with more horsepower by origin"),
        ("tips", "number of waiters by size"),
        ("tips", "do women tip less on average per day"),
        ("employment", "number of jobs per year"),
        ("cars", "Which origin is best in 1990? Average mpg by origin."),
    ],
)
def test_a_question_about_something_else_is_refused(
    name: str, goal: str, table: Callable[[str], Table]
) -> None:
    data = table(name)

    with pytest.raises(WriterGaveUp):
        plan(link(goal, data, {}), data)
