"""What is averaged or added up over is no axis."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from critique_loop.errors import WriterGaveUp
from critique_loop.values import Table
from critique_loop.writers.linking import link
from critique_loop.writers.planning import plan
from critique_loop.writers.spec import Spec


@pytest.mark.parametrize(
    ("name", "goal", "expected"),
    [
        ("barley", "How did Manchuria do at each site? Show its yield, averaged over the years.",
         "bar mean(yield) by site where variety in [Manchuria]"),
        ("barley", "average yield by site over all years", "bar mean(yield) by site"),
        ("barley", "average yield by site across all varieties", "bar mean(yield) by site"),
        ("barley", "average yield across all sites", "bar mean(yield) by site"),
        ("barley", "average yield across all sites and years", "bar mean(yield) by site/year"),
        ("barley", "yield by variety, averaged over the two years", "bar mean(yield) by variety"),
        ("electricity", "net generation by source, total over the years",
         "bar sum(net_generation) by source"),
        ("electricity", "total net generation over the years by source",
         "line sum(net_generation) by year/source"),
        ("electricity", "total net generation per year, all sources together",
         "line sum(net_generation) by year"),
        ("gapminder", "average life expectancy over time", "line mean(lifeExp) by year"),
    ],
)  # fmt: skip
def test_what_is_put_together_is_no_axis(
    name: str,
    goal: str,
    expected: str,
    table: Callable[[str], Table],
    signature: Callable[[Spec, Table], str],
) -> None:
    data = table(name)

    assert signature(plan(link(goal, data, {}), data), data) == expected


@pytest.mark.parametrize(
    ("name", "goal"),
    [
        ("barley", "average yield over time, averaged over the years"),
        ("gapminder", "total population by continent, all years together"),
        ("gapminder", "total population over all continents in 2007"),
        ("stocks", "price of MSFT and IBM together over time"),
        ("stocks", "highest rise of the price by symbol"),
        ("gapminder", "How much did life expectancy change from 1952 to 2007 by continent?"),
    ],
)
def test_what_could_be_two_numbers_is_refused(
    name: str, goal: str, table: Callable[[str], Table]
) -> None:
    data = table(name)

    with pytest.raises(WriterGaveUp):
        plan(link(goal, data, {}), data)
