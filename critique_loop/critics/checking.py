"""What a critic says, checked: nothing passes on a number that is none, or by a mark of its own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Protocol, cast, runtime_checkable

from critique_loop.values import Dimension, Score, Scorer

FULL = 10.0
_SHOWN = 80


@runtime_checkable
class Scoring(Protocol):
    """A critic that says as what it scores; one that doesn't counts as a model."""

    @property
    def scorer(self) -> Scorer:
        """Measured, model or person."""
        ...


@runtime_checkable
class Seeking(Protocol):
    """A critic that looks for faults, also where no dimension is left for it to score."""

    @property
    def seeks(self) -> bool:
        """Whether it does."""
        ...


def is_seeking(critic: object) -> bool:
    """Return whether ``critic`` wants to be asked whatever is open."""
    return isinstance(critic, Seeking) and bool(critic.seeks)


def scorer_of(critic: object, *, unsaid: Scorer = Scorer.MODEL) -> Scorer:
    """Return as what ``critic`` scores, ``unsaid`` where it doesn't say."""
    return Scorer(critic.scorer) if isinstance(critic, Scoring) else unsaid


def may_score(scorer: Scorer, dimension: Dimension) -> bool:
    """Return whether such a critic may score ``dimension``.

    A person may score any. A gate that is to be measured is never a model's, also where a model is
    among those who may score it: what could not be measured has not passed.
    """
    if scorer is Scorer.PERSON:
        return True
    if is_measured_gate(dimension) and scorer is not Scorer.MEASURED:
        return False
    return scorer in dimension.scorers


def is_measured_gate(dimension: Dimension) -> bool:
    """Return whether ``dimension`` has to be passed, and by measurement."""
    return dimension.gate and Scorer.MEASURED in dimension.scorers


def number_of(value: object) -> float | None:
    """Return a mark from 0 to 10, None for anything else. True is 10, False is 0."""
    if isinstance(value, bool):
        return FULL if value else 0.0
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if 0.0 <= number <= FULL else None  # not a number fails, too


def sound(said: object, dimension: Dimension, *, by: str) -> Score:
    """Return what was ``said`` of ``dimension`` as a score that can be relied on.

    It may be a mark, true or false, a whole ``Score``, or None. The pass mark is the rubric's,
    whatever a score brings along; what is no mark from 0 to 10 is unscored and says why.
    """
    if isinstance(said, Score):
        return _checked(said, dimension, by=said.by or by)
    if said is None:
        return unscored(dimension, f"{by} gave no score", by=by)
    value = number_of(said)
    if value is None:
        return unscored(dimension, f"{by} gave {_shown(said)}, which is no mark", by=by)
    return Score(dimension.name, value, dimension.pass_mark, by=by)


def _checked(score: Score, dimension: Dimension, *, by: str) -> Score:
    said: object = score.value  # what a duck gave
    value = None if isinstance(said, bool) else number_of(said)
    why = score.unscored
    if value is None and said is not None:
        why = f"{by} gave {_shown(said)}, which is no mark"
    return Score(
        dimension=dimension.name,
        value=value,
        pass_mark=dimension.pass_mark,
        evidence=tuple(map(str, score.evidence)),
        advice=str(score.advice),
        unscored="" if value is not None else str(why) or f"{by} gave no score",
        confidence=_share(score.confidence),
        by=by,
        votes=score.votes,
        spread=score.spread,
    )


def _share(value: float | None) -> float | None:
    if value is None or math.isnan(value):
        return None
    return min(1.0, max(0.0, value))


def each(said: Iterable[Score], dimensions: Iterable[Dimension], *, by: str) -> Mapping[str, Score]:
    """Return the sound scores of those ``dimensions`` that were scored, by name.

    A dimension that was scored twice, and not alike, is unscored.
    """
    wanted = {dimension.name: dimension for dimension in dimensions}
    found: dict[str, Score] = {}
    for score in said:
        dimension = wanted.get(score.dimension)
        if dimension is None:
            continue
        kept = sound(score, dimension, by=by)
        before = found.get(dimension.name)
        if before is not None and before.value != kept.value:
            kept = unscored(dimension, f"{by} scored it twice, and not alike", by=by)
        found[dimension.name] = kept
    return found


def unscored(dimension: Dimension, why: str, *, by: str = "") -> Score:
    """Return the score of a dimension that nobody could score."""
    return Score(dimension.name, None, dimension.pass_mark, unscored=why, by=by)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a strange object must not stop the run as it is told of
        return f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def names_in(said: Mapping[object, object], dimensions: Iterable[Dimension]) -> list[str]:
    """Return the keys of ``said`` that name no dimension, as texts."""
    known = {dimension.name for dimension in dimensions}
    return [_shown(key) for key in said if cast("str", key) not in known]
