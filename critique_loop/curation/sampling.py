"""How many examples are taken of each kind of task, of each group, and in all; draws are seeded."""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from critique_loop.curation.pipeline import Tally, name_of, sifted
from critique_loop.curation.temporary import Spool
from critique_loop.curation.texts import group_of, key, messages_key
from critique_loop.errors import CallError
from critique_loop.values import Example

_ALL = 2**64
_BUCKETS = 2**12


@dataclass(frozen=True, slots=True)
class Cap:
    """Drops what goes over a number of examples of one group of tasks; the first ones stay.

    A group costs about 100 bytes.
    """

    most: int

    name: ClassVar[str] = "cap per group"
    note: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Refuse a limit that leaves nothing.

        Raises:
            CallError: it is below 1.
        """
        _refuse_nothing("cap", self.most)

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield the first of every group."""
        counts: defaultdict[int, int] = defaultdict(int)

        def reason(example: Example) -> str:
            group = key(group_of(example))
            counts[group] += 1
            return "more than enough of its group" if counts[group] > self.most else ""

        return sifted(examples, tally, reason)


@dataclass(frozen=True, slots=True)
class Balance:
    """Drops by lot from kinds of tasks of which there are many more than of the rarest.

    ``most`` is how many there may be for one of the rarest kind. Examples are drawn by a hash of
    what they are, so that the same ones stay whatever else is in the data.
    """

    most: float
    seed: int = 0

    name: ClassVar[str] = "balance"
    note: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Refuse a limit that leaves nothing.

        Raises:
            CallError: it is below 1.
        """
        _refuse_nothing("balance", self.most)

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what is drawn; reads all examples before the first is yielded."""

        def limits(sizes: Mapping[str, int]) -> Mapping[str, int]:
            most = int(self.most * min(sizes.values()))
            return {kind: min(size, most) for kind, size in sizes.items()}

        return _drawn(examples, tally, _kind_of, limits, seed=self.seed)


@dataclass(frozen=True, slots=True)
class Sample:
    """Drops by lot until no more than ``rows`` examples are left."""

    rows: int
    seed: int = 0

    name: ClassVar[str] = "sample"
    note: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Refuse a limit that leaves nothing.

        Raises:
            CallError: it is below 1.
        """
        _refuse_nothing("rows", self.rows)

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what is drawn, in the order it came; reads all before the first is yielded."""
        return _drawn(examples, tally, lambda _: "", lambda _: {"": self.rows}, seed=self.seed)


def _refuse_nothing(name: str, limit: float) -> None:
    if not (math.isfinite(limit) and limit >= 1):
        raise CallError(
            f"{name}: {limit:g} is no limit", remedy="Give 1 or more, or leave it out for none."
        )


def _drawn(
    examples: Iterable[Example],
    tally: Tally,
    kind_of: Callable[[Example], str],
    limits: Callable[[Mapping[str, int]], Mapping[str, int]],
    *,
    seed: int,
) -> Iterator[Example]:
    spool = Spool[Example]()
    lots: defaultdict[str, array[int]] = defaultdict(lambda: array("Q"))
    for example in examples:
        spool.add(example)
        lots[kind_of(example)].append(_lot(example, seed))
    if not lots:
        return
    wanted = limits({kind: len(drawn) for kind, drawn in lots.items()})
    below = {kind: _threshold(drawn, wanted[kind]) for kind, drawn in lots.items()}
    for example in spool:
        kind = kind_of(example)
        if _lot(example, seed) < below[kind]:
            yield example
        else:
            tally.drop(example, f"not drawn from {kind}" if kind else "not drawn")


def _lot(example: Example, seed: int) -> int:
    answer = (example.completion, example.rejected, example.label)
    return key(seed, name_of(example), messages_key(example.prompt), *answer)


def _threshold(lots: array[int], count: int) -> int:
    """Return the number that ``count`` of the lots are below; equal lots stay or go together."""
    if count >= len(lots):
        return _ALL
    sizes = [0] * _BUCKETS
    for lot in lots:
        sizes[lot * _BUCKETS // _ALL] += 1
    left, bucket = count, 0
    while left >= sizes[bucket]:
        left -= sizes[bucket]
        bucket += 1
    return sorted(lot for lot in lots if lot * _BUCKETS // _ALL == bucket)[left]


def _kind_of(example: Example) -> str:
    return example.provenance.task_kind or "no kind"
