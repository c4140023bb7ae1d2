"""The maths of the cascade's benchmark, and the simulated models it rests on."""

from __future__ import annotations

import math
import random
import statistics

import cascade
import cascade_models
import pytest
from cascade_maths import (
    Claim,
    Interval,
    Point,
    area,
    at_cost,
    calibration_error,
    frontier,
    interval,
)
from cascade_models import SMALL_SKILL, VOICES, SimulatedModel, request_for
from cascade_runs import AGREEMENT, THRESHOLDS, Tally, claim, measure
from cascade_tables import table

from critique_loop.models.cascade import Cascade, When

pytestmark = pytest.mark.anyio

SMALL, BIG = Point(1.0, 0.5), Point(11.0, 0.9)


def test_a_frontier_keeps_what_no_mix_of_others_beats() -> None:
    points = [
        Point(1, 0.5),
        Point(2, 0.7),
        Point(3, 0.6),
        Point(4, 0.8),
        Point(3, 0.72),
        Point(5, 0.8),
    ]

    assert frontier(points) == [Point(1, 0.5), Point(2, 0.7), Point(4, 0.8)]


def test_of_two_points_of_one_cost_the_better_one_counts() -> None:
    assert frontier([Point(1, 0.4), Point(1, 0.5), Point(2, 0.6)]) == [Point(1, 0.5), Point(2, 0.6)]


def test_random_routing_has_half_the_area() -> None:
    mixed = [Point(c, at_cost(SMALL, BIG, c)) for c in (2.0, 5.0, 8.0)]

    assert area(mixed, SMALL, BIG) == pytest.approx(0.5)
    assert area([], SMALL, BIG) == pytest.approx(0.5)


def test_the_area_of_a_known_curve_is_known() -> None:
    # From (1, 0.5) up to (6, 0.9) and level from there: half of 0.5, and 0.5.
    assert area([Point(6.0, 0.9)], SMALL, BIG) == pytest.approx(0.75)
    assert area([Point(1.0, 0.9)], SMALL, BIG) == pytest.approx(1.0)


def test_an_area_counts_no_money_beyond_the_big_model() -> None:
    dear = Point(21.0, 1.3)

    # Straight from (1, 0.5) to (21, 1.3) passes 0.9 at 11, so within the range it is the diagonal.
    assert area([dear], SMALL, BIG) == pytest.approx(0.5)


def test_a_cascade_that_is_worse_than_chance_has_no_more_than_chance() -> None:
    assert area([Point(5.0, 0.55), Point(12.0, 0.9)], SMALL, BIG) == pytest.approx(0.5)


@pytest.mark.parametrize(("cost", "quality"), [(1.0, 0.5), (6.0, 0.7), (11.0, 0.9), (30.0, 0.9)])
def test_random_routing_buys_in_proportion(cost: float, quality: float) -> None:
    assert at_cost(SMALL, BIG, cost) == pytest.approx(quality)


def test_calibration_error_is_the_mean_gap_between_words_and_deeds() -> None:
    sure = [Claim(0.95, right=right) for right in (True, True, False, False)]

    assert calibration_error([*sure, *[Claim(0.05, right=False)] * 4]) == pytest.approx(
        (0.45 * 4 + 0.05 * 4) / 8
    )


def test_confidences_of_0_and_1_have_a_bin() -> None:
    assert calibration_error([Claim(0.0, right=False), *[Claim(1.0, right=True)] * 2]) == 0.0


def test_an_interval_holds_the_mean_and_shrinks_with_more_seeds() -> None:
    chance = random.Random(1)  # noqa: S311 - a simulation
    few = [chance.gauss(5.0, 1.0) for _ in range(10)]
    many = [chance.gauss(5.0, 1.0) for _ in range(250)]

    one, other = interval(few), interval(many)

    assert one.low < one.mean < one.high
    assert other.high - other.low < (one.high - one.low) / 2
    assert one == interval(few)
    assert interval([2.0, 2.0]) == Interval(2.0, 2.0, 2.0)


@pytest.mark.slow
async def test_simulated_models_are_as_able_and_as_calibrated_as_stated() -> None:
    questions = cascade_models.items(2_000, 3)
    likely = [1 / (1 + math.exp(item.difficulty - SMALL_SKILL)) for item in questions]
    model = SimulatedModel("small", questions, skill=SMALL_SKILL, cost_usd=1.0, seed=3)
    errors: dict[str, float] = {}

    for kind, voice in VOICES.items():
        model.voice = voice
        claims = [await claim(item, model, 1) for item in questions]
        errors[kind] = calibration_error(claims)
        right = statistics.fmean(claim.right for claim in claims)
        assert right == pytest.approx(statistics.fmean(likely), abs=0.03)

    assert errors["calibrated"] < 0.04
    assert min(error for kind, error in errors.items() if kind != "calibrated") > 0.08


async def test_the_same_seed_gives_the_same_answers_and_another_seed_others() -> None:
    one, again, other = [
        await measure("calibrated", seed=seed, count=40, big_skill=2.5) for seed in (1, 1, 2)
    ]

    assert one == again
    assert one != other


async def test_tallies_are_what_the_cascade_itself_says_it_spent() -> None:
    questions = cascade_models.items(60, 5)
    small = SimulatedModel("small", questions, skill=0.5, cost_usd=1.0, seed=5)
    big = SimulatedModel("big", questions, skill=2.5, cost_usd=10.0, seed=5)
    small.voice = VOICES["calibrated"]
    replies = [
        await Cascade([small, big], when=When(confidence_below=0.6)).complete(request_for(item))
        for item in questions
    ]

    curve = await measure("calibrated", seed=5, count=60, big_skill=2.5)

    tally = curve.cascade[THRESHOLDS.index(0.6)]
    assert tally.at(10.0).cost == pytest.approx(statistics.fmean(r.cost_usd or 0 for r in replies))
    assert tally.big == pytest.approx(statistics.fmean(len(r.escalations) for r in replies))


async def test_the_ends_of_the_threshold_are_the_two_models() -> None:
    curve = await measure("calibrated", seed=7, count=80, big_skill=2.5)

    assert curve.cascade[0] == curve.small
    assert curve.cascade[-1] == Tally(1, 1, curve.big.quality)
    assert curve.gain(0, 10.0) == 0.0


async def test_no_way_to_choose_beats_the_oracle_at_its_rate() -> None:
    curve = await measure("overconfident", seed=7, count=80, big_skill=2.5)

    for ours, best in zip(curve.cascade, curve.oracle, strict=True):
        assert best.big == pytest.approx(ours.big)
        assert best.quality >= ours.quality
    assert curve.oracle_area(10.0) >= curve.area(10.0) >= 0.5


async def test_agreement_pays_for_its_samples() -> None:
    curve = await measure(AGREEMENT, seed=1, count=30, big_skill=2.5)

    assert [tally.small for tally in curve.cascade] == [5.0] * len(THRESHOLDS)


async def test_the_text_holds_a_row_for_each_kind_threshold_and_world() -> None:
    curves = await cascade.run(count=10, seeds=2)
    results = {
        "kinds": cascade.by_kind(curves),
        "thresholds": cascade.by_threshold(curves, "calibrated"),
        "worlds": cascade.by_world(curves),
    }

    text = cascade.text(results, count=10, seeds=2)

    assert [len(rows) for rows in results.values()] == [6, 11, 9]
    assert text.count("\n| ") == 6 + 11 + 9 + 2 * 3


def test_a_figure_inside_a_figure_gets_a_column() -> None:
    rows = [{"kind": "a", "cost": {"ours": 1.0, "theirs": Interval(0.5, 0.25, 1.0)}}]

    assert table(rows).splitlines() == [
        "| kind | cost: ours | cost: theirs |",
        "| --- | --- | --- |",
        "| a | 1.00 | 0.50 (0.25 to 1.00) |",
    ]


def test_an_interval_has_its_names_in_json() -> None:
    assert cascade.plain({"kind": "a", "gain": Interval(0.5, 0.25, 1.0)}) == {
        "kind": "a",
        "gain": {"mean": 0.5, "low": 0.25, "high": 1.0},
    }
