"""How much the pages of a Parquet file hold once they are unpacked, before one of them is.

The footer says so too, but nothing comes of it when it lies. The length in the header of each page
is what pyarrow makes room for, and what the page has to come to.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from critique_loop.store.sealed import broken

_MOST_ENTRIES = 2**17  # of a dictionary: as many as a row group may have rows
# Those that don't make very much of the few bytes that may lie behind a column.
_CODECS = frozenset({"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "LZ4"})
# PLAIN, dictionaries, and two of numbers: the others share parts of texts, or only claim lengths.
_ENCODINGS = frozenset({0, 2, 5, 8, 9})

# The fields of a page's header, and which one of those within it is what.
_UNPACKED, _PACKED, _DICTIONARY = 2, 3, 7
_ENTRIES = 1
_ENCODING_OF = {5: 2, _DICTIONARY: 2, 8: 4}

# The types of Thrift's compact protocol that such a header can have.
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _STRUCT = 1, 2, 3, 4, 5, 6, 7, 8, 12
_FIXED = {_TRUE: 0, _FALSE: 0, _BYTE: 1, _DOUBLE: 8}
_LONGEST_VARINT = 10
_LARGEST_RAW = 2**32 - 1
_LARGEST_ID = 2**15 - 1
_DEEPEST = 8

_Fields = dict[int, "int | _Fields"]


class Pages:
    """The headers of the pages in one file."""

    def __init__(self, path: Path) -> None:
        """Open it."""
        self._path = path
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def size(self, column: Any) -> int:  # noqa: ANN401 - what the footer says, without a type
        """Return how many bytes the pages of a column of a row group have when unpacked.

        Raises:
            CallError: they are not packed as plain texts and numbers are.
        """
        if column.compression not in _CODECS:
            raise broken(self._path, f"it is packed by {column.compression}")
        start = column.data_page_offset
        dictionary = column.dictionary_page_offset
        if dictionary is not None and 0 < dictionary < start:
            start = dictionary
        if min(start, column.total_compressed_size) < 0:
            raise broken(self._path, "a column of it lies nowhere")
        try:
            return sum(self._sizes(start, start + column.total_compressed_size))
        except (IndexError, ValueError) as error:
            raise broken(self._path, f"a page of it can't be read: {error}") from error

    def close(self) -> None:
        """Close it."""
        self._bytes.close()

    def _sizes(self, place: int, end: int) -> Iterator[int]:
        while place < end:
            header = _Header(self._bytes, place)
            fields = header.struct()
            _check(fields)
            packed = _length(fields, _PACKED)
            yield max(packed, _length(fields, _UNPACKED))
            place = header.place + packed


class _Header:
    """What Thrift has written from ``place`` on, which is moved behind what is read."""

    def __init__(self, data: mmap.mmap, place: int) -> None:
        self._data = data
        self.place = place

    def struct(self, depth: int = 0) -> _Fields:
        """Return the 32-bit numbers and structs of a struct by their ids.

        Raises:
            IndexError: the file ends before it does.
            ValueError: it has what no header of a page has.
        """
        if depth > _DEEPEST:
            raise ValueError("its header is too deep")
        fields: _Fields = {}
        number = 0
        while first := self._byte():
            step, kind = first >> 4, first & 15
            number = number + step if step else _signed(self._varint())
            if not 0 < number <= _LARGEST_ID:
                raise ValueError(f"its header has a field {number}")
            if kind == _STRUCT:
                fields[number] = self.struct(depth + 1)
            elif kind == _I32:
                fields[number] = _signed(self._varint())
            else:
                self._skip(kind)
        return fields

    def _skip(self, kind: int) -> None:
        if kind in {_I16, _I64}:
            self._varint()
        elif kind == _BINARY:
            length = self._varint()  # which moves the place itself
            self.place += length
        elif kind in _FIXED:
            self.place += _FIXED[kind]
        else:
            raise ValueError(f"its header has a value of the type {kind}")

    def _byte(self) -> int:
        value = self._data[self.place]
        self.place += 1
        return value

    def _varint(self) -> int:
        value = 0
        for number in range(_LONGEST_VARINT):
            byte = self._byte()
            value |= (byte & 127) << 7 * number
            if byte < 128:  # noqa: PLR2004 - the bit that says there is more
                return value
        raise ValueError("its header has a number without an end")


def _signed(raw: int) -> int:
    if raw > _LARGEST_RAW:
        raise ValueError("its header has a number that is too large")
    return (raw >> 1) ^ -(raw & 1)


def _length(fields: _Fields, field: int) -> int:
    value = fields.get(field)
    if not isinstance(value, int) or value < 0:
        raise ValueError("its header has no length")
    return value


def _check(fields: _Fields) -> None:
    """Refuse what takes more room than its length says."""
    for field, place in _ENCODING_OF.items():
        inner = fields.get(field)
        if isinstance(inner, Mapping) and inner.get(place) not in _ENCODINGS:
            raise ValueError(f"it has the encoding {inner.get(place)}")
    dictionary = fields.get(_DICTIONARY)
    if isinstance(dictionary, Mapping) and _length(dictionary, _ENTRIES) > _MOST_ENTRIES:
        raise ValueError(f"its dictionary has more than {_MOST_ENTRIES} entries")
