"""Splits examples for training, validation and test, by what must not be torn apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from critique_loop.curation.texts import key, messages_key
from critique_loop.values import Example

_WHOLE = 2**64


class Part(StrEnum):
    """What an example is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the groups goes where; the rest is for training."""

    validation: float = 0.05
    test: float = 0.05
    seed: int = 0

    def part_of(self, group: str) -> Part:
        """Return where a group belongs, by a hash of its name and the seed."""
        place = key(self.seed, group) / _WHOLE
        if place < self.test:
            return Part.TEST
        return Part.VALIDATION if place < self.test + self.validation else Part.TRAIN


class Placed(NamedTuple):
    """An example, and the part it belongs to."""

    part: Part
    example: Example


def group_of(example: Example) -> str:
    """Return what an example must not be torn from: its group, else its task, else its prompt."""
    where = example.provenance
    return where.group or where.task_sha256 or f"prompt {messages_key(example.prompt):016x}"


def split(examples: Iterable[Example], shares: Shares) -> Iterator[Placed]:
    """Yield every example with its part, in the order they came; a group stays together."""
    for example in examples:
        yield Placed(shares.part_of(group_of(example)), example)
