"""What each step of an export saw, and what it left out and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum


def counted(number: int, name: str) -> str:
    """Return a number of things in words: "1 row", "2,000 rows"."""
    return f"{number:,} {name}{'' if number == 1 else 's'}"


class Stage(StrEnum):
    """What comes after what, from a store to rows."""

    RUNS = "runs"
    ROUNDS = "rounds"
    EXAMPLES = "examples"
    TOKENS = "tokens"
    SPLIT = "split"
    RULES = "row rules"


@dataclass(frozen=True, slots=True)
class Dropped:
    """One line of the table: which step left out how many, and why."""

    step: Stage
    why: str
    number: int


@dataclass(slots=True)
class Counts:
    """Counts what comes into each step and what it leaves out."""

    seen: Counter[Stage] = field(default_factory=Counter[Stage])
    _dropped: dict[Stage, Counter[str]] = field(default_factory=dict[Stage, Counter[str]])

    def see(self, step: Stage) -> None:
        """Note that something has come to ``step``."""
        self.seen[step] += 1

    def drop(self, step: Stage, why: str, number: int = 1) -> None:
        """Note that ``step`` leaves ``number`` out, because of ``why``."""
        self._dropped.setdefault(step, Counter())[why] += number

    def left_out(self, step: Stage) -> int:
        """Return how many ``step`` left out so far, for whatever reason."""
        return self._dropped.get(step, Counter[str]()).total()

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """What was left out, in the order of the steps, the most frequent reason first."""
        steps = sorted(self._dropped, key=list(Stage).index)
        return tuple(
            Dropped(step, why, number)
            for step, reasons in ((step, self._dropped[step]) for step in steps)
            for why, number in sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        )
