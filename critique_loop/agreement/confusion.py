"""Who passed what: decisions at the pass mark against what was right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from critique_loop.agreement.estimates import Estimate


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often a pass was right (``tp``) or wrong (``fp``), a fail wrong (``fn``) or right."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    @classmethod
    def of(cls, decisions: Iterable[tuple[bool, bool]]) -> Confusion:
        """Count pairs of (passed, should have passed)."""
        found = list(decisions)
        return cls(
            tp=found.count((True, True)),
            fp=found.count((True, False)),
            fn=found.count((False, True)),
            tn=found.count((False, False)),
        )

    @property
    def precision(self) -> Estimate:
        """The share of right ones among what was passed, with its Wilson interval."""
        return wilson(self.tp, self.tp + self.fp, undefined="nothing was passed")

    @property
    def recall(self) -> Estimate:
        """The share that was passed among what should have been, with its Wilson interval."""
        return wilson(self.tp, self.tp + self.fn, undefined="nothing should have passed")

    @property
    def accuracy(self) -> Estimate:
        """The share of decisions that were right, with its Wilson interval."""
        n = self.tp + self.fp + self.fn + self.tn
        return wilson(self.tp + self.tn, n, undefined="nothing was decided by both")


def wilson(
    successes: float, n: int, *, level: float = 0.95, undefined: str = "there is nothing"
) -> Estimate:
    """Return a share and its interval, which makes sense for few items, none and all, too.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference". It takes
    the items as independent of each other.
    """
    if n == 0:
        return Estimate(None, 0, undefined=undefined)
    share = successes / n
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return Estimate(share, n, low=max(0.0, middle - half), high=min(1.0, middle + half))
