"""Where rows go: JSON lines or Parquet, in the order they come or far from those of their task."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol, cast

import msgspec

from critique_loop.export.dialects.shapes import Row
from critique_loop.export.files import Files, LineFile, Written
from critique_loop.export.spacing import Spaced

_PAGE_ROWS = 1000


class Sink(Protocol):
    """Takes rows until it is finished."""

    def write(self, row: Row, *, task: str) -> None:
        """Take one row; ``task`` is equal for rows about the same."""
        ...

    def finish(self) -> Written:
        """Bring everything to the disk."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class Packing(Sink, Protocol):
    """A sink of rows that may wait as bytes before they are written."""

    def packed(self, row: Row) -> bytes:
        """Return a row as bytes that can wait."""
        ...

    def write_packed(self, data: bytes) -> None:
        """Take a row that waited."""
        ...


class Lines:
    """Rows as JSON lines, in the order they come."""

    def __init__(self, files: Files, path: Path, part: str) -> None:
        """Open the file under its scratch name."""
        self._path, self._part = path, part
        self._file = LineFile(files.scratch(path))
        self._encode = msgspec.json.Encoder().encode

    def write(self, row: Row, *, task: str) -> None:
        """Add one row."""
        del task
        self._file.write(self._encode(row))

    def packed(self, row: Row) -> bytes:
        """Return a row as bytes that can wait."""
        return self._encode(row)

    def write_packed(self, data: bytes) -> None:
        """Add a row that waited."""
        self._file.write(data)

    def finish(self) -> Written:
        """Bring everything to the disk."""
        return self._file.finish(self._path, self._part)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Table:
    """Rows as Parquet, a thousand at a time; their types are those of the first thousand."""

    def __init__(self, files: Files, path: Path, part: str) -> None:
        """Open the file when the first rows are there."""
        self._path, self._part = path, part
        self._scratch = files.scratch(path)
        self._waiting: list[Row] = []
        self._rows = 0
        self._stack = ExitStack()
        self._writer: object | None = None

    def write(self, row: Row, *, task: str) -> None:
        """Add one row."""
        del task
        self._waiting.append(row)
        self._rows += 1
        if len(self._waiting) >= _PAGE_ROWS:
            self._flush()

    def packed(self, row: Row) -> bytes:
        """Return a row as bytes that can wait; its pictures stay bytes."""
        return msgspec.msgpack.encode(row)

    def write_packed(self, data: bytes) -> None:
        """Add a row that waited."""
        self.write(msgspec.msgpack.decode(data), task="")

    def _flush(self) -> None:
        from critique_loop.export.parquet import ParquetFile  # noqa: PLC0415 - an extra

        if self._waiting:
            if self._writer is None:
                self._writer = self._stack.enter_context(ParquetFile(self._scratch, self._waiting))
            cast("ParquetFile", self._writer).write(self._waiting)
            self._waiting = []

    def finish(self) -> Written:
        """Write the end of the file."""
        self._flush()
        self._stack.close()
        with self._scratch.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = self._scratch.stat().st_size
        return Written(self._path, size, sha256, self._rows, self._part)

    def close(self) -> None:
        """Let go of the file."""
        self._stack.close()


class Apart:
    """Rows of KTO: they wait, and go on in an order of chance, those of one task far apart."""

    def __init__(self, inner: Packing, scratch: Path, *, seed: int) -> None:
        """``scratch`` is the name of the file in which they wait."""
        self._inner = inner
        self.spaced: Spaced = Spaced(scratch, seed)

    def write(self, row: Row, *, task: str) -> None:
        """Add one row."""
        body = self._inner.packed(row)
        self.spaced.add(body, task=task, good=row.get("label", row.get("kto_tag")) is True)

    def finish(self) -> Written:
        """Bring the rows into their order and to the disk."""
        for body in self.spaced.rows():
            self._inner.write_packed(body)
        return self._inner.finish()

    def close(self) -> None:
        """Let go of both files."""
        self.spaced.close()
        self._inner.close()
