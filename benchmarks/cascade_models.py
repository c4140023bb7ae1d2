"""Simulated models: how often they are right is known, and how well they know it themselves.

An item is a question with five possible marks, one of them right, and a difficulty from a standard
normal distribution. A model with a skill is right with probability sigmoid(skill - difficulty), the
Rasch model; else it gives one of the other marks by lot. What it says of its certainty comes
from that probability by one of the ways in ``VOICES``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from critique_loop.ledger import Bound, current
from critique_loop.values import (
    AnswerSchema,
    Call,
    Choice,
    Message,
    Reply,
    Request,
    Token,
    Usage,
)

MARKS = (0, 2, 4, 6, 8)
SCHEMA = AnswerSchema(
    "mark",
    {
        "type": "object",
        "properties": {"score": {"type": "integer", "enum": list(MARKS)}},
        "required": ["score"],
        "additionalProperties": False,
    },
)
_USAGE = Usage(100, 10)


@dataclass(frozen=True, slots=True)
class Item:
    """One question: how hard it is and which mark is right."""

    number: int
    difficulty: float
    truth: int


# From the probability of being right to what the model says of itself.
Voice = Callable[[float, random.Random], float]


def _stretched(factor: float, noise: float = 0.0) -> Voice:
    def say(probability: float, chance: random.Random) -> float:
        logit = factor * math.log(probability / (1 - probability)) + chance.gauss(0.0, noise)
        return 1 / (1 + math.exp(-logit))

    return say


def _of_another_item(_probability: float, chance: random.Random) -> float:
    return _sigmoid(SMALL_SKILL - chance.gauss(0.0, SPREAD))


SMALL_SKILL = 0.5
SPREAD = 1.5
VOICES: dict[str, Voice] = {
    "calibrated": _stretched(1.0),
    "overconfident": _stretched(3.0),
    "underconfident": _stretched(1 / 3),
    "noisy": _stretched(1.0, noise=2.0),
    "uninformed": _of_another_item,
}


def items(count: int, seed: int) -> list[Item]:
    """Return ``count`` questions."""
    chance = random.Random(f"items {seed}")  # noqa: S311 - a simulation
    return [
        Item(number, chance.gauss(0.0, SPREAD), chance.choice(MARKS)) for number in range(count)
    ]


def request_for(item: Item) -> Request:
    """Return the question about ``item``."""
    return Request((Message("user", str(item.number)),), schema=SCHEMA, role="critic")


class SimulatedModel:
    """Answers items with a known skill; every answer costs ``cost_usd`` and depends on the seed.

    ``voice`` None tells no probabilities at all. ``answers`` counts what was asked.
    """

    def __init__(
        self, name: str, items: Sequence[Item], *, skill: float, cost_usd: float, seed: int
    ) -> None:
        """Know the items; how certain it says it is comes with ``voice``."""
        self.name = name
        self.voice: Voice | None = None
        self.answers = 0
        self._items = items
        self._skill = skill
        self._cost_usd = cost_usd
        self._seed = seed

    async def complete(self, request: Request) -> Reply:
        """Return a mark for the item, as often as is wanted."""
        item = self._items[int(request.messages[0].text)]
        choices = [self._answer(item, request.sample + n) for n in range(request.n)]
        cost_usd = self._cost_usd * request.n
        self.answers += request.n
        async with current().reserved(Bound(_USAGE.total or 0, cost_usd)) as reservation:
            reservation.settle(_USAGE, cost_usd)
        await current().record(Call(request.role, self.name, usage=_USAGE, cost_usd=cost_usd))
        return Reply(tuple(choices), self.name, usage=_USAGE, cost_usd=cost_usd)

    def _answer(self, item: Item, sample: int) -> Choice:
        chance = random.Random(f"{self._seed} {self.name} {item.number} {sample}")  # noqa: S311 - a simulation
        probability = _sigmoid(self._skill - item.difficulty)
        others = [mark for mark in MARKS if mark != item.truth]
        score = item.truth if chance.random() < probability else chance.choice(others)
        tokens = None
        if self.voice is not None:
            said = self.voice(probability, chance)
            told = tuple(
                (str(mark), _log((1 - said) / len(others))) for mark in MARKS if mark != score
            )
            tokens = (
                Token('{"score": ', 0.0),
                Token(str(score), _log(said), told),
                Token("}", 0.0),
            )
        return Choice(f'{{"score": {score}}}', tokens=tokens, data={"score": score})


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _log(probability: float) -> float:
    return math.log(probability) if probability > 0 else -math.inf
