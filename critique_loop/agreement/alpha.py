"""Krippendorff's alpha: agreement of any number of raters, some of whose ratings may be missing.

Krippendorff (2011), "Computing Krippendorff's alpha-reliability".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import accumulate, combinations
from typing import Literal

from critique_loop.agreement.estimates import Statistic

_UNPAIRED = "nothing was rated by two"
_ONE = "one item can't tell agreement from chance"
_CONSTANT = "everyone gave one and the same answer throughout, so agreement says nothing"

Level = Literal["nominal", "ordinal", "interval"]
_Difference = Callable[[float, float], float]


def krippendorff_alpha(
    units: Iterable[Sequence[float | None]], *, level: Level = "interval"
) -> Statistic:
    """Return alpha; each unit holds the ratings one item was given, None where one is missing.

    ``level`` says what differences mean: nothing (nominal), ranks (ordinal), or the square of how
    far two ratings are apart (interval).
    """
    rated = (tuple(rating for rating in unit if rating is not None) for unit in units)
    paired = Counter(unit for unit in rated if len(unit) > 1)
    counts: Counter[float] = Counter()
    for unit, times in paired.items():
        for rating in unit:
            counts[rating] += times
    n = sum(counts.values())
    if n == 0:
        return Statistic(None, _UNPAIRED)
    if paired.total() == 1:
        return Statistic(None, _ONE)
    if len(counts) == 1:
        return Statistic(None, _CONSTANT)
    if level == "interval":
        within, overall = _squares, n * _spread(counts)
    else:
        difference = _nominal if level == "nominal" else _ordinal(counts)
        within, overall = partial(_within, difference), _apart(counts, difference)
    observed = sum(times * within(unit) / (len(unit) - 1) for unit, times in paired.items())
    return Statistic(1 - (n - 1) * observed / overall)


def _within(difference: _Difference, unit: Sequence[float]) -> float:
    return sum(difference(a, b) for a, b in combinations(unit, 2))


def _squares(unit: Sequence[float]) -> float:
    return sum((a - b) ** 2 for a, b in combinations(unit, 2))


def _apart(counts: Counter[float], difference: _Difference) -> float:
    """Return the sum of differences over all unordered pairs of ratings."""
    return sum(counts[a] * counts[b] * difference(a, b) for a, b in combinations(counts, 2))


def _spread(counts: Counter[float]) -> float:
    """Return the sum of squared distances from the mean: times n, that of all pairs."""
    mean = sum(value * count for value, count in counts.items()) / counts.total()
    return sum(count * (value - mean) ** 2 for value, count in counts.items())


def _nominal(first: float, second: float) -> float:
    return float(first != second)


def _ordinal(counts: Counter[float]) -> _Difference:
    """Return the squared number of ratings between two, each end counting half."""
    ordered = sorted(counts)
    upto = dict(zip(ordered, accumulate(counts[value] for value in ordered), strict=True))
    middle = {value: upto[value] - counts[value] / 2 for value in ordered}

    def difference(first: float, second: float) -> float:
        return (middle[first] - middle[second]) ** 2

    return difference
