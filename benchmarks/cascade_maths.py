"""What is computed from the runs of a cascade: frontier area, calibration error, intervals."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Point(NamedTuple):
    """What a way to choose models costs for one item, and which share of items it has right."""

    cost: float
    quality: float


class Claim(NamedTuple):
    """How sure a model said it was of an answer, and whether that was right."""

    confidence: float
    right: bool


class Interval(NamedTuple):
    """A mean over seeds, and where it lies in 95 % of the seeds' resamples."""

    mean: float
    low: float
    high: float

    def text(self, digits: int = 2) -> str:
        """Return "mean (low to high)"."""
        return f"{self.mean:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def at_cost(small: Point, big: Point, cost: float) -> float:
    """Return the quality of random routing between two models at a mean cost.

    Beyond the big model's cost more money buys nothing.
    """
    share = (cost - small.cost) / (big.cost - small.cost)
    return small.quality + min(1.0, share) * (big.quality - small.quality)


def frontier(points: Sequence[Point]) -> list[Point]:
    """Return the corners of the best that mixing ``points`` can reach, the cheapest first.

    It is the non-decreasing concave hull of RouterBench (Hu et al. 2024, arXiv:2403.12031): between
    two points one can choose by lot, and what costs more and is worse nobody needs.
    """
    best = max(points, key=lambda p: (p.quality, -p.cost))
    hull: list[Point] = []
    for point in sorted(p for p in points if p.cost <= best.cost):
        if hull and point.cost == hull[-1].cost:
            if point.quality <= hull[-1].quality:
                continue
            hull.pop()
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) <= _slope(hull[-1], point):
            hull.pop()
        hull.append(point)
    return hull


def area(points: Sequence[Point], small: Point, big: Point) -> float:
    """Return the mean quality over the costs from ``small`` to ``big``, 0 as small and 1 as big.

    Both models belong to the choice, so random routing has 0.5, and nothing has less.
    """
    hull = frontier([*points, small, big])
    total = 0.0
    for left, right in pairwise(hull):
        begin, end = max(left.cost, small.cost), min(right.cost, big.cost)
        if begin < end:
            middle = left.quality + _slope(left, right) * ((begin + end) / 2 - left.cost)
            total += (end - begin) * middle
    if hull[-1].cost < big.cost:
        total += (big.cost - max(hull[-1].cost, small.cost)) * hull[-1].quality
    mean = total / (big.cost - small.cost)
    return (mean - small.quality) / (big.quality - small.quality)


def calibration_error(claims: Sequence[Claim], bins: int = 10) -> float:
    """Return the expected calibration error over ``bins`` of equal width.

    The mean over all answers of the gap between confidence and share of right ones in their bin
    (Guo et al. 2017, arXiv:1706.04599, equation 3).
    """
    binned: dict[int, list[Claim]] = {}
    for claim in claims:
        binned.setdefault(min(int(claim.confidence * bins), bins - 1), []).append(claim)
    gaps = [abs(sum(claim.confidence - claim.right for claim in held)) for held in binned.values()]
    return sum(gaps) / len(claims)


def interval(values: Sequence[float], *, resamples: int = 2_000, seed: int = 0) -> Interval:
    """Return the mean over seeds and its 95 % bootstrap interval (percentiles)."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    means = sorted(
        statistics.fmean(chance.choices(values, k=len(values))) for _ in range(resamples)
    )
    return Interval(
        statistics.fmean(values),
        means[round(0.025 * (resamples - 1))],
        means[round(0.975 * (resamples - 1))],
    )


def _slope(left: Point, right: Point) -> float:
    return (right.quality - left.quality) / (right.cost - left.cost)
