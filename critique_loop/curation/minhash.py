"""Signatures of texts by which near duplicates are found: MinHash, one byte of each minimum.

Broder (1997), "On the resemblance and containment of documents"; only the lowest byte of each
minimum is kept: Li and König (2010), "b-bit minwise hashing". Without the package rensa the
minima are those of one permutation cut into bins: Li, Owen and Zhang (2012), "One permutation
hashing"; empty bins borrow as in Shrivastava (2017), "Optimal densification".
"""

from __future__ import annotations

import random
import re
import zlib
from array import array
from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from sys import byteorder
from typing import Final, Protocol, cast

SIZE: Final = 128
"""Bytes of a signature; the estimate of a similarity s is off by sqrt(s (1 - s) / 128)."""

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]|\w+|[^\w\s]")
_SHINGLE = 5
_SEED = 1
_MIX = 0x9E3779B97F4A7C15
_ALL = 2**64 - 1
_BIN_BITS = SIZE.bit_length() - 1
_LOWEST = 0 if byteorder == "little" else 3
_CHANCE = 1 / 256  # how often the lowest bytes of two different minima are equal

Signature = bytes
Signer = Callable[[str], Signature]


class _Sketch(Protocol):
    def update(self, items: Sequence[str]) -> None: ...

    def digest(self) -> Sequence[int]: ...


class _Sketches(Protocol):
    def __call__(self, num_perm: int, seed: int) -> _Sketch: ...


def signer(*, own: bool = False) -> Signer:
    """Return what makes signatures: by rensa where it is installed (extra ``curation``), else ours.

    Signatures of the two can't be compared with each other.
    """
    sketches = None if own else _rensa()
    if sketches is None:
        return _own_signature

    def sign(text: str) -> Signature:
        sketch = sketches(SIZE, _SEED)  # one by one: for many at once rensa starts threads
        sketch.update(shingles(text))
        return array("I", sketch.digest()).tobytes()[_LOWEST::4]

    return sign


def similarity(one: Signature, other: Signature) -> float:
    """Return the estimated share of shingles that two texts have in common (Jaccard index)."""
    differing = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    equal = differing.to_bytes(SIZE, "big").count(0) / SIZE
    return max((equal - _CHANCE) / (1 - _CHANCE), 0.0)


def shingles(text: str) -> list[str]:
    """Return the runs of five tokens of a text; of a shorter one all that there is."""
    tokens = _TOKEN.findall(text.encode("utf-8", "replace").decode("utf-8"))  # no half characters
    if len(tokens) <= _SHINGLE:
        return [" ".join(tokens)]
    joined = " ".join(tokens)  # cut out of one text: half the time of joining each
    starts = [0, *accumulate(len(token) + 1 for token in tokens)]
    return list({joined[a : b - 1] for a, b in zip(starts, starts[_SHINGLE:], strict=False)})


def _rensa() -> _Sketches | None:
    try:
        import rensa  # noqa: PLC0415 # pyright: ignore[reportMissingTypeStubs] - an extra
    except ImportError:
        return None
    return cast("_Sketches", getattr(rensa, "RMinHash"))  # noqa: B009 - it tells no types


def _own_signature(text: str) -> Signature:
    minima = [_ALL] * SIZE
    shift = 64 - _BIN_BITS
    for shingle in shingles(text):
        mixed = zlib.crc32(shingle.encode()) * _MIX & _ALL
        index = mixed >> shift
        if mixed < minima[index]:  # noqa: PLR1730 - a call of min for each shingle takes twice as long
            minima[index] = mixed
    if _ALL in minima:
        borrowed = _lenders()
        minima = [
            value if value != _ALL else next(minima[i] for i in lenders if minima[i] != _ALL)
            for value, lenders in zip(minima, borrowed, strict=True)
        ]
    return bytes([value & 0xFF for value in minima])


@cache
def _lenders() -> tuple[tuple[int, ...], ...]:
    """Return for each bin the order in which it asks others, the same in every process."""
    dice = random.Random(_SEED)  # noqa: S311 - a draw, no secret
    return tuple(tuple(dice.sample(range(SIZE), SIZE)) for _ in range(SIZE))
