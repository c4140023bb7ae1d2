"""Memory that moves to temporary files beyond a size, so that a million rows fit everywhere."""

from __future__ import annotations

import mmap
import pickle
from array import array
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import Final, Literal

from critique_loop.errors import MachineError
from critique_loop.values import Example

IN_MEMORY: Final = 4 * 2**20
"""How many bytes of one table or file stay in memory before a file holds them."""

_BYTES: Final = {"I": 4, "Q": 8}
_CHUNK = 2**20
_ODD = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio: Knuth, volume 3, section 6.4
_ALL = 2**64 - 1

Code = Literal["I", "Q"]


def no_room(error: OSError) -> MachineError:
    """Return the error to raise where a temporary file can't grow."""
    return MachineError(
        f"a temporary file of the curation can't be written: {error.strerror or error}",
        remedy="Free some space, or name a folder on a larger disk with TMPDIR.",
    )


def slots(count: int, code: Code) -> memoryview:
    """Return ``count`` zeros of 4 ("I") or 8 ("Q") bytes; large tables lie in a nameless file."""
    size = count * _BYTES[code]
    if size <= IN_MEMORY:
        return memoryview(array(code, bytes(size)))
    try:
        with TemporaryFile() as file:
            for _ in range(0, size, _CHUNK):  # written, for a hole could find the disk full later
                file.write(bytes(_CHUNK))
            file.flush()
            return memoryview(mmap.mmap(file.fileno(), size)).cast(code)
    except OSError as error:
        raise no_room(error) from error


def place(key: int, mask: int) -> int:
    """Return where a key of 64 bits belongs in a table of ``mask + 1`` slots."""
    mixed = key * _ODD & _ALL
    return (mixed ^ mixed >> 32) & mask


class Seen:
    """A set of 64-bit keys at 12 to 24 bytes each: open addressing, at most two thirds full."""

    def __init__(self) -> None:
        self._count = 0
        self._slots = slots(1024, "Q")

    def __len__(self) -> int:
        return self._count

    def add(self, key: int) -> bool:
        """Remember a key; say whether it was new."""
        if not self._insert(key or 1):  # 0 marks an empty slot
            return False
        self._count += 1
        if 3 * self._count > 2 * len(self._slots):
            self._grow()
        return True

    def _insert(self, key: int) -> bool:
        table, mask = self._slots, len(self._slots) - 1
        index = place(key, mask)
        while found := table[index]:
            if found == key:
                return False
            index = index + 1 & mask
        table[index] = key
        return True

    def _grow(self) -> None:
        old = self._slots
        self._slots = slots(2 * len(old), "Q")
        for key in old:
            if key:
                self._insert(key)


class Spool:
    """Examples that are read more than once, in the order they came."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with its owner
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, example: Example) -> None:
        """Keep an example at the end."""
        try:
            pickle.dump(example, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            raise no_room(error) from error
        self._count += 1

    def __iter__(self) -> Iterator[Example]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - a nameless file that only we can write
