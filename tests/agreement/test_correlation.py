"""Correlations of ranks against SciPy's."""

from __future__ import annotations

import importlib
import random
from typing import Any

import pytest

from critique_loop.agreement.correlation import (
    bias,
    kendall_tau_b,
    mean_absolute_difference,
    spearman,
)

stats: Any = importlib.import_module("scipy.stats")


def drawn(seed: int) -> tuple[list[float], list[float]]:
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    most = dice.choice([1, 3, 10, 1000])
    first = [float(dice.randint(0, most)) for _ in range(dice.randint(0, 60))]
    second = [a + dice.randint(-2, 2) for a in first]
    return [*first, 0.0, float(most)], [*second, dice.random(), 2.0]


@pytest.mark.parametrize("seed", range(40))
def test_correlations_with_ties_are_those_of_scipy(seed: int) -> None:
    first, second = drawn(seed)

    assert spearman(first, second).value == pytest.approx(
        stats.spearmanr(first, second).statistic, abs=1e-12
    )
    assert kendall_tau_b(first, second).value == pytest.approx(
        stats.kendalltau(first, second).statistic, abs=1e-12
    )


def test_the_same_order_is_one_and_the_reverse_minus_one() -> None:
    assert (spearman([1, 2, 5], [3, 4, 9]).value, kendall_tau_b([1, 2, 5], [3, 4, 9]).value) == (
        1,
        1,
    )
    assert (spearman([1, 2], [2, 1]).value, kendall_tau_b([1, 2], [2, 1]).value) == (-1, -1)


def test_bias_has_a_sign_and_the_absolute_difference_none() -> None:
    assert bias([1, 5], [2, 2]).value == 1
    assert mean_absolute_difference([1, 5], [2, 2]).value == 2
    assert bias([3], [1]).value == 2


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ([], [], "nothing was rated"),
        ([1.0], [2.0], "one item"),
        ([0.1] * 3, [1.0, 2.0, 3.0], "the same score"),
        ([1.0, 2.0], [4.0, 4.0], "the same score"),
    ],
)
def test_what_has_no_order_is_undefined_and_says_why(
    first: list[float], second: list[float], why: str
) -> None:
    for found in (spearman(first, second), kendall_tau_b(first, second)):
        assert found.value is None
        assert why in found.undefined


def test_differences_of_nothing_are_undefined() -> None:
    assert bias([], []).value is None
    assert mean_absolute_difference([], []).value is None
