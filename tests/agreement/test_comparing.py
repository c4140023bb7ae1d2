"""Critics against what is right."""

from __future__ import annotations

import importlib
import random
from collections.abc import Mapping
from typing import Any

import pytest

from critique_loop.agreement.bootstrap import Resampling
from critique_loop.agreement.comparing import among_persons, compare
from critique_loop.agreement.confusion import Confusion
from critique_loop.agreement.ratings import Place, Rating
from critique_loop.agreement.references import Reference, Truth

metrics: Any = importlib.import_module("sklearn.metrics")
stats: Any = importlib.import_module("scipy.stats")
krippendorff: Any = importlib.import_module("krippendorff")
QUICK = Resampling(200)


def drawn(n: int) -> tuple[list[Rating], dict[Place, Truth]]:
    dice = random.Random(n)  # noqa: S311 - a draw, no secret
    ratings: list[Rating] = []
    truths: dict[Place, Truth] = {}
    for number in range(n):
        place = Place(f"run {number // 2}", number % 2, "tone")
        right = dice.randint(0, 10)
        mark = min(10, max(0, right + dice.randint(-3, 2)))
        ratings.append(Rating(place, "judge", float(mark), 6.0, dice.random()))
        truths[place] = Truth((float(right),))
    return ratings, truths


def test_a_row_holds_what_scipy_and_scikit_learn_compute() -> None:
    ratings, truths = drawn(60)

    (row,) = compare(ratings, Reference("persons", truths), resampling=QUICK)

    marks = [round(r.value or 0) for r in ratings]
    right = [round(truths[r.place].value or 0) for r in ratings]
    passed, should = [m >= 6 for m in marks], [m >= 6 for m in right]
    correct = [p == s for p, s in zip(passed, should, strict=True)]
    found = {
        "kappa": metrics.cohen_kappa_score(passed, should),
        "weighted_kappa": metrics.cohen_kappa_score(
            marks, right, weights="quadratic", labels=list(range(11))
        ),
        "spearman": stats.spearmanr(marks, right).statistic,
        "kendall": stats.kendalltau(marks, right).statistic,
        "bias": sum(marks) / 60 - sum(right) / 60,
        "mean_absolute_difference": metrics.mean_absolute_error(marks, right),
        "brier": metrics.brier_score_loss(correct, [r.confidence for r in ratings]),
    }
    assert {name: getattr(row, name).value for name in found} == pytest.approx(found)
    assert (row.dimension, row.rater, row.n, row.runs, row.unscored) == ("tone", "judge", 60, 30, 0)
    low, middle, high = row.kappa.low, row.kappa.value, row.kappa.high
    assert low is not None
    assert middle is not None
    assert high is not None
    assert low < middle < high


def test_what_either_left_unscored_is_not_compared_but_counted() -> None:
    ratings, truths = drawn(10)
    ratings[0] = Rating(ratings[0].place, "judge", None, 6.0)
    del truths[ratings[1].place]

    (row,) = compare(ratings, Reference("persons", truths), resampling=QUICK)

    assert (row.n, row.unscored) == (8, 1)
    assert row.brier.n == 8


def test_a_reference_of_passes_has_a_kappa_and_no_marks_to_weigh() -> None:
    ratings, truths = drawn(20)
    only: Mapping[Place, Truth] = {
        place: Truth(passed=(truth.value or 0) >= 6) for place, truth in truths.items()
    }

    (row,) = compare(ratings, Reference("tests", only), resampling=QUICK)
    (with_marks,) = compare(ratings, Reference("tests", truths), resampling=QUICK)

    assert row.kappa == with_marks.kappa
    assert row.confusion == with_marks.confusion
    assert row.weighted_kappa.value is None
    assert row.weighted_kappa.undefined == "the reference says only what passes"
    assert row.alpha.value is None


def test_with_nothing_to_compare_with_nothing_is_a_number() -> None:
    ratings, _ = drawn(6)

    (row,) = compare(ratings, Reference("persons", {}), resampling=QUICK)

    assert (row.n, row.confusion) == (0, Confusion())
    numbers = ("kappa", "weighted_kappa", "alpha", "brier", "spearman", "kendall", "bias")
    assert {getattr(row, name).value for name in numbers} == {None}
    assert row.kappa.undefined == "nothing was rated by both"


def test_each_rater_and_dimension_has_a_row() -> None:
    ratings, truths = drawn(4)
    other = [Rating(Place(r.place.run_id, 9, "right"), "b", 1.0, 7.0) for r in ratings]

    rows = compare([*ratings, *other], Reference("persons", truths), resampling=QUICK)

    assert [(row.dimension, row.rater, row.n) for row in rows] == [
        ("tone", "judge", 4),
        ("right", "b", 0),
    ]


def test_persons_agree_among_themselves_where_two_scored_the_same() -> None:
    truths = {
        Place("a", 1, "tone"): Truth((2.0, 3.0)),
        Place("b", 1, "tone"): Truth((8.0, 8.0, 9.0)),
        Place("c", 1, "tone"): Truth((5.0,)),
    }

    found = among_persons(Reference("persons", truths), "tone", resampling=QUICK)
    alone = among_persons(Reference("persons", truths), "right", resampling=QUICK)

    assert found.n == 2
    expected = krippendorff.alpha(
        [[2, 8], [3, 8], [float("nan"), 9]], level_of_measurement="interval"
    )
    assert found.value == pytest.approx(expected)
    assert (alone.value, alone.n) == (None, 0)
