"""Numbers that may be undefined, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

NOTHING = "nothing was rated by both"


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number, or None with ``undefined`` saying why there is none; never 0 or NaN for that."""

    value: float | None
    undefined: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number from ``n`` items of a sample, and the interval it lies in.

    ``low`` and ``high`` are None where there is no interval; ``note`` says why, or how far the
    interval is to be believed. ``value`` is as that of a ``Statistic``.
    """

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None
    undefined: str = ""
    note: str = ""

    def __str__(self) -> str:
        """Return it as ``0.62 [0.41, 0.80]``, a hyphen where it is undefined."""
        if self.value is None:
            return "-"
        if self.low is None or self.high is None:
            return f"{self.value:.2f}"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"
