"""Sealed runs as Parquet: one row per event, and the bytes they name in a second file.

Beside the JSON of each event there are columns of what is asked for most, so that DuckDB, polars
and pandas need not parse it. Needs the extra ``parquet``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import msgspec

from critique_loop.store.parquet_file import ParquetFile, arrow, parquet
from critique_loop.store.rows import LabelRow, Row
from critique_loop.store.sealed import (
    LABELS,
    LARGEST_BLOB,
    LONGEST_LINE,
    broken,
    canonical,
    read_labels,
)

EVENTS = "events.parquet"
BLOBS = "blobs.parquet"
_GROUP_BYTES = 8 * 2**20
_GROUP_ROWS = 4096
_LARGEST_EVENTS = LONGEST_LINE * 2
_LARGEST_BLOBS = LARGEST_BLOB + LONGEST_LINE
_SHARED = 256
_SMALL_BYTES = 64 * 2**10

# The event itself.
_CORE = {
    "run_id": "string",
    "seq": "int64",
    "kind": "string",
    "round": "int64",
    "at": "float64",
    "seconds": "float64",
    "body": "string",
}
# Where each further column is in the bodies of some kinds.
_TEXTS = ("status", "writer", "critic", "role", "model", "stopped_because", "error")
_NUMBERS = ("overall", "cost_usd", "wall_s", "cpu_s")
_TOKENS = ("input_tokens", "output_tokens")
_FURTHER = {_TEXTS: "string", _NUMBERS: "float64", _TOKENS: "int64"}


class _Groups:
    """Collects rows until they are worth a row group of their own."""

    def __init__(self, path: Path, columns: Mapping[str, object]) -> None:
        self._schema = arrow().schema(list(columns.items()))
        self._writer = parquet().ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[dict[str, object]] = []
        self._bytes = 0

    def add(self, row: dict[str, object], size: int) -> None:
        self._rows.append(row)
        self._bytes += size
        if self._bytes >= _GROUP_BYTES or len(self._rows) >= _GROUP_ROWS:
            self.flush()

    def flush(self) -> None:
        if self._rows:
            table = arrow().Table.from_pylist(self._rows, schema=self._schema)
            self._writer.write_table(table, row_group_size=len(self._rows))
        self._rows.clear()
        self._bytes = 0

    def close(self) -> None:
        self._writer.close()


class ParquetWriter:
    """Writes ``events.parquet`` and ``blobs.parquet`` into a folder."""

    files: tuple[str, ...] = (EVENTS, BLOBS)

    def __init__(self, folder: Path) -> None:
        """Begin in a folder that is there and empty.

        Raises:
            CallError: pyarrow is not installed.
        """
        module = arrow()
        columns: dict[str, object] = {name: getattr(module, kind)() for name, kind in _CORE.items()}
        columns["time"] = module.timestamp("us", tz="UTC")
        for names, kind in _FURTHER.items():
            columns.update({name: getattr(module, kind)() for name in names})
        self._events = _Groups(folder / EVENTS, columns)
        self._blobs = _Groups(
            folder / BLOBS, {"sha256": module.string(), "data": module.large_binary()}
        )

    def event(self, run_id: str, row: Row) -> None:
        """Add an event."""
        values: dict[str, object] = {"run_id": run_id, **row._asdict(), "time": _moment(row.at)}
        self._events.add(values | _glance(row.body), len(row.body))

    def blob(self, sha256: str, data: bytes) -> None:
        """Add bytes."""
        self._blobs.add({"sha256": sha256, "data": data}, len(data))

    def finish(self) -> None:
        """Write the last row groups and the footers."""
        for groups in (self._events, self._blobs):
            groups.flush()
            groups.close()

    def close(self) -> None:
        """Close the files, as far as they have come."""
        self._events.close()
        self._blobs.close()


class ParquetReader:
    """Reads the two files of a folder, a row group at a time."""

    def __init__(self, folder: Path) -> None:
        """Open both files.

        Raises:
            CallError: pyarrow is not installed, or a file is not one that ``ParquetWriter`` wrote.
        """
        self._folder = folder
        self._events = ParquetFile(folder / EVENTS, _CORE, largest_group=_LARGEST_EVENTS)
        self._blobs = ParquetFile(
            folder / BLOBS,
            {"sha256": "string", "data": "large_binary"},
            largest_group=_LARGEST_BLOBS,
        )
        self._starts: dict[str, tuple[int, int]] = {}  # group, and row in it
        self._places = sqlite3.connect("", isolation_level=None)  # on the disk once it is large
        self._places.execute(
            "CREATE TABLE places (sha256 TEXT PRIMARY KEY, part, at) WITHOUT ROWID"
        )
        self._shared: dict[str, bytes] = {}

    def entries(self) -> Iterator[tuple[str, Row]]:
        """Yield every event with the id of its run."""
        self._starts.clear()
        before = ""
        for group in range(self._events.groups):
            for number, (run_id, row) in enumerate(self._rows_of(group)):
                if run_id != before:
                    if run_id in self._starts:
                        raise broken(self._events.path, f"run {run_id} lies in two places")
                    self._starts[run_id] = (group, number)
                    before = run_id
                yield run_id, row

    def run_ids(self) -> Iterator[str]:
        """Yield the id of every run; after ``entries`` has been read to its end."""
        return iter(tuple(self._starts))

    def rows(self, run_id: str) -> Iterator[Row]:
        """Yield the events of a run; after ``entries`` has been read to its end."""
        first, number = self._starts[run_id]
        for group in range(first, self._events.groups):
            for found, row in self._rows_of(group, number if group == first else 0):
                if found != run_id:
                    return
                yield row

    def labels(self) -> Iterator[LabelRow]:
        """Yield what persons said."""
        return read_labels(self._folder / LABELS)

    def hashes(self) -> Iterator[str]:
        """Yield the name of everything in ``blobs.parquet``."""
        for group in range(self._blobs.groups):
            for number, entry in enumerate(self._blobs.read(group)):
                sha256 = str(entry["sha256"])
                self._places.execute(
                    "INSERT INTO places VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    (sha256, group, number),
                )
                yield sha256

    def blob(self, sha256: str) -> bytes:
        """Return the bytes of this name, which nobody has compared; after ``hashes``."""
        data = self._shared.get(sha256)
        if data is None:
            data = self._find(sha256)
            if len(data) <= _SMALL_BYTES:
                self._shared[sha256] = data
            if len(self._shared) > _SHARED:
                del self._shared[next(iter(self._shared))]
        return data

    def _find(self, sha256: str) -> bytes:
        query = "SELECT part, at FROM places WHERE sha256 = ?"
        found = self._places.execute(query, (sha256,)).fetchone()
        if found is not None:
            data = self._blobs.read(int(found[0]))[int(found[1])]["data"]
            if isinstance(data, bytes):
                return data
        raise broken(self._blobs.path, f"it has no bytes {sha256}")

    def _rows_of(self, group: int, first: int = 0) -> Iterator[tuple[str, Row]]:
        entries = self._events.read(group)
        for number in range(first, len(entries)):
            entry = entries[number]
            *fields, body = (entry[name] for name in _CORE)
            if any(value is None for value in (*fields, body)):
                raise broken(self._events.path, f"row {number} of group {group} has gaps")
            try:
                text = canonical(str(body))
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                raise broken(
                    self._events.path, f"row {number} of group {group} is no event: {error}"
                ) from error
            run_id, *rest = fields
            yield str(run_id), Row(*cast("tuple[int, str, int, float, float]", tuple(rest)), text)

    def close(self) -> None:
        """Close the files."""
        self._events.close()
        self._blobs.close()
        self._places.close()


def _moment(at: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        return None  # no calendar has it; ``at`` does


def _glance(body: str) -> dict[str, object]:
    """Return what the further columns show of an event."""
    fields = cast("Mapping[str, object]", msgspec.json.decode(body))
    usage = fields.get("usage")
    tokens = cast("Mapping[str, object]", usage if isinstance(usage, dict) else {})
    found: dict[str, object] = {}
    for name in _TEXTS:
        value = fields.get(name)
        found[name] = value if isinstance(value, str) else None
    for name in _NUMBERS:
        value = fields.get(name)
        found[name] = float(value) if isinstance(value, int | float) else None
    for name in _TOKENS:
        value = tokens.get(name)
        found[name] = value if isinstance(value, int) else None
    return found
