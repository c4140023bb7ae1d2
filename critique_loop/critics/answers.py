"""From a model's answers to scores: nothing is scored that was not said."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from critique_loop.critics.middle import middle, spread_of
from critique_loop.critics.prompting import Asked
from critique_loop.models import confidence
from critique_loop.values import Choice, Finding, Score, Severity, Vote

_LONGEST = 1000
_UNKNOWN_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class Mark:
    """What one answer says of one dimension; ``probability`` is None where no tokens tell it."""

    level: int
    evidence: str
    advice: str
    probability: float | None


@dataclass(frozen=True, slots=True)
class Judged:
    """The score of one dimension over all samples, and how far these are apart.

    ``doubt`` says why its evidence is not believed.
    """

    score: Score
    spread: float | None
    doubt: str = ""

    @property
    def is_claim(self) -> bool:
        """Whether something was said whose evidence could be looked up."""
        return bool(self.doubt) or self.score.value is not None


def mark_of(choice: Choice, asked: Asked) -> Mark | None:
    """Return what ``choice`` says of a dimension, None where it has no valid score for it."""
    entry = (choice.data or {}).get(asked.key)
    if not isinstance(entry, Mapping):
        return None
    said = cast("Mapping[str, object]", entry)
    level = said.get("score")
    if not isinstance(level, int) or isinstance(level, bool) or level not in asked.levels:
        return None
    sure = confidence.of_field(choice, (asked.key, "score"), asked.levels)
    return Mark(
        level,
        _text(said.get("evidence")),
        _text(said.get("advice")),
        None if sure is None else sure.probability,
    )


def _text(value: object) -> str:
    return value.strip()[:_LONGEST] if isinstance(value, str) else ""


def judged(asked: Asked, marks: Sequence[Mark], *, why_none: str, by: str) -> Judged:
    """Return the middle one of ``marks``, one for each sample, with its words.

    Several are votes of their samples; of an even number the lower one counts.
    """
    dimension = asked.dimension
    if not marks:
        unscored = Score(dimension.name, None, dimension.pass_mark, unscored=why_none, by=by)
        return Judged(unscored, None)
    levels = [mark.level for mark in marks]
    value = middle(levels)
    teller = next(mark for mark in marks if mark.level == value)
    votes = (Vote(f"sample {n}", float(level)) for n, level in enumerate(levels, 1))
    score = Score(
        dimension=dimension.name,
        value=value,
        pass_mark=dimension.pass_mark,
        evidence=(teller.evidence,) if teller.evidence else (),
        advice=teller.advice,
        confidence=_confidence(marks),
        by=by,
        votes=tuple(votes) if len(marks) > 1 else (),
        spread=spread_of(levels) if len(marks) > 1 else None,
    )
    return Judged(score, score.spread)


def _confidence(marks: Sequence[Mark]) -> float | None:
    """Return the mean probability of what was chosen, else the share of samples that agree."""
    known = [mark.probability for mark in marks if mark.probability is not None]
    if len(known) == len(marks):
        return round(min(1.0, statistics.fmean(known)), 4)
    if len(marks) > 1:
        [(_, number)] = Counter(mark.level for mark in marks).most_common(1)
        return round(number / len(marks), 4)
    return None


def suggestion(score: Score, key: str) -> Finding | None:
    """Return the advice of a score as a finding that can be applied or skipped."""
    if score.value is None or not score.advice:
        return None
    return Finding(
        code=f"judged_{key}",
        severity=Severity.NOTE if score.passed else Severity.WARNING,
        message=" ".join(score.evidence) or f"{score.dimension}: {score.value:g}",
        advice=score.advice,
        dimension=score.dimension,
        confidence=_UNKNOWN_CONFIDENCE if score.confidence is None else score.confidence,
    )
