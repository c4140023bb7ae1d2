"""Intervals by resampling: against SciPy's, and what the runs do to them."""

from __future__ import annotations

import importlib
import random
from collections.abc import Sequence
from typing import Any

import pytest

from critique_loop.agreement.bootstrap import Resampling, estimates
from critique_loop.agreement.estimates import Estimate, Statistic

stats: Any = importlib.import_module("scipy.stats")
numpy: Any = importlib.import_module("numpy")

Item = tuple[str, float]


def mean(items: Sequence[Item]) -> Statistic:
    if not items:
        return Statistic(None, "nothing")
    return Statistic(sum(value for _, value in items) / len(items))


def once_rare(items: Sequence[Item]) -> Statistic:
    """Be defined for the items themselves, and for two samples of five."""
    return Statistic(1.0 if items.count(("rare", 100.0)) == 1 else None, "not once")


def of_mean(items: Sequence[Item], resampling: Resampling | None = None) -> Estimate:
    return estimates(
        items,
        lambda sample: {"mean": mean(sample)},
        cluster=lambda item: item[0],
        resampling=resampling or Resampling(),
    )["mean"]


def drawn(n: int, *, runs: int, within: float) -> list[Item]:
    dice = random.Random(5)  # noqa: S311 - a draw, no secret
    middle = {f"run {r}": dice.gauss(5, 2) for r in range(runs)}
    return [(run, dice.gauss(middle[run], within)) for i in range(n) for run in [f"run {i % runs}"]]


def test_independent_items_have_the_interval_of_scipy() -> None:
    items = [(str(i), value) for i, (_, value) in enumerate(drawn(80, runs=80, within=1.0))]

    found = of_mean(items, Resampling(4000))

    expected = stats.bootstrap(
        ([value for _, value in items],),
        numpy.mean,
        n_resamples=4000,
        method="percentile",
        rng=1,
    ).confidence_interval
    assert found.low == pytest.approx(expected.low, abs=0.05)
    assert found.high == pytest.approx(expected.high, abs=0.05)
    assert found.note == ""


def test_items_of_one_run_are_drawn_together_so_few_runs_make_a_wide_interval() -> None:
    items = drawn(200, runs=10, within=0.1)
    apart = [(str(i), value) for i, (_, value) in enumerate(items)]

    together, alone = of_mean(items), of_mean(apart)

    assert width(together) > 2 * width(alone)
    assert together.value == alone.value


def test_the_same_seed_gives_the_same_interval_and_another_one_does_not() -> None:
    items = drawn(40, runs=40, within=1.0)

    again = [of_mean(items, Resampling(200, seed)) for seed in (0, 0, 1)]

    assert again[0] == again[1]
    assert again[0] != again[2]


def test_most_intervals_hold_the_truth() -> None:
    dice = random.Random(2)  # noqa: S311 - a draw, no secret
    held = 0
    for _ in range(200):
        found = of_mean([(str(i), dice.gauss(5, 1)) for i in range(40)], Resampling(200))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 5 <= found.high

    assert 172 <= held <= 199  # 0.93 of 200 are expected of this method; four deviations less


@pytest.mark.parametrize(
    ("items", "note"),
    [
        ([("a", 1.0), ("a", 2.0)], "n = 2 from one run: too few for an interval"),
        ([(run, 1.0 + n) for n, run in enumerate("abcd" * 9)], "n = 36 from only 4 runs: too few"),
        ([("a", 1.0), ("b", 2.0)], "n = 2: too few for an interval"),
        ([(run, 1.0) for run in "abcdef"], "no sample like this one differs"),
    ],
)
def test_where_nothing_can_be_drawn_there_is_no_interval(items: list[Item], note: str) -> None:
    found = of_mean(items)

    assert found.value is not None
    assert (found.low, found.high) == (None, None)
    assert note in found.note


def test_a_number_that_most_samples_leave_undefined_has_no_interval() -> None:
    items = [("rare", 100.0), *((str(i), 1.0) for i in range(9))]

    found = estimates(
        items,
        lambda sample: {"once": once_rare(sample)},
        cluster=lambda item: item[0],
        resampling=Resampling(200),
    )["once"]

    assert (found.value, found.low) == (1.0, None)
    assert "undefined" in found.note


def test_few_items_are_said_and_nothing_is_undefined() -> None:
    few = of_mean(drawn(7, runs=7, within=1.0))
    runs = of_mean(drawn(60, runs=6, within=1.0))
    nothing = of_mean([])

    assert few.note == "n = 7: the interval is wide, and rough"
    assert runs.note == "only 6 runs: the interval is rough"
    assert nothing == Estimate(None, 0, undefined="nothing")


def test_without_replicates_there_are_only_numbers() -> None:
    found = of_mean(drawn(9, runs=9, within=1.0), Resampling(replicates=0))

    assert found.value is not None
    assert (found.low, found.high, found.note) == (None, None, "")


def width(found: Estimate) -> float:
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low
