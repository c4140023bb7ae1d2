"""What the overhead benchmark measured, and the table made of it."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_SAMPLES = 2000
_SEED = 7


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(slots=True)
class Measured:
    """All exchanges of one contender, run by run; MB are resident at the first and the last."""

    name: str
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    cpu_s: list[float] = field(default_factory=list[float])
    wall_s: list[float] = field(default_factory=list[float])
    memory_mb: list[float] = field(default_factory=list[float])

    def plain(self, bases: Sequence[Measured]) -> dict[str, object]:
        """Return it as JSON types, with its ratios to each of ``bases``."""
        return {
            "contender": self.name,
            "versions": dict(self.versions),
            "runs": len(self.cpu_s),
            "cpu_ms": statistics.median(self.cpu_s) * 1e3,
            "wall_ms": statistics.median(self.wall_s) * 1e3,
            "memory_mb": self.memory_mb[-1],
            "memory_grown_mb": self.memory_mb[-1] - self.memory_mb[0],
            "cpu_over": {base.name: _listed(ratio(self.cpu_s, base.cpu_s)) for base in bases},
            "wall_over": {base.name: _listed(ratio(self.wall_s, base.wall_s)) for base in bases},
        }


def _listed(interval: Interval) -> list[float]:
    return [interval.value, interval.low, interval.high]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Return the ratio of the medians; runs are drawn in pairs, as they were made side by side."""
    draws = random.Random(_SEED)  # noqa: S311 - a bootstrap
    runs = range(len(ours))
    found: list[float] = []
    for _ in range(_SAMPLES):
        drawn = draws.choices(runs, k=len(ours))
        found.append(
            statistics.median(ours[i] for i in drawn) / statistics.median(theirs[i] for i in drawn)
        )
    found.sort()
    value = statistics.median(ours) / statistics.median(theirs)
    return Interval(value, found[int(_SAMPLES * 0.025)], found[int(_SAMPLES * 0.975)])


def table(found: Sequence[Measured], bases: Sequence[Measured]) -> str:
    """Return the Markdown table; ratios are to each of ``bases``."""
    heads = ["4-call exchange", "CPU ms: median (quartiles)", "wall ms"]
    heads += [f"CPU over {base.name}" for base in bases]
    heads += [f"wall over {bases[0].name}", "MB", "MB grown"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for one in found:
        low, median, high = (value * 1e3 for value in statistics.quantiles(one.cpu_s, n=4))
        cells = [one.name, f"{median:.1f} ({low:.1f} to {high:.1f})"]
        cells.append(f"{statistics.median(one.wall_s) * 1e3:.1f}")
        cells += [str(ratio(one.cpu_s, base.cpu_s)) for base in bases]
        cells.append(str(ratio(one.wall_s, bases[0].wall_s)))
        cells += [f"{one.memory_mb[-1]:.0f}", f"{one.memory_mb[-1] - one.memory_mb[0]:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def aims(found: Mapping[str, Measured], wanted: Mapping[tuple[str, str], float]) -> str:
    """Return the Markdown table of what was wanted of CPU ratios, and whether it is so."""
    rows = ["| aim: CPU over | wanted | got | |", "|---|---|---|---|"]
    for (one, base), most in wanted.items():
        if one in found and base in found:
            got = ratio(found[one].cpu_s, found[base].cpu_s)
            met = "met" if got.value <= most else "**missed**"
            rows.append(f"| {one} over {base} | <= {most:g} | {got} | {met} |")
    return "\n".join(rows)
