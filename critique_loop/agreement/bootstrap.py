"""Intervals by resampling: how else a number might have come out.

Efron and Tibshirani (1993), "An introduction to the bootstrap", percentile intervals. What hangs
together (the rounds of one run) is drawn together: Davison and Hinkley (1997), section 3.8.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import TypeVar

from critique_loop.agreement.estimates import Estimate, Statistic

T = TypeVar("T")

_LEAST_DEFINED = 0.5
_EQUAL = 1e-12
FEW = 30
_FEW_CLUSTERS = 10
_FEWEST_CLUSTERS = 5  # four can be drawn in 35 ways only, which no 95 % can be cut from


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often is drawn anew (0: no intervals), from which seed, and the level of intervals."""

    replicates: int = 1000
    seed: int = 0
    level: float = 0.95


def estimates(
    items: Sequence[T],
    measure: Callable[[Sequence[T]], Mapping[str, Statistic]],
    *,
    cluster: Callable[[T], str],
    resampling: Resampling,
) -> dict[str, Estimate]:
    """Return each statistic that ``measure`` finds in ``items`` with its interval.

    ``cluster`` names what an item hangs together with. The same seed gives the same intervals.
    """
    clusters: defaultdict[str, list[T]] = defaultdict(list)
    for item in items:
        clusters[cluster(item)].append(item)
    samples = [measure(sample) for sample in _samples(list(clusters.values()), resampling)]
    missing = Statistic(None)
    size = _Size(len(items), len(clusters))
    return {
        name: _estimate(found, [s.get(name, missing) for s in samples], size, resampling)
        for name, found in measure(items).items()
    }


@dataclass(frozen=True, slots=True)
class _Size:
    items: int
    clusters: int


def _samples(clusters: Sequence[Sequence[T]], resampling: Resampling) -> Iterator[list[T]]:
    if len(clusters) < _FEWEST_CLUSTERS:
        return
    dice = random.Random(resampling.seed)  # noqa: S311 - a draw, no secret
    for _ in range(resampling.replicates):
        yield [item for chosen in dice.choices(clusters, k=len(clusters)) for item in chosen]


def _estimate(
    statistic: Statistic, drawn: Sequence[Statistic], size: _Size, resampling: Resampling
) -> Estimate:
    n = size.items
    if statistic.value is None:
        return Estimate(None, n, undefined=statistic.undefined)
    if not drawn:
        return Estimate(statistic.value, n, note=_none(size) if resampling.replicates else "")
    values = sorted(found.value for found in drawn if found.value is not None)
    if len(values) < _LEAST_DEFINED * len(drawn):
        return Estimate(
            statistic.value, n, note="no interval: most samples like this one leave it undefined"
        )
    if values[-1] - values[0] < _EQUAL:
        return Estimate(statistic.value, n, note="no interval: no sample like this one differs")
    outside = (1 - resampling.level) / 2
    return Estimate(
        statistic.value,
        n,
        low=_quantile(values, outside),
        high=_quantile(values, 1 - outside),
        note=_small(size),
    )


def _none(size: _Size) -> str:
    if size.clusters == size.items:
        return f"n = {size.items}: too few for an interval"
    runs = "one run" if size.clusters == 1 else f"only {size.clusters} runs"
    return f"n = {size.items} from {runs}: too few for an interval"


def _small(size: _Size) -> str:
    if size.items < FEW:
        return f"n = {size.items}: the interval is wide, and rough"
    if size.clusters < _FEW_CLUSTERS:
        return f"only {size.clusters} runs: the interval is rough"
    return ""


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile, linear between neighbours (type 7 of Hyndman and Fan, 1996)."""
    place = share * (len(ordered) - 1)
    below = floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
