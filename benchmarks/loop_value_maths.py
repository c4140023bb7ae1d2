"""Intervals for figures over tasks and seeds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

RESAMPLES = 1000
Grid = Sequence[Sequence[float]]  # one row a seed, one column a task


class Interval(NamedTuple):
    """A figure, and where it lies in 95 % of the resamples (None: it can't be told)."""

    value: float | None
    low: float | None
    high: float | None


def ratio(above: Grid, below: Grid | None = None, *, resamples: int = RESAMPLES) -> Interval:
    """Return the sum of ``above`` by the sum of ``below`` (default: by the number of cells).

    Seeds and tasks are drawn anew independently of each other, since every seed has the same tasks
    (the pigeonhole bootstrap, Owen 2007, doi:10.1214/07-AOAS122). Resamples in which nothing is
    below make the upper end unknown.
    """
    below = below or [[1.0] * len(row) for row in above]
    chance = random.Random(0)  # noqa: S311 - resampling
    found: list[float | None] = []
    for _ in range(resamples):
        seeds = chance.choices(range(len(above)), k=len(above))
        tasks = chance.choices(range(len(above[0])), k=len(above[0]))
        found.append(_ratio(above, below, seeds, tasks))
    known = sorted(value for value in found if value is not None)
    everything = _ratio(above, below, range(len(above)), range(len(above[0])))
    if not known:
        return Interval(everything, None, None)
    low = known[min(len(known) - 1, round(0.025 * (resamples - 1)))]
    high = round(0.975 * (resamples - 1))
    return Interval(everything, low, known[high] if high < len(known) else None)


def _ratio(above: Grid, below: Grid, seeds: Sequence[int], tasks: Sequence[int]) -> float | None:
    total = sum(below[seed][task] for seed in seeds for task in tasks)
    if not total:
        return None
    return sum(above[seed][task] for seed in seeds for task in tasks) / total


def difference(one: Grid, other: Grid) -> Interval:
    """Return the mean of ``one`` less that of ``other``, cell by cell."""
    rows = [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(one, other, strict=True)]
    return ratio(rows)
