"""Inputs of a task made larger step by step."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from code_inputs import Input
from code_shapes import Fields, Items, Numbers, Pairs, Shape
from code_texts import Texts

_SEED = 20260102
_SIZES = tuple(1 << power for power in range(4, 16))
_WHOLE = tuple(1 << power for power in range(2, 21))
_REPEATS = 3


class Sized(NamedTuple):
    """Inputs of one size, different ones: a program may remember what it was asked."""

    size: int
    inputs: tuple[Input, ...]


def sized(shape: Fields, seed: int = _SEED) -> Iterator[Sized]:
    """Yield inputs of growing size: lists, dictionaries and texts, or else a whole number.

    What is no part of the growth stays as in the examples, and so does how arguments hang together.
    """
    rng = random.Random(seed)  # noqa: S311 - the same task is measured on the same inputs
    for size in _SIZES if _can_grow(shape) else _WHOLE:
        grown = _grown(shape, size) if _can_grow(shape) else _raised(shape, size)
        inputs = tuple(made for _ in range(_REPEATS) if (made := _make(grown, rng)) is not None)
        if grown is None or not inputs:
            return
        yield Sized(size, inputs)


def _make(shape: Fields | None, rng: random.Random) -> Input | None:
    try:
        made: Any = () if shape is None else shape.make(rng)
    except (LookupError, TypeError, ValueError):
        return None
    return Input(tuple(made)) if made else None


def _can_grow(shape: Fields) -> bool:
    return any(_grows(part) for part in shape.shapes.values())


def _grows(part: Shape) -> bool:
    if isinstance(part, Items):
        return part.item is not None and part.kind is list
    return isinstance(part, Texts | Pairs)


def _grown(shape: Fields, size: int) -> Fields:
    """Every list, text and dictionary has that size; what must differ gets the room for it."""
    parts = {place: _with_length(part, size) for place, part in shape.shapes.items()}
    return replace(shape, shapes=parts)


def _with_length(part: Shape, size: int) -> Shape:
    if isinstance(part, Texts):
        if part.letters:
            return replace(part, pool=(), lengths=(size, size))
        return replace(part, joined=size // 8 + 1)
    if isinstance(part, Pairs):
        return replace(part, key=_with_room(part.key, size), lengths=(size // 2, size))
    if isinstance(part, Items) and _grows(part) and part.item is not None:
        item = _with_room(part.item, size) if part.distinct else part.item
        return replace(part, item=item, lengths=(size, size), distinct=False)
    return part


def _with_room(part: Shape, size: int) -> Shape:
    if isinstance(part, Numbers):
        return replace(part, high=max(part.high, part.low + 4 * size))
    if isinstance(part, Texts) and part.letters:
        return replace(part, pool=(), lengths=(6, 9))
    return part


def _raised(shape: Fields, size: int) -> Fields | None:
    """The first whole number is the size; None where there is none that may grow."""
    for place, part in shape.shapes.items():
        if isinstance(part, Numbers) and part.whole and part.high > 1:
            number = Numbers(size, size, whole=True)
            return replace(shape, shapes={**shape.shapes, place: number}, relations=())
    return None
