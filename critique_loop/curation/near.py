"""Near duplicates: texts that share most of their shingles, found among all earlier ones.

Locality-sensitive hashing after Indyk and Motwani (1998): a signature is cut into 16 bands of 8
bytes, and texts that agree in a band are compared. Of two texts with similarity 0.85 that finds
99.4 %, of two with 0.9 all but 3 in 100,000 (1 - (1 - s^8)^16).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import ClassVar

from critique_loop.curation.minhash import SIZE, Signature, signer, similarity
from critique_loop.curation.pipeline import Tally, sifted
from critique_loop.curation.temporary import no_room, slots, spooled
from critique_loop.curation.texts import compared_text
from critique_loop.values import Example

_BANDS = 16
_CUT = Struct(f"<{_BANDS}Q")
_ALL = 2**64 - 1
_SHIFT = 24  # the high bits of a product are the mixed ones; 2**40 slots can be told apart
_ODDS = tuple((0x9E3779B97F4A7C15 * (2 * band + 1) & _ALL) for band in range(_BANDS))


class NearIndex:
    """Signatures by band: 128 bytes each, and 128 to 256 more for the table of bands.

    A band that finds none of ``tried`` slots free is left out; a text has 15 others.
    """

    def __init__(self, threshold: float, *, tried: int = 4) -> None:
        self.threshold = threshold
        self._tried = tried
        self._count = 0
        self._signatures = spooled(self)
        self._rows = slots(1024, "I")

    def __len__(self) -> int:
        return self._count

    def find(self, signature: Signature) -> int | None:
        """Return the number of an earlier text that is at least as similar as the threshold."""
        return next(self.matches(signature), None)

    def matches(self, signature: Signature) -> Iterator[int]:
        """Yield the numbers of all such texts that are found."""
        table, mask = self._rows, len(self._rows) - 1
        compared: set[int] = set()
        for start in _starts(signature):
            for step in range(self._tried):
                row = table[start + step & mask]
                if not row:
                    break
                if row in compared:
                    continue
                compared.add(row)
                if similarity(self._read(row - 1), signature) >= self.threshold:
                    yield row - 1

    def add(self, signature: Signature) -> int:
        """Keep a signature; return its number, counted from 0."""
        try:
            self._signatures.seek(self._count * SIZE)
            self._signatures.write(signature)
        except OSError as error:
            raise no_room(error) from error
        self._count += 1
        if 2 * _BANDS * self._count > len(self._rows):
            self._grow()
        else:
            self._insert(signature, self._count)
        return self._count - 1

    def _read(self, row: int) -> Signature:
        self._signatures.seek(row * SIZE)
        return self._signatures.read(SIZE)

    def _insert(self, signature: Signature, row: int) -> None:
        table, mask = self._rows, len(self._rows) - 1
        for start in _starts(signature):
            for step in range(self._tried):
                if not table[start + step & mask]:
                    table[start + step & mask] = row
                    break

    def _grow(self) -> None:
        self._rows = slots(2 * len(self._rows), "I")
        for row in range(self._count):
            self._insert(self._read(row), row + 1)


def _starts(signature: Signature) -> list[int]:
    """Return for each band where in a table it belongs, before the mask."""
    bands = zip(_CUT.unpack(signature), _ODDS, strict=True)
    return [(value * odd & _ALL) >> _SHIFT for value, odd in bands]


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """Drops what shares most of its shingles (runs of five tokens) with an earlier example.

    Compared are programs where there are some, else question and answers; only examples of one kind
    and label. ``own`` leaves rensa aside where it is installed.
    """

    threshold: float = 0.85
    own: bool = False

    name: ClassVar[str] = "near duplicates"
    note: ClassVar[str] = ""

    def run(self, examples: Iterable[Example], tally: Tally) -> Iterator[Example]:
        """Yield what no earlier example that was kept is like."""
        sign = signer(own=self.own)
        indexes: dict[str, NearIndex] = {}

        def reason(example: Example) -> str:
            text = compared_text(example)
            if not text.strip():
                return ""
            kind = f"{example.kind} {example.label}"
            index = indexes.setdefault(kind, NearIndex(self.threshold))
            signature = sign(text)
            if index.find(signature) is not None:
                return "most of its text is that of another"
            index.add(signature)
            return ""

        return sifted(examples, tally, reason)
