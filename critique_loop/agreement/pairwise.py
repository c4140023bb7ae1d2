"""Which of two: what persons prefer, who wrote it, and which critics see it alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from critique_loop.agreement.bootstrap import Resampling, estimates
from critique_loop.agreement.bradley_terry import Contest, bradley_terry, groups
from critique_loop.agreement.confusion import wilson
from critique_loop.agreement.estimates import Estimate
from critique_loop.agreement.ratings import JudgedDraft, Place, Rating
from critique_loop.values import Label, Preference, Preferred, Shown

_WON = {Preferred.FIRST: 1.0, Preferred.SECOND: 0.0, Preferred.TIE: 0.5}


@dataclass(frozen=True, slots=True)
class Standing:
    """One contestant: what it won, lost and tied, and its Bradley-Terry score."""

    name: str
    wins: int
    losses: int
    ties: int
    score: Estimate


@dataclass(frozen=True, slots=True)
class Ranking:
    """The contestants on one dimension, best first, from ``n`` preferences.

    ``groups`` are those that were never compared with each other; one group is as it should be.
    """

    dimension: str
    n: int
    standings: tuple[Standing, ...]
    groups: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Ordering:
    """How often a critic's marks order two drafts as persons do; equal marks are half right.

    ``n`` are the preferences without ties whose drafts it scored both.
    """

    dimension: str
    rater: str
    n: int
    equal_marks: int
    accuracy: Estimate


def latest_preferences(
    labels: Iterable[Label | Preference], drafts: Iterable[JudgedDraft]
) -> list[Preference]:
    """Return what each person said last of each pair of these drafts, without "can't say"."""
    known = {draft.shown for draft in drafts}
    found: dict[tuple[str, str, frozenset[Shown]], Preference] = {}
    for label in labels:
        if isinstance(label, Preference) and {label.first, label.second} <= known:
            pair = frozenset((label.first, label.second))
            found[label.by, label.dimension, pair] = label
    return [preference for preference in found.values() if preference.preferred is not None]


def rank(
    preferences: Iterable[Preference],
    name: Callable[[Shown], str],
    *,
    resampling: Resampling | None = None,
) -> list[Ranking]:
    """Return a ranking for each dimension; ``name`` says for whom a draft stands.

    A preference between two drafts of the same name says nothing and is left out.
    """
    contests: dict[str, list[Contest]] = {}
    for preference in preferences:
        if preference.preferred is not None:
            first, second = name(preference.first), name(preference.second)
            if first != second:
                won = _WON[preference.preferred]
                contests.setdefault(preference.dimension, []).append(Contest(first, second, won))
    return [
        _ranking(dimension, found, resampling or Resampling())
        for dimension, found in contests.items()
    ]


def orderings(preferences: Iterable[Preference], ratings: Iterable[Rating]) -> list[Ordering]:
    """Return for each critic and dimension how its marks order what persons prefer."""
    marks: dict[str, dict[Place, float]] = {}
    for rating in ratings:
        mine = marks.setdefault(rating.by, {})
        if rating.value is not None:
            mine[rating.place] = rating.value
    by_dimension: dict[str, list[Preference]] = {}
    for preference in preferences:
        if preference.preferred not in (None, Preferred.TIE):
            by_dimension.setdefault(preference.dimension, []).append(preference)
    return [
        _ordering(dimension, rater, found, mine)
        for dimension, found in by_dimension.items()
        for rater, mine in marks.items()
        if any(place.dimension == dimension for place in mine)
    ]


def _ranking(dimension: str, contests: Sequence[Contest], resampling: Resampling) -> Ranking:
    numbered = list(enumerate(contests))
    scores = estimates(
        numbered,
        lambda sample: bradley_terry(contest for _, contest in sample),
        cluster=lambda item: str(item[0]),
        resampling=resampling,
    )
    standings = [_standing(name, contests, score) for name, score in scores.items()]
    standings.sort(key=lambda s: (-(s.score.value or 0.0), s.losses - s.wins, s.name))
    return Ranking(
        dimension,
        len(contests),
        tuple(standings),
        tuple(tuple(group) for group in groups(contests)),
    )


def _standing(name: str, contests: Sequence[Contest], score: Estimate) -> Standing:
    won = [
        contest.won if contest.first == name else 1 - contest.won
        for contest in contests
        if name in (contest.first, contest.second)
    ]
    return Standing(name, won.count(1.0), won.count(0.0), won.count(0.5), score)


def _ordering(
    dimension: str, rater: str, preferences: Sequence[Preference], marks: Mapping[Place, float]
) -> Ordering:
    leads: list[float] = []
    for preference in preferences:
        first = marks.get(_place(preference.first, dimension))
        second = marks.get(_place(preference.second, dimension))
        if first is not None and second is not None:
            better = preference.preferred is Preferred.FIRST
            leads.append(first - second if better else second - first)
    equal = leads.count(0.0)
    right = sum(lead > 0 for lead in leads) + equal / 2
    accuracy = wilson(right, len(leads), undefined="it scored both drafts of no pair")
    return Ordering(dimension, rater, len(leads), equal, accuracy)


def _place(shown: Shown, dimension: str) -> Place:
    return Place(shown.run_id, shown.round, dimension)
