"""What each step of an export saw, and what it left out and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dropped:
    """One line of the table: which step left out how many, and why."""

    step: str
    why: str
    number: int


@dataclass(slots=True)
class Counts:
    """Counts what comes into each step and what it leaves out."""

    seen: Counter[str] = field(default_factory=Counter[str])
    _dropped: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])

    def see(self, step: str) -> None:
        """Note that something has come to ``step``."""
        self.seen[step] += 1

    def drop(self, step: str, why: str, number: int = 1) -> None:
        """Note that ``step`` leaves ``number`` out, because of ``why``."""
        self._dropped.setdefault(step, Counter())[why] += number

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """What was left out, by step in the order of the steps, the most frequent reason first."""
        return tuple(
            Dropped(step, why, number)
            for step, reasons in self._dropped.items()
            for why, number in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        )

    def most(self) -> Dropped | None:
        """Return the last step that left something out, with its most frequent reason."""
        lines = self.dropped
        if not lines:
            return None
        last = lines[-1].step
        return next(line for line in lines if line.step == last)
