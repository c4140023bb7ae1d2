"""Alpha against the krippendorff package, and Krippendorff's own example."""

from __future__ import annotations

import importlib
import random
from typing import Any

import pytest

from critique_loop.agreement.alpha import Level, krippendorff_alpha

krippendorff: Any = importlib.import_module("krippendorff")
NAN = float("nan")
LEVELS: tuple[Level, ...] = ("nominal", "ordinal", "interval")

# Krippendorff (2011), "C. Nominal data, any number of observers, missing data".
BY_RATER = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_published_example_comes_out(level: Level, published: float) -> None:
    found = krippendorff_alpha(list(zip(*BY_RATER, strict=True)), level=level)

    assert found.value == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("seed", range(25))
def test_random_ratings_with_gaps_agree_with_the_other_package(seed: int, level: Level) -> None:
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    raters = dice.randint(2, 5)
    units: list[list[float | None]] = []
    for _ in range(dice.randint(2, 40)):
        true = dice.randint(0, 10)
        units.append(
            [
                None
                if dice.random() < 0.3
                else true
                if dice.random() < 0.7
                else dice.randint(0, 10)
                for _ in range(raters)
            ]
        )
    gaps: list[float | None] = [None] * (raters - 2)
    units += [[1.0, 2.0, *gaps], [2.0, 2.0, *gaps]]  # never one pair alone, never all equal

    found = krippendorff_alpha(units, level=level)

    rows = [[NAN if r is None else float(r) for r in row] for row in zip(*units, strict=True)]
    expected = krippendorff.alpha(reliability_data=rows, level_of_measurement=level)
    assert found.value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("level", LEVELS)
def test_perfect_agreement_is_one(level: Level) -> None:
    assert krippendorff_alpha([[1, 1], [2, 2, 2], [3, 3]], level=level).value == 1


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("units", "why"),
    [
        ([], "rated by two"),
        ([[1.0], [None, 2.0], []], "rated by two"),
        ([[1.0, 2.0], [3.0, None]], "one item"),
        ([[0.1, 0.1], [0.1, 0.1, None]], "one and the same answer"),
    ],
)
def test_what_says_nothing_is_undefined_and_says_why(
    units: list[list[float | None]], why: str, level: Level
) -> None:
    found = krippendorff_alpha(units, level=level)

    assert found.value is None
    assert why in found.undefined
