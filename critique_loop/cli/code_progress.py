"""How far a data set is, on stderr: one live line on a terminal, a line a loop elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.spinner import Spinner
from rich.text import Text

from critique_loop.cli.live import LiveDisplay
from critique_loop.coding.evaluating import Sample

_HZ = 12.5  # of a spinner that turns evenly
_MINUTE_S, _HOUR_S = 60, 3600


class Progress:
    """Shows the loops of a data set as they end, and when the last one may."""

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        """``total`` loops are to come. ``quiet`` leaves out the line a loop."""
        self._total = total
        self._quiet = quiet
        self._spinner = Spinner("dots", style="status.spinner")
        self._display = LiveDisplay(lambda: self._spinner, hz=_HZ, transient=True)
        self._done = self._passed = self._kept = 0
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        """Begin to show."""
        self._began = time.monotonic()
        self._spinner.update(text=Text(self._line()))
        self._display.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing."""
        self._display.__exit__(kind, error, trace)

    def say(self, line: str) -> None:
        """Print one line above the live one."""
        self._display.say(line)

    def on_sample(self, sample: Sample) -> None:
        """Take in a loop that has ended."""
        if sample.finished:
            self._done += 1
            self._passed += sample.passed
            self._kept += sample.kept
        self._spinner.update(text=Text(self._line()))
        if not self._display.is_drawn and not self._quiet:
            self.say(f"{self._line()} · {sample.problem} {_end(sample)}")

    def _line(self) -> str:
        parts = [f"{self._done}/{self._total}", f"{self._passed} pass"]
        if self._kept:
            parts.append(f"{self._kept} from before")
        left_s = self._left_s()
        if left_s is not None:
            parts.append(f"{_duration(left_s)} left")
        return " · ".join(parts)

    def _left_s(self) -> float | None:
        """Return how long the rest takes at the pace so far; None while nothing tells."""
        new, left = self._done - self._kept, self._total - self._done
        if not new or not left:
            return None
        return (time.monotonic() - self._began) / new * left


def _end(sample: Sample) -> str:
    if sample.unjudged:
        return "not judged"
    if not sample.finished:
        return f"cut short ({sample.outcome.stopped_because.value})"
    rounds = len(sample.passed_after)
    after = f" after {rounds} rounds" if rounds > 1 else ""
    return f"{'passes' if sample.passed else 'fails'}{after}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole >= _HOUR_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s" if whole >= _MINUTE_S else f"{whole} s"
