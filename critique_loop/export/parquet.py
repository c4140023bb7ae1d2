"""Rows in a Parquet file, by the extra ``parquet``."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from critique_loop.errors import CallError
from critique_loop.export.dialects.shapes import Row

try:
    _pa: Any = import_module("pyarrow")  # it has no types
    _pq: Any = import_module("pyarrow.parquet")
except ImportError as _error:
    raise CallError(
        "writing Parquet needs the package pyarrow",
        remedy="Install it: pip install 'critique-loop[parquet]', or write .jsonl.",
    ) from _error


class ParquetFile:
    """A file of rows whose columns have the types of the first ones, zstd within."""

    def __init__(self, path: Path, first: Sequence[Row]) -> None:
        """Open the file; ``first`` are rows that show the types, and are not written yet."""
        self._schema: Any = _pa.Table.from_pylist(list(first)).schema
        self._writer: Any = _pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        self._writer.write_table(_pa.Table.from_pylist(list(rows), schema=self._schema))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._writer.close()
