"""Defects to put into clean charts, one at a time: each is a small edit of the chart's program."""

from __future__ import annotations

from dataclasses import dataclass

_SAVE = "plt.savefig("


@dataclass(frozen=True)
class Defect:
    """Replace ``old`` by ``new`` in a clean chart, and ``code`` must be found."""

    code: str
    chart: str
    old: str
    new: str

    @property
    def name(self) -> str:
        """What a test report calls it."""
        change = " ".join(self.new.split())[:40] or f"without {' '.join(self.old.split())[:40]}"
        return f"{self.code}-{self.chart}-{change}"


def before_saving(code: str, chart: str, extra: str) -> Defect:
    """Add a statement just before the chart is saved."""
    return Defect(code, chart, _SAVE, f"{extra}\n{_SAVE}")
