"""Cascades over simulated models, and the other ways to choose between the same two."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from cascade_maths import Claim, Point, area, at_cost
from cascade_models import SMALL_SKILL, VOICES, Item, SimulatedModel, items, request_for

from critique_loop.models import confidence
from critique_loop.models.cascade import Cascade, When
from critique_loop.values import Reply

THRESHOLDS = tuple(step / 10 for step in range(11))
AGREEMENT = "agreement of 5"
SAMPLES = 5
KINDS = (*VOICES, AGREEMENT)


class Tally(NamedTuple):
    """How many answers of each model one item took, and the share of items that came out right."""

    small: float
    big: float
    quality: float

    def at(self, ratio: float) -> Point:
        """Return the cost in small answers, where a big one costs ``ratio`` of them."""
        return Point(self.small + ratio * self.big, self.quality)


@dataclass(frozen=True, slots=True)
class Curve:
    """What came of one draw of items and models.

    ``cascade`` and ``oracle`` stand by ``THRESHOLDS``: the oracle sends up as many items, but those
    where the big model helps first. ``claims`` are what the small model said of each item.
    """

    small: Tally
    big: Tally
    cascade: Sequence[Tally]
    oracle: Sequence[Tally]
    claims: Sequence[Claim]

    def area(self, ratio: float) -> float:
        """Return the frontier area of the cascade."""
        points = [tally.at(ratio) for tally in self.cascade]
        return area(points, self.small.at(ratio), self.big.at(ratio))

    def oracle_area(self, ratio: float) -> float:
        """Return the frontier area of the oracle, at the rates of the cascade."""
        points = [tally.at(ratio) for tally in self.oracle]
        return area(points, self.small.at(ratio), self.big.at(ratio))

    def gain(self, number: int, ratio: float) -> float:
        """Return the quality above that of random routing for the same money."""
        point = self.cascade[number].at(ratio)
        return point.quality - at_cost(self.small.at(ratio), self.big.at(ratio), point.cost)

    def random(self, number: int) -> Tally:
        """Return what comes of sending up as many items by lot, before anything is asked."""
        rate = self.cascade[number].big
        quality = self.small.quality + rate * (self.big.quality - self.small.quality)
        return Tally(1 - rate, rate, quality)


async def measure(kind: str, *, seed: int, count: int, big_skill: float) -> Curve:
    """Run ``count`` items through the cascade at every threshold."""
    questions = items(count, seed)
    small = SimulatedModel("small", questions, skill=SMALL_SKILL, cost_usd=1.0, seed=seed)
    big = SimulatedModel("big", questions, skill=big_skill, cost_usd=1.0, seed=seed)
    small.voice = VOICES.get(kind)
    samples = SAMPLES if kind == AGREEMENT else 1
    alone = [_right(item, await small.complete(request_for(item))) for item in questions]
    best = [_right(item, await big.complete(request_for(item))) for item in questions]
    tallies: list[Tally] = []
    for below in THRESHOLDS:
        cascade = Cascade((small, big), when=When(confidence_below=below, samples=samples))
        before = (small.answers, big.answers)
        right = [_right(item, await cascade.complete(request_for(item))) for item in questions]
        asked = (small.answers - before[0], big.answers - before[1])
        tallies.append(Tally(asked[0] / count, asked[1] / count, statistics.fmean(right)))
    return Curve(
        small=Tally(1, 0, statistics.fmean(alone)),
        big=Tally(0, 1, statistics.fmean(best)),
        cascade=tallies,
        oracle=[_oracle(alone, best, round(tally.big * count)) for tally in tallies],
        claims=[await claim(item, small, samples) for item in questions],
    )


def _right(item: Item, reply: Reply) -> bool:
    return (reply.data or {}).get("score") == item.truth


def _oracle(alone: Sequence[bool], best: Sequence[bool], sent_up: int) -> Tally:
    """Return what comes of sending up the items where it helps first, and those it harms last."""
    helps = sorted((b - a for a, b in zip(alone, best, strict=True)), reverse=True)
    quality = (sum(alone) + sum(helps[:sent_up])) / len(alone)
    return Tally(1, sent_up / len(alone), quality)


async def claim(item: Item, model: SimulatedModel, samples: int) -> Claim:
    """Ask the model about an item and return how sure it is, as the cascade sees it."""
    request = replace(request_for(item), n=samples)
    found = confidence.of_reply(request, await model.complete(request))
    return Claim(found.value or 0.0, found.fields["score"].chosen == item.truth)
