"""Scores of pairwise choices against a logistic regression without penalty."""

from __future__ import annotations

import importlib
import itertools
import random
from typing import Any

import pytest

from critique_loop.agreement.bradley_terry import (
    Contest,
    bradley_terry,
    groups,
    preferred_with,
)

linear: Any = importlib.import_module("sklearn.linear_model")


def drawn(seed: int, names: str = "abcde", n: int = 200) -> list[Contest]:
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    strength = {name: dice.gauss(0, 1) for name in names}
    contests: list[Contest] = []
    for _ in range(n):
        first, second = dice.sample(names, 2)
        won = dice.random() < preferred_with(strength[first] - strength[second])
        contests.append(Contest(first, second, 0.5 if dice.random() < 0.2 else float(won)))
    return contests


def by_regression(contests: list[Contest]) -> dict[str, float]:
    names = sorted({name for c in contests for name in (c.first, c.second)})
    rows: list[list[float]] = []
    won: list[int] = []
    weights: list[float] = []
    for contest in contests:
        row = [float(name == contest.first) - float(name == contest.second) for name in names]
        for outcome, weight in ((1, contest.won), (0, 1 - contest.won)):
            if weight:
                rows.append(row)
                won.append(outcome)
                weights.append(weight)
    model = linear.LogisticRegression(C=1e10, fit_intercept=False, tol=1e-10, max_iter=10_000)
    found = [float(x) for x in model.fit(rows, won, sample_weight=weights).coef_[0]]
    mean = sum(found) / len(found)
    return {name: score - mean for name, score in zip(names, found, strict=True)}


@pytest.mark.parametrize("seed", range(8))
def test_scores_are_those_of_a_logistic_regression(seed: int) -> None:
    contests = drawn(seed)

    found = {name: score.value for name, score in bradley_terry(contests).items()}

    assert found == pytest.approx(by_regression(contests), abs=1e-3)
    assert sum(value or 0.0 for value in found.values()) == pytest.approx(0, abs=1e-9)


def test_three_wins_to_one_is_a_lead_of_log_three() -> None:
    contests = [Contest("a", "b", 1.0)] * 3 + [Contest("b", "a", 1.0)]

    found = bradley_terry(contests)

    a, b = found["a"].value, found["b"].value
    assert a is not None
    assert b is not None
    assert preferred_with(a - b) == pytest.approx(0.75)
    assert preferred_with(b - a) == pytest.approx(0.25)


def test_ties_pull_together() -> None:
    found = bradley_terry([Contest("a", "b", 0.5)] * 4)

    assert [score.value for score in found.values()] == pytest.approx([0, 0])


def test_groups_that_never_met_have_no_common_scale_and_it_is_said() -> None:
    contests = [
        Contest(first, second, won) for first, second in ("ab", "cd") for won in (1.0, 0.0, 1.0)
    ]

    found = bradley_terry(contests)

    assert all(score.value is None for score in found.values())
    assert "never compared" in found["a"].undefined
    assert groups(contests) == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize(
    "contests",
    [
        [Contest("a", "b", 1.0)],
        [Contest("a", "b", 1.0), Contest("b", "c", 1.0)],
        [*drawn(0, "abc"), Contest("a", "unbeaten", 0.0)],
    ],
)
def test_a_lead_without_bound_is_undefined(contests: list[Contest]) -> None:
    found = bradley_terry(contests)

    assert all(score.value is None for score in found.values())
    assert "no bound" in next(iter(found.values())).undefined
    assert len(groups(contests)) == 1


def test_a_long_chain_of_comparisons_has_no_scores_that_settle() -> None:
    names = [f"{n:03}" for n in range(80)]
    pairs = itertools.pairwise(names)

    found = bradley_terry(
        Contest(first, second, won) for first, second in pairs for won in (1.0, 1.0, 0.0)
    )

    assert {score.value for score in found.values()} == {None}
    assert "to settle" in found["000"].undefined


def test_nothing_compared_is_nobody_scored() -> None:
    assert bradley_terry([]) == {}
    assert bradley_terry([Contest("a", "a", 1.0)]) == {}


def test_a_lead_of_any_size_is_a_probability() -> None:
    assert (preferred_with(0), preferred_with(-2000), preferred_with(2000)) == (0.5, 0.0, 1.0)
