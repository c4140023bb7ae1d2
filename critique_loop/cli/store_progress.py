"""How far long work on a store is, on stderr where that is a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.text import Text

from critique_loop.cli.screen import waiting
from critique_loop.cli.text import plain

_EVERY_S = 0.1
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000


@contextmanager
def progress_of(what: str) -> Generator[Callable[[int, int], None]]:
    """Show ``what`` is done, with the numbers that the lent function is called with."""
    with waiting(what) as status:
        shown = 0.0

        def progress(done: int, total: int) -> None:
            nonlocal shown
            now = time.monotonic()
            if status is not None and (now - shown >= _EVERY_S or done == total):
                shown = now
                status.update(Text(f"{plain(what)}: {done:,} of {total:,} runs"))

        yield progress


def size_text(size: int) -> str:
    """Return a number of bytes as a short text."""
    number, unit = float(size), 0
    while number >= _STEP and unit + 1 < len(_UNITS):
        number /= _STEP
        unit += 1
    return f"{number:.1f} {_UNITS[unit]}" if unit else f"{size} {_UNITS[0]}"


def count_text(number: int, what: str) -> str:
    """Return "1 run", "2 runs"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
