"""The folder that sealed runs are in: which files, and what its manifest says of them.

``manifest.json`` is written last, so a folder that has one is whole. Beside it are the events and
the bytes that they name (``sealed_lines`` or ``sealed_parquet``), and ``labels.jsonl``.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

import msgspec

from critique_loop._version import __version__
from critique_loop.errors import CallError
from critique_loop.store.rows import LabelRow, Row, TraceSource

MANIFEST = "manifest.json"
LABELS = "labels.jsonl"
BLOBS = "blobs"
FORMAT = "critique-loop traces"
VERSION = 1
LONGEST_LINE = 64 * 2**20
LARGEST_BLOB = 2**30
_LARGEST_MANIFEST = 16 * 2**20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class SealedFile:
    """One file of a sealed folder, as its manifest has it."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a sealed folder says of itself.

    ``form`` is "jsonl" or "parquet", ``package`` the version of the package that wrote it.
    ``redacted`` names what was taken out of the runs before they were sealed.
    """

    format: str
    version: int
    form: str
    package: str = __version__
    runs: int = 0
    events: int = 0
    blobs: int = 0
    labels: int = 0
    redacted: tuple[str, ...] = ()
    files: dict[str, SealedFile] = field(default_factory=dict[str, SealedFile])


class SealedWriter(Protocol):
    """Writes the events and blobs of one folder, in one form."""

    def event(self, run_id: str, row: Row) -> None:
        """Add an event, after those before it."""
        ...

    def blob(self, sha256: str, data: bytes) -> None:
        """Add bytes, each only once."""
        ...

    def finish(self) -> None:
        """Write what is still waiting; nothing is added after that."""
        ...

    def close(self) -> None:
        """Close the files, as far as they have come."""
        ...


class SealedReader(TraceSource, Protocol):
    """Reads the events and blobs of one folder, in one form."""

    def entries(self) -> Iterator[tuple[str, Row]]:
        """Yield every event with the id of its run, as they lie."""
        ...

    def hashes(self) -> Iterator[str]:
        """Yield the name of everything ``blob`` can return."""
        ...


@dataclass(frozen=True, slots=True)
class LabelLine:
    """A label as one line of ``labels.jsonl``."""

    id: str
    kind: str
    run: str
    round: int
    dimension: str
    labeller: str
    at: float
    body: msgspec.Raw


def label_line(label: LabelRow) -> bytes:
    """Return a label as a line."""
    line = LabelLine(
        id=label.id,
        kind=label.kind,
        run=label.run_id,
        round=label.round,
        dimension=label.dimension,
        labeller=label.labeller,
        at=label.at,
        body=msgspec.Raw(label.body.encode()),
    )
    return msgspec.json.encode(line) + b"\n"


def read_labels(path: Path) -> Iterator[LabelRow]:
    """Yield the labels of a file; none where there is no file.

    Raises:
        CallError: a line is no label.
    """
    if not path.exists():
        return
    with opened(path) as file:
        for place, line in lines(path, file):
            try:
                found = msgspec.json.decode(line, type=LabelLine)
                body = canonical(found.body)
            except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                raise broken(path, f"line {place} is no label: {error}") from error
            yield LabelRow(
                found.id, found.kind, found.run, found.round, found.dimension, found.labeller,
                found.at, body,
            )  # fmt: skip


def lines(path: Path, file: IO[bytes], *, first: int = 1) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file that are not empty, with their numbers.

    Raises:
        CallError: one is longer than any event.
    """
    number = first
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise broken(path, f"line {number} is longer than {LONGEST_LINE >> 20} MB")
        if line.strip():
            yield number, line
        number += 1


def canonical(raw: msgspec.Raw | bytes | str) -> str:
    """Return a JSON text as a store keeps it: no blanks, so that references can be found in it."""
    text = raw if isinstance(raw, str) else bytes(raw).decode()
    return msgspec.json.encode(msgspec.json.decode(text)).decode()


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a folder, once all files are as it says.

    Raises:
        CallError: there is none, it is of another version, or a file is missing, damaged or more.
    """
    path = folder / MANIFEST
    with opened(path) as file:
        text = file.read(_LARGEST_MANIFEST + 1)
    try:
        manifest = msgspec.json.decode(text[:_LARGEST_MANIFEST], type=Manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise broken(path, f"it is no manifest of sealed traces: {error}") from error
    if manifest.format != FORMAT:
        raise broken(path, f"it is of the format {manifest.format!r}")
    if manifest.version > VERSION:
        raise CallError(
            f"{path}: written by a newer version (format {manifest.version}, known: {VERSION})",
            remedy="Upgrade critique-loop.",
        )
    for name, noted in manifest.files.items():
        _check_file(folder, name, noted)
    return manifest


def _check_file(folder: Path, name: str, noted: SealedFile) -> None:
    if name not in {LABELS, "events.jsonl", "events.parquet", "blobs.parquet"}:
        raise broken(folder / MANIFEST, f"it names {name!r}, which is no file of sealed traces")
    now = seal_of(folder / name)
    if now != noted:
        raise broken(folder / name, "it is not as the manifest says: damaged, or changed since")


def seal_of(path: Path) -> SealedFile:
    """Return length and SHA-256 of a file."""
    digest = hashlib.sha256()
    size = 0
    with opened(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return SealedFile(size, digest.hexdigest())


@contextmanager
def opened(path: Path) -> Generator[IO[bytes]]:
    """Lend a file for reading that is a plain one: no link, device or pipe.

    Raises:
        CallError: it is none, or it can't be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise CallError(
            f"{path}: can't be read ({error.strerror})", remedy="Name another file or folder."
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise broken(path, "it is no plain file")
    with os.fdopen(descriptor, "rb") as file:
        yield file


def broken(path: Path, problem: str) -> CallError:
    """Return the error to raise for a file that holds something else than it should."""
    return CallError(f"{path}: {problem}", remedy="Get it once more; nothing was written.")
