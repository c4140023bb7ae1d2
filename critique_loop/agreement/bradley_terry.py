"""Scores from choices between two: who would win against whom, and how often.

Bradley and Terry (1952), "Rank analysis of incomplete block designs"; computed as in Hunter (2004),
"MM algorithms for generalized Bradley-Terry models".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from critique_loop.agreement.estimates import Statistic

_MOST_STEPS = 5_000
_NEAR = 1e-9
_UNSETTLED = "too few comparisons join them for the scores to settle"


@dataclass(frozen=True, slots=True)
class Contest:
    """One choice between two: ``won`` is 1 where the first was preferred, 0.5 for a tie."""

    first: str
    second: str
    won: float


def bradley_terry(contests: Iterable[Contest]) -> dict[str, Statistic]:
    """Return each contestant's score: natural log of its strength, 0 on average.

    A lead of d means to be preferred with probability 1 / (1 + exp(-d)). A tie is half a win for
    both. There is no score where contestants fall into groups that were never compared, or one of
    which always won: any lead would fit.
    """
    wins = _wins(contests)
    names = sorted({name for pair in wins for name in pair})
    missing = _unbounded(names, wins)
    if missing:
        return {name: Statistic(None, missing) for name in names}
    strengths = _strengths(names, wins)
    if strengths is None:
        return {name: Statistic(None, _UNSETTLED) for name in names}
    return {name: Statistic(log(strengths[name])) for name in names}


def preferred_with(lead: float) -> float:
    """Return the probability that the one with this lead is preferred."""
    return 1 / (1 + exp(-lead)) if lead >= 0 else exp(lead) / (1 + exp(lead))


def groups(contests: Iterable[Contest]) -> list[list[str]]:
    """Return the contestants in groups that were never compared with each other."""
    wins = _wins(contests)
    either: defaultdict[str, set[str]] = defaultdict(set)
    for first, second in wins:
        either[first].add(second)
        either[second].add(first)
    left = set(either)
    found: list[list[str]] = []
    for name in sorted(either):
        if name in left:
            group = _reached(name, either)
            left -= group
            found.append(sorted(group))
    return found


def _wins(contests: Iterable[Contest]) -> dict[tuple[str, str], float]:
    """Return how often the first of a pair was preferred, for both orders of each pair."""
    wins: defaultdict[tuple[str, str], float] = defaultdict(float)
    for contest in contests:
        if contest.first != contest.second:
            wins[contest.first, contest.second] += contest.won
            wins[contest.second, contest.first] += 1 - contest.won
    return dict(wins)


def _unbounded(names: Sequence[str], wins: Mapping[tuple[str, str], float]) -> str:
    """Return why there is no best fit; it needs a way by wins from everyone to everyone."""
    if not names:
        return "nothing was compared"
    beat: defaultdict[str, set[str]] = defaultdict(set)
    lost: defaultdict[str, set[str]] = defaultdict(set)
    either: defaultdict[str, set[str]] = defaultdict(set)
    for (first, second), won in wins.items():
        either[first].add(second)
        if won > 0:
            beat[first].add(second)
            lost[second].add(first)
    everyone = set(names)
    if _reached(names[0], either) != everyone:
        return "they fall into groups that were never compared with each other"
    if _reached(names[0], beat) != everyone or _reached(names[0], lost) != everyone:
        return "some were never preferred to any of the others, so the lead has no bound"
    return ""


def _reached(start: str, ways: Mapping[str, set[str]]) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        new = ways.get(waiting.pop(), set[str]()) - found
        found |= new
        waiting.extend(new)
    return found


def _strengths(
    names: Sequence[str], wins: Mapping[tuple[str, str], float]
) -> dict[str, float] | None:
    """Return strengths whose logs are 0 on average, None where they don't settle."""
    total = dict.fromkeys(names, 0.0)
    meetings: dict[str, list[tuple[str, float]]] = {name: [] for name in names}
    for (first, second), won in wins.items():
        total[first] += won
        meetings[first].append((second, won + wins[second, first]))
    strengths = dict.fromkeys(names, 1.0)
    for _ in range(_MOST_STEPS):
        before = dict(strengths)
        for name in names:
            weight = sum(n / (strengths[name] + strengths[o]) for o, n in meetings[name])
            strengths[name] = total[name] / weight
        mean = exp(sum(log(strength) for strength in strengths.values()) / len(names))
        strengths = {name: strength / mean for name, strength in strengths.items()}
        if all(abs(strengths[name] / before[name] - 1) < _NEAR for name in names):
            return strengths
    return None
