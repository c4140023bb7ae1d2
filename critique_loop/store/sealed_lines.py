"""Sealed runs as JSON lines, one event a line, with the bytes they name in files beside."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from critique_loop.errors import StoreError
from critique_loop.store.rows import LabelRow, Row
from critique_loop.store.sealed import (
    BLOBS,
    LABELS,
    LARGEST_BLOB,
    broken,
    canonical,
    lines,
    opened,
    read_labels,
)

EVENTS = "events.jsonl"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class _Line:
    run: str
    seq: int
    kind: str
    round: int
    at: float
    seconds: float
    body: msgspec.Raw


class LinesWriter:
    """Writes ``events.jsonl`` and ``blobs/`` into a folder."""

    files: tuple[str, ...] = (EVENTS,)

    def __init__(self, folder: Path) -> None:
        """Begin in a folder that is there and empty."""
        self._folder = folder / BLOBS
        self._folder.mkdir()
        self._events = (folder / EVENTS).open("xb")

    def event(self, run_id: str, row: Row) -> None:
        """Add an event."""
        line = _Line(
            run=run_id,
            seq=row.seq,
            kind=row.kind,
            round=row.round,
            at=row.at,
            seconds=row.seconds,
            body=msgspec.Raw(row.body.encode()),
        )
        self._events.write(msgspec.json.encode(line) + b"\n")

    def blob(self, sha256: str, data: bytes) -> None:
        """Add bytes."""
        path = self._folder / sha256[:2] / sha256[2:]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    def finish(self) -> None:
        """Bring it to the disk."""
        self._events.flush()
        os.fsync(self._events.fileno())

    def close(self) -> None:
        """Close the file."""
        self._events.close()


class LinesReader:
    """Reads an ``events.jsonl`` of any name, and the bytes in ``blobs/`` beside it."""

    def __init__(self, path: Path) -> None:
        """``path`` is the file; it is read once to find where each run begins."""
        self._path = path
        self._folder = path.parent / BLOBS
        self._starts: dict[str, tuple[int, int]] = {}

    def entries(self) -> Iterator[tuple[str, Row]]:
        """Yield every event with the id of its run."""
        self._starts.clear()
        before = ""
        with opened(self._path) as file:
            place = 0
            for number, line in lines(self._path, file):
                run_id, row = self._row(number, line)
                if run_id != before:
                    if run_id in self._starts:
                        raise broken(
                            self._path, f"line {number}: run {run_id} was over before that"
                        )
                    self._starts[run_id] = (place, number)
                    before = run_id
                place = file.tell()
                yield run_id, row

    def run_ids(self) -> Iterator[str]:
        """Yield the id of every run; after ``entries`` has been read to its end."""
        return iter(tuple(self._starts))

    def rows(self, run_id: str) -> Iterator[Row]:
        """Yield the events of a run; after ``entries`` has been read to its end."""
        place, first = self._starts[run_id]
        with opened(self._path) as file:
            file.seek(place)
            for number, line in lines(self._path, file, first=first):
                found, row = self._row(number, line)
                if found != run_id:
                    return
                yield row

    def labels(self) -> Iterator[LabelRow]:
        """Yield what persons said."""
        return read_labels(self._path.parent / LABELS)

    def hashes(self) -> Iterator[str]:
        """Yield the name of every file in ``blobs/``."""
        if self._folder.is_symlink():
            raise broken(self._folder, "it is a link")
        for folder in sorted(self._folder.glob("*")):
            for path in sorted(folder.glob("*")):
                sha256 = f"{folder.name}{path.name}"
                if not _SHA256.fullmatch(sha256):
                    raise broken(path, "its name is no SHA-256")
                yield sha256

    def blob(self, sha256: str) -> bytes:
        """Return the bytes with this hash, as far as they can be meant; nobody has compared yet."""
        path = self._folder / sha256[:2] / sha256[2:]
        if not _SHA256.fullmatch(sha256):
            raise broken(self._path, f"it names bytes by {sha256!r}, which is no SHA-256")
        if path.parent.is_symlink():
            raise broken(path.parent, "it is a link")
        with opened(path) as file:
            if os.fstat(file.fileno()).st_size > LARGEST_BLOB:
                raise broken(path, f"it is larger than {LARGEST_BLOB >> 20} MB")
            try:
                return file.read(LARGEST_BLOB)
            except OSError as error:
                raise StoreError(f"{path}: {error.strerror}") from error

    def _row(self, number: int, line: bytes) -> tuple[str, Row]:
        try:
            found = msgspec.json.decode(line, type=_Line)
            body = canonical(found.body)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise broken(self._path, f"line {number} is no event: {error}") from error
        return found.run, Row(found.seq, found.kind, found.round, found.at, found.seconds, body)

    def close(self) -> None:
        """Have nothing open."""
