"""The files that a program left in a folder of this machine, read with care: it made them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from critique_loop.executors.media import media_type
from critique_loop.values import OutputFile

_MOST_FILES = 100
_MOST_BYTES = 16 << 20
_MOST_BYTES_IN_ALL = 64 << 20


class Left(NamedTuple):
    """Files, and how many more there were than are kept."""

    files: tuple[OutputFile, ...]
    skipped: int


class Folder:
    """A folder in which programs work; only what is new or changed since ``look`` is theirs.

    Read are plain files of the folder itself: no link is followed, no pipe waited for.
    """

    def __init__(self, path: Path | None) -> None:
        """None: there is no such folder, and nothing will be found."""
        self._path = path
        self._before: dict[str, tuple[int, int]] = {}

    def look(self) -> None:
        """Remember what is there."""
        self._before = self._marks()

    def left(self, program: str = "") -> Left:
        """Return what is new or changed, in order of the names, but for the ``program`` itself."""
        marks = self._marks()
        marks.pop(program, None)
        new = sorted(name for name, mark in marks.items() if self._before.get(name) != mark)
        files: list[OutputFile] = []
        room = _MOST_BYTES_IN_ALL
        for name in new[:_MOST_FILES]:
            data = self._read(name, min(room, _MOST_BYTES))
            if data is not None:
                files.append(OutputFile(name, media_type(data), data))
                room -= len(data)
        return Left(tuple(files), len(new) - len(files))

    def _marks(self) -> dict[str, tuple[int, int]]:
        if self._path is None or not self._path.is_dir():
            return {}
        with os.scandir(self._path) as entries:
            known = {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
        return {
            name: (status.st_mtime_ns, status.st_size)
            for name, status in known.items()
            if not stat.S_ISDIR(status.st_mode)
        }

    def _read(self, name: str, most: int) -> bytes | None:
        if self._path is None:
            return None
        try:
            number = os.open(self._path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:  # a link, or gone
            return None
        with open(number, "rb") as file:  # noqa: PTH123 - a descriptor, no path
            if not stat.S_ISREG(os.fstat(number).st_mode):
                return None
            data = file.read(most + 1)
        return data if len(data) <= most else None
