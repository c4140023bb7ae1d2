"""What the rows of an export are made of, counted as they go by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from critique_loop.values import Example

_MOST_NAMES = 10_000
_OTHERS = "(others)"


@dataclass(slots=True)
class Contents:
    """Counts rows by where they come from; of many names the first ten thousand are told apart."""

    rows: int = 0
    accepted: int = 0
    sources: Counter[str] = field(default_factory=Counter[str])
    rubrics: Counter[str] = field(default_factory=Counter[str])
    critics: Counter[str] = field(default_factory=Counter[str])
    writers: Counter[str] = field(default_factory=Counter[str])
    models: Counter[str] = field(default_factory=Counter[str])
    definitions: Counter[str] = field(default_factory=Counter[str])
    kinds: Counter[str] = field(default_factory=Counter[str])
    scored_by: Counter[str] = field(default_factory=Counter[str])
    licences: Counter[str] = field(default_factory=Counter[str])
    least_score: float | None = None
    most_score: float | None = None

    def add(self, example: Example) -> None:
        """Count one row."""
        origin = example.provenance
        self.rows += 1
        self.accepted += origin.accepted
        for counter, name in (
            (self.rubrics, origin.rubric),
            (self.critics, origin.critic),
            (self.writers, origin.writer),
            (self.models, origin.model),
            (self.definitions, origin.definition),
            (self.kinds, origin.task_kind),
            (self.scored_by, origin.scored_by),
        ):
            _count(counter, name)
        for source in origin.sources:
            _count(self.sources, source)
        for licence in origin.licences:
            _count(self.licences, licence)
        if origin.score is not None:
            self.least_score = _least(self.least_score, origin.score)
            self.most_score = -_least(_minus(self.most_score), -origin.score)

    def plain(self) -> dict[str, object]:
        """Return the counts as JSON types, the most frequent names first."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "scores": {"least": self.least_score, "most": self.most_score},
            "task_kinds": _sorted(self.kinds),
            "sources": _sorted(self.sources),
            "rubrics": _sorted(self.rubrics),
            "critics": _sorted(self.critics),
            "scored_by": _sorted(self.scored_by),
            "writers": _sorted(self.writers),
            "models": _sorted(self.models),
            "definitions": _sorted(self.definitions),
            "licences": _sorted(self.licences),
        }


def _count(counter: Counter[str], name: str) -> None:
    if name:
        counter[name if name in counter or len(counter) < _MOST_NAMES else _OTHERS] += 1


def _least(one: float | None, other: float) -> float:
    return other if one is None else min(one, other)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])))
