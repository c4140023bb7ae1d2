"""Whether somebody who says to be 80 % sure is right four times in five.

Brier (1950), "Verification of forecasts expressed in terms of probability"; its parts after
Murphy (1973), "A new vector partition of the probability score".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from critique_loop.agreement.estimates import Statistic

_NO_FORECAST = "no confidence was stated"


@dataclass(frozen=True, slots=True)
class BrierParts:
    """The Brier score as ``reliability - resolution + uncertainty``.

    ``reliability`` is how far stated confidences are from what came true (0 is best),
    ``resolution`` how far what came true differs between confidences (more is better),
    ``uncertainty`` what the base rate alone leaves open.
    """

    reliability: float
    resolution: float
    uncertainty: float


def brier_score(forecasts: Sequence[float], outcomes: Sequence[bool]) -> Statistic:
    """Return the mean squared distance of forecasts (0 to 1) from what came true; 0 is best."""
    if not forecasts:
        return Statistic(None, _NO_FORECAST)
    squares = sum((p - came) ** 2 for p, came in zip(forecasts, outcomes, strict=True))
    return Statistic(squares / len(forecasts))


def brier_parts(forecasts: Sequence[float], outcomes: Sequence[bool]) -> BrierParts | None:
    """Return the parts of the Brier score, with equal forecasts as groups; None for nothing."""
    n = len(forecasts)
    if n == 0:
        return None
    groups: defaultdict[float, list[bool]] = defaultdict(list)
    for forecast, came in zip(forecasts, outcomes, strict=True):
        groups[forecast].append(came)
    base = sum(outcomes) / n
    rates = [(p, len(group), sum(group) / len(group)) for p, group in groups.items()]
    return BrierParts(
        reliability=sum(size * (p - rate) ** 2 for p, size, rate in rates) / n,
        resolution=sum(size * (rate - base) ** 2 for _, size, rate in rates) / n,
        uncertainty=base * (1 - base),
    )
