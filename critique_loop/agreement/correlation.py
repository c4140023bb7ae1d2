"""Whether two raters order things alike, and how far their scores are apart."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from math import sqrt

from critique_loop.agreement.estimates import NOTHING, Statistic

_ONE = "one item has no order"
_CONSTANT = "one of them gave the same score throughout, so there is no order"


def bias(first: Sequence[float], second: Sequence[float]) -> Statistic:
    """Return how much higher the first rater scores than the second, on average."""
    if not first:
        return Statistic(None, NOTHING)
    return Statistic(sum(a - b for a, b in zip(first, second, strict=True)) / len(first))


def mean_absolute_difference(first: Sequence[float], second: Sequence[float]) -> Statistic:
    """Return how far two raters' scores are apart, on average."""
    if not first:
        return Statistic(None, NOTHING)
    return Statistic(sum(abs(a - b) for a, b in zip(first, second, strict=True)) / len(first))


def spearman(first: Sequence[float], second: Sequence[float]) -> Statistic:
    """Return the correlation of ranks, -1 to 1; ties share the mean of their ranks."""
    missing = _no_order(first, second)
    if missing is not None:
        return missing
    a, b = _ranks(first), _ranks(second)
    middle = (len(a) + 1) / 2
    together = sum((x - middle) * (y - middle) for x, y in zip(a, b, strict=True))
    spread = sum((x - middle) ** 2 for x in a) * sum((y - middle) ** 2 for y in b)
    return Statistic(max(-1.0, min(1.0, together / sqrt(spread))))


def kendall_tau_b(first: Sequence[float], second: Sequence[float]) -> Statistic:
    """Return how many more pairs are ordered alike than not, -1 to 1, corrected for ties.

    Kendall (1945), "The treatment of ties in ranking problems".
    """
    missing = _no_order(first, second)
    if missing is not None:
        return missing
    pairs = sorted(zip(first, second, strict=True))
    n = len(pairs)
    total = n * (n - 1) // 2
    tied_first, tied_second, tied_both = _tied(first), _tied(second), _tied(pairs)
    discordant = 0
    before: list[float] = []
    for _, y in pairs:  # in order of x, so a larger y before this one is in the wrong order
        discordant += len(before) - bisect_right(before, y)
        insort(before, y)
    alike = total - tied_first - tied_second + tied_both - 2 * discordant
    return Statistic(alike / sqrt((total - tied_first) * (total - tied_second)))


def _no_order(first: Sequence[float], second: Sequence[float]) -> Statistic | None:
    if len(first) <= 1:
        return Statistic(None, _ONE if first else NOTHING)
    if len(set(first)) == 1 or len(set(second)) == 1:
        return Statistic(None, _CONSTANT)
    return None


def _ranks(values: Sequence[float]) -> list[float]:
    counts = Counter(values)
    rank: dict[float, float] = {}
    below = 0
    for value in sorted(counts):
        rank[value] = below + (counts[value] + 1) / 2
        below += counts[value]
    return [rank[value] for value in values]


def _tied(values: Iterable[Hashable]) -> int:
    """Return how many pairs are equal."""
    return sum(count * (count - 1) // 2 for count in Counter(values).values())
