"""How marks are spread, as bars for a drawing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

BINS = 20
_FULL = 10.0


@dataclass(frozen=True, slots=True)
class Bin:
    """How many marks lie from ``low`` up to ``high``: of runs that were accepted, and of others."""

    low: float
    high: float
    accepted: int
    others: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.accepted + self.others


def histogram(marks: Iterable[tuple[float, bool]], *, bins: int = BINS) -> tuple[Bin, ...]:
    """Count marks from 0 to 10, each with whether its run was accepted; 10 is in the last bin.

    Marks outside that range count as the nearest in it.
    """
    accepted, others = [0] * bins, [0] * bins
    for value, good in marks:
        place = min(max(int(value / _FULL * bins), 0), bins - 1)
        (accepted if good else others)[place] += 1
    width = _FULL / bins
    return tuple(
        Bin(number * width, (number + 1) * width, *counts)
        for number, counts in enumerate(zip(accepted, others, strict=True))
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """The marks of one dimension over many runs; ``passed`` is how many reach the pass mark."""

    name: str
    scored: int
    unscored: int
    passed: int
    mean: float | None
    median: float | None
    bins: tuple[Bin, ...]


def spread(name: str, marks: Sequence[tuple[float | None, bool]]) -> Spread:
    """Sum up the marks of one dimension, each with whether it passed."""
    from statistics import fmean, median  # noqa: PLC0415 - slow to load, and few need it

    values = [value for value, _ in marks if value is not None]
    return Spread(
        name=name,
        scored=len(values),
        unscored=len(marks) - len(values),
        passed=sum(passed for _, passed in marks),
        mean=fmean(values) if values else None,
        median=median(values) if values else None,
        bins=histogram(
            ((value, passed) for value, passed in marks if value is not None), bins=BINS // 2
        ),
    )
