"""Answers of one key each, from a terminal; or of one line each, from a script."""

from __future__ import annotations

import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol, TextIO

from critique_loop.errors import CallError
from critique_loop.proxy.lines import cleaned

_CHUNK = 1024
_END = "\x04"  # Ctrl-D, which is a key like any other where lines are not waited for


class Keys(Protocol):
    """Where answers come from."""

    def forget(self) -> None:
        """Drop what was typed before the question that comes now."""
        ...

    def next(self, known: Collection[str]) -> str | None:
        """Return the next answer, one of ``known``; None where nothing more will come."""
        ...


@contextmanager
def keys(said: Callable[[str], None]) -> Generator[Keys]:
    """Lend the keys of the terminal, or the lines of stdin where that is none.

    ``said`` tells a person that a key means nothing here. The terminal is as before afterwards,
    also after Ctrl-C, SIGTERM and SIGHUP.

    Raises:
        CallError: there is no stdin.
    """
    if sys.stdin is None or sys.stdin.closed:  # pyright: ignore[reportUnnecessaryComparison] - None without one
        raise CallError("there is nobody to ask: stdin is closed", remedy="Run it on a terminal.")
    if not sys.stdin.isatty():
        yield _Lines(sys.stdin)
        return
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    with _ending_by_signals():
        try:
            tty.setcbreak(fd)
            yield _TerminalKeys(fd, said)
        finally:
            termios.tcsetattr(fd, termios.TCSADRAIN, before)


class _TerminalKeys:
    """Single keys, read as soon as they are pressed."""

    def __init__(self, fd: int, said: Callable[[str], None]) -> None:
        self._fd = fd
        self._said = said

    def forget(self) -> None:
        termios.tcflush(self._fd, termios.TCIFLUSH)

    def next(self, known: Collection[str]) -> str | None:
        while True:
            data = self._read()
            if not data or data.startswith(_END.encode()):
                return None
            key = cleaned(data.decode("utf-8", "replace")).lower()
            if len(key) == 1 and key in known:
                return key
            if key:
                self._said(f"{key[:20]!r} is none of {' '.join(known)}")

    def _read(self) -> bytes:
        try:
            return os.read(self._fd, _CHUNK)
        except OSError:  # the terminal has been closed: nothing more will be typed
            return b""


class _Lines:
    """One answer per line. A line that is none ends it: those after it would be out of step."""

    def __init__(self, source: TextIO) -> None:
        self._source = source

    def forget(self) -> None:
        """Drop nothing: a script has written its answers before."""

    def next(self, known: Collection[str]) -> str | None:
        line = self._source.readline()
        if not line:
            return None
        word = line.strip().lower()
        if word not in known:
            raise CallError(
                f"{word!r} is none of {' '.join(known)}",
                remedy="What was answered before is kept. Give one answer per line.",
            )
        return word


@contextmanager
def _ending_by_signals() -> Generator[None]:
    """Let SIGTERM and SIGHUP end the process by an exception, so that the terminal is mended."""

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
