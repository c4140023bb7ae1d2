"""Decisions at the pass mark against scikit-learn, Wilson's interval against SciPy."""

from __future__ import annotations

import importlib
import random
from typing import Any

import pytest

from critique_loop.agreement.confusion import Confusion, wilson

metrics: Any = importlib.import_module("sklearn.metrics")
stats: Any = importlib.import_module("scipy.stats")


@pytest.mark.parametrize("seed", range(20))
def test_the_counts_and_shares_are_those_of_scikit_learn(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    decided = [dice.random() < 0.6 for _ in range(dice.randint(2, 50))]
    right = [d if dice.random() < 0.7 else not d for d in decided]
    decided, right = [*decided, True], [*right, True]

    found = Confusion.of(zip(decided, right, strict=True))

    (tn, fp), (fn, tp) = metrics.confusion_matrix(right, decided, labels=[False, True]).tolist()
    assert found == Confusion(tp=tp, fp=fp, fn=fn, tn=tn)
    assert found.precision.value == pytest.approx(metrics.precision_score(right, decided))
    assert found.recall.value == pytest.approx(metrics.recall_score(right, decided))
    assert found.accuracy.value == pytest.approx(metrics.accuracy_score(right, decided))


@pytest.mark.parametrize("n", [1, 2, 7, 40, 1000])
@pytest.mark.parametrize("level", [0.5, 0.95, 0.99])
def test_the_interval_is_that_of_scipy(n: int, level: float) -> None:
    for successes in {0, 1, n // 3, n - 1, n}:
        found = wilson(successes, n, level=level)

        expected = stats.binomtest(successes, n).proportion_ci(level, method="wilson")
        assert found.low == pytest.approx(expected.low, abs=1e-12)
        assert found.high == pytest.approx(expected.high, abs=1e-12)
        assert found.value == successes / n


def test_a_share_of_nothing_is_undefined_and_says_why() -> None:
    found = Confusion.of([(False, False)])

    assert (found.precision.value, found.precision.undefined) == (None, "nothing was passed")
    assert (found.recall.value, found.recall.undefined) == (None, "nothing should have passed")
    assert found.accuracy.value == 1
    assert Confusion().accuracy.value is None
