"""What the rows of an export are made of, counted as they go by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from critique_loop.values import Example

_MOST_NAMES = 10_000
_OTHERS = "(others)"
_MOST_SEEN = 4096
_Names = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


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
    _seen: dict[_Names, int] = field(default_factory=dict[_Names, int])

    def add(self, example: Example) -> None:
        """Count one row."""
        origin = example.provenance
        self.rows += 1
        self.accepted += origin.accepted
        names = (
            origin.rubric,
            origin.critic,
            origin.writer,
            origin.model,
            origin.definition,
            origin.task_kind,
            origin.scored_by,
        )
        # Most rows have the names of others: these are told apart once for all of them.
        key = (names, origin.sources, origin.licences)
        self._seen[key] = self._seen.get(key, 0) + 1
        if len(self._seen) >= _MOST_SEEN:
            self._count()
        score = origin.score
        if score is not None:
            self.least_score = score if self.least_score is None else min(self.least_score, score)
            self.most_score = score if self.most_score is None else max(self.most_score, score)

    def _count(self) -> None:
        """Count the names that were seen since the last time."""
        for (names, sources, licences), number in self._seen.items():
            counters = (
                self.rubrics,
                self.critics,
                self.writers,
                self.models,
                self.definitions,
                self.kinds,
                self.scored_by,
            )
            for counter, name in zip(counters, names, strict=True):
                _count(counter, name, number)
            for source in sources:
                _count(self.sources, source, number)
            for licence in licences:
                _count(self.licences, licence, number)
        self._seen.clear()

    def plain(self) -> dict[str, object]:
        """Return the counts as JSON types, the most frequent names first."""
        self._count()
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


def _count(counter: Counter[str], name: str, number: int) -> None:
    if name:
        counter[name if name in counter or len(counter) < _MOST_NAMES else _OTHERS] += number


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda pair: (-pair[1], pair[0])))
