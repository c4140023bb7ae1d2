"""One Parquet file from elsewhere, read a row group at a time, and never more than it may hold.

What is packed in a few bytes can fill the memory: how long the pages are when unpacked is read from
their headers before that. A column whose values are the same holds them once, and each row gets its
own: how long all values are together is counted then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from critique_loop.errors import CallError
from critique_loop.store.parquet_pages import Pages
from critique_loop.store.sealed import broken, opened

_MOST_ROWS = 2**17  # as many as DuckDB writes into a row group
_OF_BYTES = frozenset({"string", "large_string", "binary", "large_binary"})


def arrow() -> Any:  # noqa: ANN401 - a module without types
    """Return the module ``pyarrow``.

    Raises:
        CallError: it is not installed.
    """
    try:
        return import_module("pyarrow")
    except ImportError as error:
        raise CallError(
            "Parquet files need pyarrow, which is not installed",
            remedy="pip install 'critique-loop[parquet]', or take the format jsonl.",
        ) from error


def parquet() -> Any:  # noqa: ANN401 - a module without types
    """Return the module ``pyarrow.parquet``.

    Raises:
        CallError: it is not installed.
    """
    arrow()
    return import_module("pyarrow.parquet")


class ParquetFile:
    """A file whose columns have the types that are expected."""

    def __init__(self, path: Path, columns: Mapping[str, str], *, largest_group: int) -> None:
        """Open it; what is in the ``columns`` of a row group may have so many bytes.

        Raises:
            CallError: it is no plain Parquet file with such columns.
        """
        self.path = path
        with opened(path):  # no link, device or pipe
            pass
        self._texts = [name for name, kind in columns.items() if kind in _OF_BYTES]
        self._largest = largest_group
        self._file = self._open()
        schema = self._file.schema_arrow
        for name, kind in columns.items():
            place = schema.get_field_index(name)
            if place < 0 or schema.field(place).type != getattr(arrow(), kind)():
                raise broken(path, f"it has no column {name} of the type {kind}")
        # Without each row's own values: what a column holds, and which row has which of it.
        self._unfolded = self._open(read_dictionary=self._texts)
        self._columns = list(columns)
        leaves = enumerate(column.path for column in self._file.schema)
        self._leaves = [number for number, name in leaves if name in columns]
        self._pages = Pages(path)
        self.groups: int = self._file.num_row_groups
        # The last row group is kept: whoever reads goes through it row by row.
        self.read: Callable[[int], Sequence[Mapping[str, object]]] = lru_cache(1)(self._read)
        self._measured = lru_cache(None)(self._measure)

    def _open(self, **options: object) -> Any:  # noqa: ANN401 - a module without types
        module = arrow()
        try:
            return parquet().ParquetFile(self.path, **options)
        except (module.ArrowException, OSError, ValueError) as error:
            raise broken(self.path, f"it is no Parquet file: {error}") from error

    def _read(self, group: int) -> Sequence[Mapping[str, object]]:
        try:
            self._check(group)
            rows = self._file.read_row_group(group, columns=self._columns).to_pylist()
        except (arrow().ArrowException, OSError, ValueError) as error:
            raise broken(self.path, f"row group {group} can't be read: {error}") from error
        return cast("Sequence[Mapping[str, object]]", rows)

    def _check(self, group: int) -> None:
        """Refuse a row group that is too large, before what is too large in it is unpacked."""
        about = self._file.metadata.row_group(group)
        columns = [about.column(leaf) for leaf in self._leaves]
        if max(about.num_rows, *(column.num_values for column in columns)) > _MOST_ROWS:
            raise broken(self.path, f"row group {group} has more than {_MOST_ROWS} rows")
        unpacked = sum(map(self._pages.size, columns))
        if unpacked > self._largest or self._measured(group) > self._largest:
            largest = f"{self._largest >> 20} MB"
            raise broken(self.path, f"row group {group} is larger than {largest}")

    def _measure(self, group: int) -> int:
        """Return how many bytes the texts of a row group have where each row has its own."""
        compute = import_module("pyarrow.compute")
        size = 0
        for column in self._unfolded.read_row_group(group, columns=self._texts).columns:
            for chunk in column.chunks:
                lengths = compute.binary_length(chunk.dictionary).take(chunk.indices)
                size += compute.sum(lengths).as_py() or 0
        return size

    def close(self) -> None:
        """Close it."""
        self._file.close()
        self._unfolded.close()
        self._pages.close()
