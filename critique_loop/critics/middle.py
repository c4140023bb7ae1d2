"""The middle of several scores, and how far they are apart."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def middle(values: Sequence[float]) -> float:
    """Return the median; of an even number the lower of the two in the middle.

    It is always a score that somebody gave, with evidence for it and a level that is described: the
    mean of two levels is neither. It is the lower one because a draft has to earn its pass: where
    as many let it pass as don't, it has not.
    """
    return float(statistics.median_low(values))


def spread_of(values: Sequence[float]) -> float:
    """Return how far the highest is from the lowest."""
    return float(max(values) - min(values))
