"""Lines typed on a terminal, waited for without a thread that a timeout would leave behind."""

from __future__ import annotations

import os
import re
import termios
import unicodedata

import anyio

_CHUNK = 64 * 1024
_LARGEST = 1024 * 1024
_KEYS = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)")


class Lines:
    """What is typed on the terminal with this file descriptor, line by line."""

    def __init__(self, fd: int) -> None:
        """Keep the descriptor; it stays the caller's."""
        self._fd = fd
        self._typed = b""

    def forget(self) -> None:
        """Drop what was typed before anything was asked."""
        self._typed = b""
        termios.tcflush(self._fd, termios.TCIFLUSH)

    async def next(self) -> str | None:
        """Return the next line without its end, None where the input has ended (Ctrl-D)."""
        while b"\n" not in self._typed and len(self._typed) < _LARGEST:
            await anyio.wait_readable(self._fd)
            data = self._read()
            if not data:
                self._typed = b""
                return None
            self._typed += data
        line, _, self._typed = self._typed.partition(b"\n")
        return cleaned(line.decode("utf-8", "replace"))

    def _read(self) -> bytes:
        try:
            return os.read(self._fd, _CHUNK)
        except OSError:  # the terminal has been closed: nothing more will be typed
            return b""


def cleaned(text: str) -> str:
    """Return ``text`` without the codes of arrow keys and other control characters but tabs."""
    kept = _KEYS.sub("", text)
    return "".join(c for c in kept if c == "\t" or unicodedata.category(c) not in {"Cc", "Cs"})
