"""The Brier score against scikit-learn's, and its parts against the whole."""

from __future__ import annotations

import importlib
import random
from typing import Any

import pytest

from critique_loop.agreement.calibration import brier_parts, brier_score

metrics: Any = importlib.import_module("sklearn.metrics")


@pytest.mark.parametrize("seed", range(20))
def test_the_score_is_that_of_scikit_learn_and_the_sum_of_its_parts(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    forecasts = [dice.randint(0, 10) / 10 for _ in range(dice.randint(2, 80))]
    outcomes = [True, False, *(dice.random() < p for p in forecasts[2:])]

    score, parts = brier_score(forecasts, outcomes), brier_parts(forecasts, outcomes)

    assert score.value == pytest.approx(metrics.brier_score_loss(outcomes, forecasts), abs=1e-12)
    assert parts is not None
    total = parts.reliability - parts.resolution + parts.uncertainty
    assert total == pytest.approx(score.value, abs=1e-12)


def test_the_parts_mean_what_they_are_called() -> None:
    calibrated = brier_parts([0.5, 0.5, 1.0, 1.0], [True, False, True, True])
    useless = brier_parts([0.75] * 4, [True, False, True, True])

    assert calibrated is not None
    assert useless is not None
    assert calibrated.reliability == 0
    assert calibrated.resolution > 0
    assert (useless.reliability, useless.resolution) == (0, 0)
    assert useless.uncertainty == 0.75 * 0.25


def test_who_is_always_sure_and_right_scores_zero_and_always_wrong_one() -> None:
    assert brier_score([1.0, 0.0], [True, False]).value == 0
    assert brier_score([1.0], [False]).value == 1


def test_without_a_forecast_there_is_no_score() -> None:
    found = brier_score([], [])

    assert (found.value, found.undefined) == (None, "no confidence was stated")
    assert brier_parts([], []) is None
