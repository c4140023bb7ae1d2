"""From the votes on one dimension to its score."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace

from critique_loop.critics.checking import FULL, unscored
from critique_loop.critics.middle import middle, spread_of
from critique_loop.values import Dimension, Score, Vote

_ENOUGH = 2 / 3


@dataclass(frozen=True, slots=True)
class PanelRules:
    """When a panel's votes make a score.

    At least ``quorum`` voters have to score a dimension (0: more than half of them). Votes that are
    further ``apart`` than this disagree: by default more than a level of the scales that are
    shipped.
    """

    quorum: int = 0
    apart: float = 3.0


@dataclass(frozen=True, slots=True)
class Ballot:
    """The score that votes make, and whether they disagree."""

    score: Score
    is_split: bool = False


def decided(
    dimension: Dimension,
    scores: Mapping[str, Score],
    rules: PanelRules,
    *,
    records: Mapping[str, str],
    tie_breaker: str = "",
) -> Ballot:
    """Return what ``scores``, by voter, make of ``dimension``.

    Votes that agree make a score with a confidence of 1, or what the voters say of themselves.
    Where they disagree it is the share of votes near the middle one, if the ``tie_breaker`` voted
    and two thirds are; else it is lowered by how far they are apart on the scale.
    """
    votes = tuple(
        Vote(name, score.value, score.unscored, records.get(name, ""))
        for name, score in scores.items()
    )
    given = {name: score.value for name, score in scores.items() if score.value is not None}
    if not given or len(given) < rules.quorum:
        why = f"{len(given)} of {len(votes)} voters scored it, {rules.quorum} are needed"
        said = next((f" ({vote.by}: {vote.unscored})" for vote in votes if vote.unscored), "")
        return Ballot(replace(unscored(dimension, why + said), votes=votes))
    values = list(given.values())
    value, spread = middle(values), spread_of(values)
    is_split = spread > rules.apart
    near = sum(1 for each in values if abs(each - value) <= rules.apart) / len(values)
    settled = tie_breaker in given and near >= _ENOUGH
    agreement = near if settled or not is_split else near * (1.0 - spread / FULL)
    told = [scores[name].confidence for name in given]
    sure = statistics.fmean([each for each in told if each is not None] or [1.0])
    score = replace(
        scores[next(name for name, each in given.items() if each == value)],
        confidence=round(min(agreement, sure), 4),
        votes=votes,
        spread=spread if len(values) > 1 else None,
    )
    return Ballot(score, is_split)
