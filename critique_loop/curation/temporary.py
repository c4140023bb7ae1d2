"""Memory that moves to temporary files beyond a size, so that a million rows fit everywhere."""

from __future__ import annotations

import mmap
import pickle
import weakref
from array import array
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import Final, Generic, Literal, TypeVar

from critique_loop.errors import MachineError

IN_MEMORY: Final = 4 * 2**20
"""How many bytes of one table or file stay in memory before a file holds them."""

_BYTES: Final = {"I": 4, "Q": 8}
_CHUNK = 2**20
_FEW = 2**10
_ODD = 0x9E3779B97F4A7C15  # 2**64 over the golden ratio
_ALL = 2**64 - 1

Code = Literal["I", "Q"]
T = TypeVar("T")


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


def spooled(owner: object) -> SpooledTemporaryFile[bytes]:
    """Return a file that leaves memory when it grows, and is closed when its owner goes."""
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the next line sees to it
    weakref.finalize(owner, file.close)
    return file


def place(key: int, mask: int) -> int:
    """Return where a key of 64 bits belongs in a table of ``mask + 1`` slots."""
    mixed = key * _ODD & _ALL
    return (mixed ^ mixed >> 32) & mask


class Firsts:
    """The first value told for each 64-bit key, at 24 to 48 bytes a key.

    Open addressing (Knuth, volume 3, section 6.4), at most two thirds full.
    """

    def __init__(self) -> None:
        self._count = 0
        self._keys = slots(_FEW, "Q")
        self._values = slots(_FEW, "Q")

    def __len__(self) -> int:
        return self._count

    def get(self, key: int) -> int | None:
        """Return the value told for a key, None where there is none."""
        index = _find(self._keys, key or 1)
        return self._values[index] if self._keys[index] else None

    def first(self, key: int, value: int) -> int:
        """Return the value told for a key before, else remember and return this one."""
        key = key or 1  # 0 marks an empty slot
        index = _find(self._keys, key)
        if self._keys[index]:
            return self._values[index]
        self._keys[index], self._values[index] = key, value
        self._count += 1
        if 3 * self._count > 2 * len(self._keys):
            self._grow()
        return value

    def _grow(self) -> None:
        keys, values = self._keys, self._values
        self._keys, self._values = slots(2 * len(keys), "Q"), slots(2 * len(keys), "Q")
        for key, value in zip(keys, values, strict=True):
            if key:
                index = _find(self._keys, key)
                self._keys[index], self._values[index] = key, value


class Seen:
    """A set of 64-bit keys, at 12 to 24 bytes each."""

    def __init__(self) -> None:
        self._count = 0
        self._keys = slots(_FEW, "Q")

    def __len__(self) -> int:
        return self._count

    def __contains__(self, key: int) -> bool:
        return bool(self._keys[_find(self._keys, key or 1)])

    def add(self, key: int) -> bool:
        """Remember a key; say whether it was new."""
        key = key or 1  # 0 marks an empty slot
        index = _find(self._keys, key)
        if self._keys[index]:
            return False
        self._keys[index] = key
        self._count += 1
        if 3 * self._count > 2 * len(self._keys):
            self._grow()
        return True

    def _grow(self) -> None:
        old = self._keys
        self._keys = slots(2 * len(old), "Q")
        for key in old:
            if key:
                self._keys[_find(self._keys, key)] = key


def _find(keys: memoryview, key: int) -> int:
    """Return where a key is, or the empty slot where it belongs."""
    mask = len(keys) - 1
    index = place(key, mask)
    while (found := keys[index]) and found != key:
        index = index + 1 & mask
    return index


class Spool(Generic[T]):
    """Values that are read more than once, in the order they came."""

    def __init__(self) -> None:
        self._file = spooled(self)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, value: T) -> None:
        """Keep a value at the end."""
        try:
            pickle.dump(value, self._file, protocol=pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            raise no_room(error) from error
        self._count += 1

    def __iter__(self) -> Iterator[T]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - a nameless file that only we can write
