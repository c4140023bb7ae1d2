"""The user's file: opened once, for reading only, and checked byte by byte."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from critique_loop.errors import DataError

Progress = Callable[[int, int], None]

PASSES = 3  # bytes, lines, values: what `progress` counts to


@dataclass(slots=True)
class Source:
    """An open regular file, and how far the profile has come with it."""

    path: Path
    stream: BufferedReader
    size_bytes: int
    modified_ns: int
    progress: Progress | None = None
    furthest: int = 0

    def report(self, finished_passes: int) -> None:
        """Tell the caller how much of ``PASSES`` times the file is done; never goes back."""
        if self.progress is None:
            return
        done = finished_passes * self.size_bytes + self.stream.tell()
        self.furthest = min(max(done, self.furthest), PASSES * self.size_bytes)
        self.progress(self.furthest, PASSES * self.size_bytes)

    def check_unchanged(self) -> None:
        """Make sure that all passes saw the same bytes.

        Raises:
            DataError: somebody wrote to the file since it was opened.
        """
        now = os.fstat(self.stream.fileno())
        if (now.st_size, now.st_mtime_ns) != (self.size_bytes, self.modified_ns):
            raise DataError(
                self.path,
                "the file changed while it was being read",
                remedy="Wait until whatever writes it is done, or work on a copy.",
            )


@contextmanager
def opened(path: Path, progress: Progress | None = None) -> Generator[Source]:
    """Open the regular file at ``path`` for reading.

    Raises:
        DataError: there is no such file, no right to read it, nothing in it, or it is a folder, a
            pipe or a device.
    """
    try:
        _check_regular(path, os.stat(path))  # noqa: PTH116 - a pipe or device must not be opened
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from error
    with os.fdopen(number, "rb") as stream:
        status = os.fstat(number)
        _check_regular(path, status)
        if status.st_size == 0:
            raise DataError(path, "the file is empty", remedy="Give a file with a line of names.")
        source = Source(path, stream, status.st_size, status.st_mtime_ns, progress)
        try:
            yield source
        except DataError:
            source.check_unchanged()  # a file half written looks broken
            raise
        except OSError as error:
            raise _refusal(path, error) from error


def _check_regular(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise DataError(path, "this is a folder, not a file", remedy="Name one file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise DataError(
            path,
            "this is a pipe, socket or device, not a regular file",
            remedy="Save what it delivers to a file first, and give that file.",
        )


def _refusal(path: Path, error: Exception) -> DataError:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return DataError(path, "no such file", remedy=_did_you_mean(path))
    if isinstance(error, PermissionError):
        return DataError(
            path,
            "you have no right to read this file",
            remedy=f"Allow it (chmod u+r '{path}' if the file is yours), or give a copy of yours.",
        )
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return DataError(path, f"can't be read: {reason}", remedy="Check the path and its disk.")


def _did_you_mean(path: Path) -> str:
    try:
        neighbours = os.listdir(path.parent)  # noqa: PTH208 - names are what is compared
    except OSError:
        return f"There is no folder {path.parent} to look in either."
    near = difflib.get_close_matches(path.name, neighbours, n=1)
    return f"Did you mean {path.parent / near[0]}?" if near else "Check the spelling of the path."
