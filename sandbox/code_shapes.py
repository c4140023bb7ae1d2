"""What values have in common, and more values of that kind.

A shape is learned from examples. Numbers stay between those seen, lists as long, sorted, distinct
or rectangular as all those seen, and text with a form of its own (dates, addresses) is taken from
what was seen, never made up. Of hidden examples only numbers' limits, lengths and plain letters
count: nothing of theirs can be read in a value that is made.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from code_relations import Relation, fits, learn_relations
from code_texts import Texts, learn_texts

_SEQUENCES = (list, tuple, set, frozenset)
_FEW = 3
_TRIES = 30
_SMALL = 20
_WIDE = 1000
_ROUNDED = 2


class Seen(NamedTuple):
    """A value of an example; what is ``hidden`` must not be found in a value that is made."""

    value: Any
    hidden: bool = False

    @property
    def kind(self) -> type:
        """The class of the value."""
        return cast("object", self.value).__class__


@dataclass(frozen=True, slots=True)
class Numbers:
    """Between the least and the greatest one seen; ``whole``: integers."""

    low: float
    high: float
    whole: bool

    def make(self, rng: random.Random) -> float:
        """Return a number; where there are few, the limits more often than others."""
        if not self.whole:
            step = rng.choice((rng.uniform(self.low, self.high), self.low, self.high))
            return min(max(round(step, _ROUNDED), self.low), self.high)
        low, high = int(self.low), int(self.high)
        if high - low > _WIDE:
            return rng.randint(low, high)
        return rng.choice((rng.randint(low, high), rng.randint(low, high), low, high))


@dataclass(frozen=True, slots=True)
class Constants:
    """None, booleans, and whatever else can only be repeated."""

    pool: tuple[Any, ...]

    def make(self, rng: random.Random) -> object:
        """Return one of those seen."""
        if not self.pool:
            raise LookupError("none was seen that may be shown")
        return rng.choice(self.pool)


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple or set of things of one shape."""

    kind: type
    item: Shape | None
    lengths: tuple[int, int]
    ordered: bool = False
    distinct: bool = False
    even: bool = False
    square: bool = False

    def make(self, rng: random.Random) -> object:
        """Return one with the properties that all those seen have."""
        if self.item is None:
            return self.kind()
        wanted, made = rng.randint(*self.lengths), list[Any]()
        for _ in range(wanted * (4 if self.distinct else 1)):
            if len(made) == wanted:
                break
            item = self.item.make(rng)
            if not (self.distinct and item in made):
                made.append(item)
        if len(made) < self.lengths[0]:
            raise LookupError("there are too few different ones")
        if self.even and made:
            shortest = min(len(row) for row in made)
            shortest = min(shortest, len(made)) if self.square else shortest
            made = [row[:shortest] for row in (made[:shortest] if self.square else made)]
        return self.kind(sorted(made) if self.ordered else made)


@dataclass(frozen=True, slots=True)
class Fields:
    """A tuple or a dictionary whose places have a shape each."""

    kind: type
    shapes: dict[Any, Shape]
    relations: tuple[Relation, ...] = ()

    def make(self, rng: random.Random) -> object:
        """Return one with every place filled, related as those seen are."""
        for _ in range(_TRIES):
            made = {key: shape.make(rng) for key, shape in self.shapes.items()}
            if fits(self.relations, made):
                return made if self.kind is dict else tuple(made.values())
        raise LookupError("none was found that hangs together")


@dataclass(frozen=True, slots=True)
class Pairs:
    """A dictionary from things of one shape to things of another."""

    key: Shape
    value: Shape
    lengths: tuple[int, int]

    def make(self, rng: random.Random) -> object:
        """Return one; equal keys make it shorter."""
        wanted = rng.randint(*self.lengths)
        made = {self.key.make(rng): self.value.make(rng) for _ in range(wanted)}
        if len(made) < self.lengths[0]:
            raise LookupError("there are too few different keys")
        return made


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of several shapes, the more often the more often it was seen."""

    shapes: tuple[Shape, ...]
    weights: tuple[int, ...] = field(default=())

    def make(self, rng: random.Random) -> object:
        """Return a value of one of them."""
        return rng.choices(self.shapes, self.weights)[0].make(rng)


Shape = Numbers | Texts | Constants | Items | Fields | Pairs | OneOf


def learn(seen: Sequence[Seen]) -> Shape:
    """Return what the values have in common."""
    groups: dict[type, list[Seen]] = {}
    for one in seen:
        groups.setdefault(one.kind, []).append(one)
    if int in groups and float in groups:
        groups[float] += groups.pop(int)
    shapes = tuple(_learn_alike(kind, group) for kind, group in groups.items())
    if len(shapes) == 1:
        return shapes[0]
    return OneOf(shapes, tuple(len(group) for group in groups.values()))


def _learn_alike(kind: type, seen: Sequence[Seen]) -> Shape:
    values = [one.value for one in seen]
    if kind in {int, float}:
        return _numbers([float(v) if kind is float else v for v in values], whole=kind is int)
    if kind is str:
        return learn_texts(values, [one.value for one in seen if not one.hidden])
    if kind in _SEQUENCES:
        return _items(kind, seen)
    if kind is dict:
        return _pairs(seen)
    # Whether it is True says nothing of an example; other constants might.
    pool = values if kind in {bool, type(None)} else [o.value for o in seen if not o.hidden]
    return Constants(tuple({repr(value): value for value in pool}.values()))


def _numbers(values: Sequence[float], *, whole: bool) -> Numbers:
    low, high = min(values), max(values)
    if len(set(values)) == 1:  # of a single one only its sign is sure
        low = (min(1, low) if low <= _SMALL else low // 2) if low > 0 else low
        high = max(high, _FEW) if high >= 0 else -1
    return Numbers(low, high, whole)


def _items(kind: type, seen: Sequence[Seen]) -> Shape:
    rows = [list(one.value) for one in seen]
    lengths = [len(row) for row in rows]
    if kind is tuple and len(set(lengths)) == 1:
        relations = learn_relations([dict(enumerate(row)) for row in rows])
        return Fields(tuple, _places(seen, range(lengths[0])), relations)
    inner = [Seen(item, one.hidden) for one in seen for item in one.value]
    if len(rows) == 1:
        lengths.append(min(2, lengths[0]))
    telling = [row for row in rows if len(row) > 1]
    return Items(
        kind,
        learn(inner) if inner else None,
        (min(lengths), max(lengths)),
        ordered=len(telling) >= _FEW and all(_is_sorted(row) for row in telling),
        distinct=len(telling) >= _FEW and all(_is_distinct(row) for row in telling),
        even=bool(inner) and all(_is_even(row) for row in rows),
        square=all(_is_even(row) and all(len(line) == len(row) for line in row) for row in rows),
    )


def _places(seen: Sequence[Seen], keys: Sequence[Any] | range) -> dict[Any, Shape]:
    return {key: learn([Seen(one.value[key], one.hidden) for one in seen]) for key in keys}


def _pairs(seen: Sequence[Seen]) -> Shape:
    first = list(seen[0].value)
    alike = all(list(one.value) == first for one in seen)
    named = all(isinstance(key, str) for key in first)
    if alike and named and not all(one.hidden for one in seen):
        return Fields(dict, _places(seen, first))
    keys = [Seen(key, one.hidden) for one in seen for key in one.value]
    values = [Seen(value, one.hidden) for one in seen for value in one.value.values()]
    if not keys:
        return Constants(({},))
    lengths = [len(one.value) for one in seen]
    return Pairs(learn(keys), learn(values), (min(lengths), max(lengths)))


def _is_sorted(row: list[Any]) -> bool:
    try:
        return row == sorted(row)
    except TypeError:
        return False


def _is_distinct(row: list[Any]) -> bool:
    if all(isinstance(item, Hashable) for item in row):
        try:
            return len(set(row)) == len(row)
        except TypeError:
            pass
    return all(item not in row[:place] for place, item in enumerate(row))


def _is_even(row: list[Any]) -> bool:
    """Whether it is a table: rows that are lists of the same length."""
    rows = [cast("list[Any]", item) for item in row if isinstance(item, list)]
    return len(rows) == len(row) and len({len(item) for item in rows}) <= 1
