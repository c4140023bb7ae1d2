"""Splits examples for training, validation and test, by what must not be torn apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from critique_loop.curation.minhash import signer
from critique_loop.curation.near import NearIndex
from critique_loop.curation.programs import FEWEST_NODES, shape_of
from critique_loop.curation.temporary import Firsts
from critique_loop.curation.texts import group_of, key, programs_of, task_of
from critique_loop.errors import CallError
from critique_loop.values import Example

_WHOLE = 2**64
_TRIED = 16  # all that are alike are kept, so bands are crowded


class Part(StrEnum):
    """What an example is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


PARTS: Final = tuple(Part)
"""The parts by number, as tables of numbers name them."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How much of the groups goes where; the rest is for training."""

    validation: float = 0.05
    test: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse shares that are none.

        Raises:
            CallError: one is no number from 0 to 1, or both leave nothing for training.
        """
        for name, share in (("validation", self.validation), ("test", self.test)):
            if not 0 <= share <= 1:
                raise CallError(f"{name}: {share:g} is no share", remedy="Give 0 to 1, e.g. 0.05.")
        if self.validation + self.test >= 1:
            raise CallError("nothing is left for training", remedy="Keep back less than all.")

    def part_of(self, group: str) -> Part:
        """Return where a group belongs: its name, the seed and the shares decide, nothing else."""
        place = key(self.seed, f"{key(group):016x}") / _WHOLE
        if place < self.test:
            return Part.TEST
        return Part.VALIDATION if place < self.test + self.validation else Part.TRAIN


class Placed(NamedTuple):
    """An example, and the part it belongs to."""

    part: Part
    example: Example


LeftOut = Callable[[Example, str], None]


def split(
    examples: Iterable[Example],
    shares: Shares,
    *,
    alike: float = 0.8,
    left_out: LeftOut = lambda _example, _why: None,
) -> Iterator[Placed]:
    """Yield examples with the parts of their groups, in the order they came.

    Groups may share a program (but for names), a question, or what questions say of their tasks
    (``alike`` of the shingles). Where that goes over parts, the example that comes first stays, and
    ``left_out`` is told of the later one, and why. So what is added at the end moves nothing and
    takes nothing away, and no order, addition or removal brings an example into another part.
    """
    holdings = _Holdings(alike)
    for example in examples:
        part = shares.part_of(group_of(example))
        why = holdings.add(part, example)
        if why:
            left_out(example, why)
        else:
            yield Placed(part, example)


class _Holdings:
    """What each part has so far: programs, questions, and what is nearly the same."""

    def __init__(self, alike: float) -> None:
        self._holders = Firsts()
        self._questions = NearIndex(alike, tried=_TRIED)
        self._parts = bytearray()
        self._sign = signer()

    def add(self, part: Part, example: Example) -> str:
        """Hold an example for ``part``, or say why not: another part has something of it."""
        own = PARTS.index(part)
        programs = set(_program_keys(example))
        for told in programs:
            holder = self._holders.get(told)
            if holder not in (None, own):
                return _why(part, holder, "the same program")
        why = self._hold_question(part, task_of(example))
        if not why:
            for told in programs:
                self._holders.first(told, own)
        return why

    def _hold_question(self, part: Part, question: str) -> str:
        if not question.strip():
            return ""
        own, told = PARTS.index(part), key("question", question)
        holder = self._holders.get(told)
        if holder is not None:
            return "" if holder == own else _why(part, holder, "the same question")
        signature = self._sign(question)
        others = {self._parts[found] for found in self._questions.matches(signature)} - {own}
        if others:
            return _why(part, min(others), "nearly the same question")
        self._holders.first(told, own)
        self._questions.add(signature)
        self._parts.append(own)
        return ""


def _program_keys(example: Example) -> Iterator[int]:
    for code in programs_of(example):
        shape = shape_of(code)
        if shape is not None and shape.nodes >= FEWEST_NODES:
            yield key("program", shape.key)


def _why(part: Part, other: int, what: str) -> str:
    return f"is of {part}, and {PARTS[other]} has {what}"
