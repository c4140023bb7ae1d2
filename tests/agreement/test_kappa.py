"""Kappa against scikit-learn's, and where it says nothing."""

from __future__ import annotations

import importlib
import random
from typing import Any

import pytest

from critique_loop.agreement.kappa import Weights, cohen_kappa, weighted_kappa

metrics: Any = importlib.import_module("sklearn.metrics")


def drawn(seed: int) -> tuple[list[int], list[int]]:
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    n, most = dice.randint(2, 60), dice.randint(1, 10)
    first = [dice.randint(0, most) for _ in range(n)]
    second = [a if dice.random() < 0.6 else dice.randint(0, most) for a in first]
    return [*first, 0], [*second, most]  # never all equal


@pytest.mark.parametrize("seed", range(40))
def test_kappa_is_that_of_scikit_learn(seed: int) -> None:
    first, second = drawn(seed)

    found = cohen_kappa(first, second)

    assert found.value == pytest.approx(metrics.cohen_kappa_score(first, second), abs=1e-12)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
@pytest.mark.parametrize("seed", range(40))
def test_weighted_kappa_is_that_of_scikit_learn(seed: int, weights: Weights) -> None:
    first, second = drawn(seed)

    found = weighted_kappa(first, second, weights=weights)

    expected = metrics.cohen_kappa_score(first, second, weights=weights, labels=list(range(11)))
    assert found.value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_scores_between_whole_numbers_weigh_by_how_far_they_are_apart(weights: Weights) -> None:
    halves = ([0.5, 2.0, 9.5, 7.0], [1.0, 2.5, 9.0, 3.0])

    found = weighted_kappa(*halves, weights=weights)

    doubled = [[round(2 * score) for score in scores] for scores in halves]
    expected = metrics.cohen_kappa_score(*doubled, weights=weights, labels=list(range(21)))
    assert found.value == pytest.approx(expected, abs=1e-12)


def test_perfect_agreement_is_one_and_a_constant_rater_agrees_by_chance_only() -> None:
    assert cohen_kappa("aab", "aab").value == 1
    assert weighted_kappa([1, 1, 2], [1, 1, 2]).value == 1
    assert cohen_kappa("aaa", "aab").value == 0
    assert weighted_kappa([0.1, 0.1, 0.1], [0.1, 0.2, 0.3]).value == pytest.approx(0)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ([], [], "nothing was rated"),
        ([1.0], [1.0], "one item"),
        ([1.0], [2.0], "one item"),
        ([0.1] * 3, [0.1] * 3, "one and the same answer"),
    ],
)
def test_what_says_nothing_is_undefined_and_says_why(
    first: list[float], second: list[float], why: str
) -> None:
    for found in (
        cohen_kappa(first, second),
        weighted_kappa(first, second),
        weighted_kappa(first, second, weights="linear"),
    ):
        assert found.value is None
        assert why in found.undefined


def test_lists_of_different_length_are_no_ratings_of_the_same_things() -> None:
    with pytest.raises(ValueError, match="zip"):
        cohen_kappa("ab", "abc")
