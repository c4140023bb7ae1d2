"""Splits examples for training, validation and test, by what must not be torn apart."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from critique_loop.curation.minhash import signer
from critique_loop.curation.near import NearIndex
from critique_loop.curation.programs import FEWEST_NODES, shape_of
from critique_loop.curation.temporary import Firsts, Spool
from critique_loop.curation.texts import group_of, key, programs_of, question_of
from critique_loop.values import Example

_WHOLE = 2**64
_TRIED = 16  # all that are alike are kept, so bands are crowded


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


def split(examples: Iterable[Example], shares: Shares, *, alike: float = 0.8) -> Iterator[Placed]:
    """Yield every example with its part, in the order they came; reads all of them first.

    A group stays together, and so do groups that share a program (but for names) or a question,
    or have questions that share ``alike`` of their shingles.
    """
    spool, unions = Spool[Example](), Unions(alike)
    for example in examples:
        unions.add(example)
        spool.add(example)
    for example in spool:
        yield Placed(shares.part_of(unions.of(example)), example)


class Unions:
    """Which groups belong together, by what their examples have in common."""

    def __init__(self, alike: float) -> None:
        self._parents: dict[int, int] = {}
        self._firsts = Firsts()
        self._questions = NearIndex(alike, tried=_TRIED)
        self._groups = array("Q")
        self._sign = signer()

    def of(self, example: Example) -> str:
        """Return the name of the union that an example's group is in."""
        return f"{self._root(key(group_of(example))):016x}"

    def add(self, example: Example) -> None:
        """Unite the group of an example with those it shares something with."""
        group = key(group_of(example))
        for code in programs_of(example):
            shape = shape_of(code)
            if shape is not None and shape.nodes >= FEWEST_NODES:
                self._unite(group, self._firsts.first(key("program", shape.key), group))
        question = question_of(example)
        if not question.strip():
            return
        before = len(self._firsts)
        self._unite(group, self._firsts.first(key("question", question), group))
        if len(self._firsts) > before:
            signature = self._sign(question)
            for found in self._questions.matches(signature):
                self._unite(group, self._groups[found])
            self._questions.add(signature)
            self._groups.append(group)

    def _unite(self, one: int, other: int) -> None:
        low, high = sorted((self._root(one), self._root(other)))
        if low != high:
            self._parents[high] = low  # the least key names the union, whatever came first

    def _root(self, group: int) -> int:
        """Return the group that names a union; the way there is halved (Tarjan, van Leeuwen)."""
        parents = self._parents
        while (parent := parents.get(group, group)) != group:
            above = parents.get(parent, parent)
            parents[group] = above
            group = above
        return group
