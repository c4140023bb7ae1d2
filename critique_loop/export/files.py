"""Files that are there whole or not at all, and never in the place of somebody else's."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from critique_loop.errors import CallError, MachineError

_BUFFER_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Written:
    """One file of an export: its name, its size and its SHA-256; ``rows`` is 0 for a card."""

    path: Path
    size_bytes: int
    sha256: str
    rows: int = 0
    part: str = ""


@dataclass(slots=True)
class Files:
    """Files that are written under other names, and take their own all at the end.

    Whatever happens before, an error or Ctrl-C, leaves nothing behind.
    """

    force: bool = False
    _scratch: dict[Path, Path] = field(default_factory=dict[Path, Path])
    _names: dict[str, Path] = field(default_factory=dict[str, Path])
    _folders: list[Path] = field(default_factory=list[Path])

    def refuse(self, paths: Iterable[Path]) -> None:
        """Refuse to take the place of what is there.

        Raises:
            CallError: a file is there, and nobody said that it may go; or what can't be replaced,
                such as a device; or there is no way to have its folder.
        """
        for path in paths:
            if path.is_dir():
                raise CallError(f"{path}: is a folder", remedy="Name a file in it.")
            if path.exists() and not path.is_file():
                raise CallError(
                    f"{path}: is no regular file, and can't be replaced by one",
                    remedy="Name another file.",
                )
            _refuse_folder(path.parent)
            if os.path.lexists(path) and not self.force:
                raise CallError(
                    f"{path}: is there already; it was left as it is",
                    remedy="Name another file, or write over it: --force.",
                )

    def scratch(self, path: Path) -> Path:
        """Return the name under which ``path`` is written until everything is.

        Raises:
            CallError: ``path`` is there already.
            MachineError: its folder can't be made.
        """
        self.refuse([path])
        try:
            self._make(path.parent)
        except OSError as error:
            raise MachineError(
                f"{path.parent}: {error.strerror}", remedy="Name another place."
            ) from error
        scratch = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        self._scratch[path] = scratch
        self._names[str(scratch)] = path
        return scratch

    def named(self, scratch: str) -> str:
        """Return the name of a file that is written as ``scratch``, as whoever asked for it did."""
        return str(self._names.get(scratch, scratch))

    def _make(self, folder: Path) -> None:
        missing = [folder, *folder.parents]
        self._folders += [each for each in missing if not each.exists()]
        folder.mkdir(parents=True, exist_ok=True)

    def forget(self, path: Path) -> None:
        """Let ``path`` be none of the files in the end."""
        self._scratch.pop(path, None)

    def publish(self) -> None:
        """Give every file its own name.

        Raises:
            CallError: one has come to be there meanwhile.
            MachineError: the disk is in the way.
        """
        self.refuse(self._scratch)
        try:
            for path, scratch in self._scratch.items():
                scratch.replace(path)
        except OSError as error:
            raise MachineError(f"{self.named(error.filename)}: {error.strerror}") from error
        self._scratch.clear()
        self._folders.clear()

    def discard(self) -> None:
        """Take away what was not published, and the folders that were made for it."""
        for scratch in self._scratch.values():
            scratch.unlink(missing_ok=True)
        for folder in self._folders:
            with suppress(OSError):  # others have put something there
                folder.rmdir()
        self._scratch.clear()
        self._folders.clear()


def _refuse_folder(folder: Path) -> None:
    """Refuse a folder that is none, or would have to be made within what is none.

    Raises:
        CallError: it is so.
    """
    there = next((each for each in (folder, *folder.parents) if os.path.lexists(each)), None)
    if there is not None and not there.is_dir():
        kind = "a file, no folder" if there.is_file() else "neither a folder nor a regular file"
        raise CallError(
            f"{there}: is {kind}",
            remedy="Name a folder, or a file whose name ends in .jsonl or .parquet.",
        )


class LineFile:
    """JSON lines, counted and hashed while they are written."""

    def __init__(self, scratch: Path) -> None:
        """Open the file."""
        self.rows: int = 0
        self._size = 0
        self._sha256 = hashlib.sha256()
        # Rows are a few KB: written one by one each would be a call of the system.
        self._file: IO[bytes] = scratch.open("wb", buffering=_BUFFER_BYTES)

    def write(self, line: bytes) -> None:
        """Add one line, without its end."""
        data = line + b"\n"
        self._file.write(data)
        self._sha256.update(data)
        self._size += len(data)
        self.rows += 1

    def finish(self, path: Path, part: str) -> Written:
        """Bring everything to the disk and close."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return Written(path, self._size, self._sha256.hexdigest(), self.rows, part)

    def close(self) -> None:
        """Close without a word: the file is thrown away."""
        self._file.close()


def write_text(files: Files, path: Path, text: str) -> Written:
    """Write a small file whole."""
    data = text.encode()
    scratch = files.scratch(path)
    with scratch.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return Written(path, len(data), hashlib.sha256(data).hexdigest())
