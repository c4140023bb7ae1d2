"""Whether something is on both sides of a split, which would make every score too good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from critique_loop.curation.minhash import signer
from critique_loop.curation.near import NearIndex
from critique_loop.curation.pipeline import name_of
from critique_loop.curation.programs import FEWEST_NODES, shape_of
from critique_loop.curation.splitting import PARTS, Part, Placed
from critique_loop.curation.temporary import Firsts
from critique_loop.curation.texts import (
    group_of,
    key,
    messages_key,
    programs_of,
    question_of,
    task_of,
)
from critique_loop.errors import CallError
from critique_loop.values import Example

ALIKE: Final = 0.9
"""How much of their shingles two questions share that must not be on both sides."""

_SHOWN = 5


class Leak(NamedTuple):
    """An example that has something in common with one of another part."""

    what: str
    example: str
    part: Part
    other: Part


class LeakageError(CallError):
    """Parts of a split share a group, a question or a program; ``leaks`` are the first found."""

    def __init__(self, leaks: tuple[Leak, ...]) -> None:
        """Show which examples share what with which part."""
        shown = [
            f"{leak.example} ({leak.part}, {leak.what} also in {leak.other})" for leak in leaks
        ]
        super().__init__(
            f"the parts of the split leak into each other: {'; '.join(shown)}",
            remedy="Split by group before anything else is done, or leave these examples out.",
        )
        self.leaks = leaks


def checked(placed: Iterable[Placed]) -> Iterator[Placed]:
    """Yield every example as it comes; after the last one, fail if parts share anything.

    What must not be shared: a group, a program but for its names, the same question, or one that
    says nearly the same of its task (``ALIKE``).

    Raises:
        LeakageError: something is shared; at once where five examples do.
    """
    sides = _Sides()
    leaks: list[Leak] = []
    for part, example in placed:
        what, other = sides.add(part, example)
        if what:
            leaks.append(Leak(what, name_of(example), part, other))
            if len(leaks) == _SHOWN:
                raise LeakageError(tuple(leaks))
        yield Placed(part, example)
    if leaks:
        raise LeakageError(tuple(leaks))


class _Shared(NamedTuple):
    what: str
    part: Part


class _Sides:
    """What each part has had so far."""

    def __init__(self) -> None:
        self._first = Firsts()
        self._questions = NearIndex(ALIKE)
        self._parts = bytearray()
        self._sign = signer()

    def add(self, part: Part, example: Example) -> _Shared:
        """Remember an example; say what an earlier one in another part has of it ("": nothing)."""
        for what, value in _told(example):
            other = self._part_of(key(what, value), part)
            if other is not part:
                return _Shared(what, other)
        return self._near(part, task_of(example))

    def _part_of(self, told: int, part: Part) -> Part:
        """Return the part that had something first."""
        return PARTS[self._first.first(told, PARTS.index(part))]

    def _near(self, part: Part, question: str) -> _Shared:
        told = key("seen", part, question)
        before = len(self._first)
        self._part_of(told, part)
        if not question.strip() or len(self._first) == before:
            return _Shared("", part)
        signature = self._sign(question)
        parts = {self._parts[found] for found in self._questions.matches(signature)}
        others = [PARTS[other] for other in sorted(parts) if PARTS[other] is not part]
        if others:
            return _Shared("nearly the same question", others[0])
        self._questions.add(signature)
        self._parts.append(PARTS.index(part))
        return _Shared("", part)


def _told(example: Example) -> Iterator[tuple[str, object]]:
    yield "the same group", group_of(example)
    if question_of(example).strip():
        yield "the same question", messages_key(example.prompt)
    for code in programs_of(example):
        shape = shape_of(code)
        if shape is not None and shape.nodes >= FEWEST_NODES:
            yield "the same program", shape.key
