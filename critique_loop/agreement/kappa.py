"""Cohen's kappa: how much more two raters agree than two would who know nothing of each other.

Cohen (1960), "A coefficient of agreement for nominal scales", and (1968), "Weighted kappa".
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import accumulate
from typing import Literal

from critique_loop.agreement.estimates import NOTHING, Statistic

_ONE = "one item can't tell agreement from chance"
_CONSTANT = "both gave one and the same answer throughout, so agreement says nothing"

Weights = Literal["linear", "quadratic"]


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> Statistic:
    """Return kappa of two raters' classes, item by item; every disagreement counts alike."""
    n = len(first)
    if n <= 1:
        return Statistic(None, _ONE if n else NOTHING)
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    of_first, of_second = Counter(first), Counter(second)
    chance = sum(count * of_second[value] for value, count in of_first.items()) / n**2
    if chance == 1:
        return Statistic(None, _CONSTANT)
    return Statistic((agreed - chance) / (1 - chance))


def weighted_kappa(
    first: Sequence[float], second: Sequence[float], *, weights: Weights = "quadratic"
) -> Statistic:
    """Return kappa of two raters' scores, where near is better than far.

    A disagreement weighs as much as the scores are apart (linear), or that squared (quadratic).
    """
    n = len(first)
    if n <= 1:
        return Statistic(None, _ONE if n else NOTHING)
    if len({*first, *second}) == 1:
        return Statistic(None, _CONSTANT)
    pairs = list(zip(first, second, strict=True))
    if weights == "linear":
        observed = sum(abs(a - b) for a, b in pairs) / n
        expected = _mean_distance(first, second)
    else:
        observed = sum((a - b) ** 2 for a, b in pairs) / n
        expected = _mean_square_distance(first, second)
    return Statistic(1 - observed / expected)


def _mean_square_distance(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the mean of (a - b)² over all pairs of one score of each: variances and the bias."""
    n = len(first)
    mean_a, mean_b = sum(first) / n, sum(second) / n
    spread_a = sum((a - mean_a) ** 2 for a in first) / n
    spread_b = sum((b - mean_b) ** 2 for b in second) / n
    return spread_a + spread_b + (mean_a - mean_b) ** 2


def _mean_distance(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the mean of abs(a - b) over all pairs of one score of each, by sorting."""
    n = len(first)
    ordered = sorted(second)
    sums = [0.0, *accumulate(ordered)]
    total = 0.0
    for a in first:
        below = bisect_right(ordered, a)
        total += a * below - sums[below] + (sums[n] - sums[below]) - a * (n - below)
    return total / n**2
