"""The progress of a batch, on stderr: live rows on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from critique_loop.batch.plan import BatchEnd, BatchReport
from critique_loop.batch.progress import Progress
from critique_loop.cli.live import LiveDisplay
from critique_loop.cli.result import stdout
from critique_loop.cli.spending import money
from critique_loop.cli.text import plain

_EVERY_S = 10.0
_BAR = 40
_ENDING = "every task came to an end; workers and their sandboxes are waited for"
_MOST_REASONS = 3
_MOST_FAILURES = 4
_MINUTE_S, _HOUR_S = 60, 3600
_ENDS = {
    BatchEnd.COMPLETE: "all done",
    BatchEnd.INTERRUPTED: "interrupted",
    BatchEnd.BUDGET: "the budget ended",
    BatchEnd.FAILED: "stopped",
}


class BatchScreen:
    """Shows a batch while it goes on, in at most twelve rows."""

    def __init__(
        self, title: str, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``title`` says what the tasks are. ``quiet`` leaves out the lines of no terminal."""
        self._title = plain(title, width=60)
        self._quiet = quiet
        self._clock = clock
        self._display = LiveDisplay(self._render)
        self._progress: Progress | None = None
        self._is_over = False
        self._said_at = clock()

    def __enter__(self) -> Self:
        """Begin to show."""
        self._display.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show the last state and stop."""
        self._is_over = True
        self._display.__exit__(kind, error, trace)

    def say(self, line: str) -> None:
        """Print one line above what is live."""
        self._display.say(line)

    def on_progress(self, progress: Progress) -> None:
        """Take in how far it is."""
        self._progress = progress
        if self._display.is_drawn or self._quiet:
            return
        if self._clock() - self._said_at >= _EVERY_S:
            self._said_at = self._clock()
            self.say(" · ".join([*_counted(progress), *_pace(progress), spent(progress)]))

    def _render(self) -> RenderableType:
        progress = self._progress
        if progress is None:
            return Text(f"{self._title} · reading the tasks", no_wrap=True, overflow="ellipsis")
        bar = Table.grid()  # gives the bar a line of its own
        bar.add_row(ProgressBar(progress.total, progress.done + progress.failed, width=_BAR))
        rows = [" · ".join(_counted(progress)), " · ".join([*_pace(progress), spent(progress)])]
        rows += [f"not accepted: {told_reasons(progress)}"] if progress.reasons else []
        rows += list(told_failures(progress))
        rows += [_ENDING] if progress.complete and not self._is_over else []
        texts = [Text(plain(row), no_wrap=True, overflow="ellipsis") for row in rows]
        return Group(Text(self._title, style="bold", no_wrap=True), bar, *texts)


def print_batch(report: BatchReport) -> None:
    """Print what a batch came to, on stdout."""
    console, progress = stdout(), report.progress
    style = "bold green" if report.ended is BatchEnd.COMPLETE else "bold yellow"
    end = _ENDS[report.ended] + (f" ({report.limit.value})" if report.limit else "")
    head = Text(end, style=style)
    head.append(f" · {' · '.join(_counted(progress))}", style="not bold default")
    console.print(head)
    lines = [("spent", spent(progress)), ("time", _duration(progress.seconds))]
    if progress.reasons:
        lines.append(("rest", told_reasons(progress)))
    lines += [("failed", line) for line in told_failures(progress)]
    if report.repeated:
        lines.append(("again", f"{report.repeated} lines said what others had said, and ran once"))
    if report.outcomes is not None:
        lines.append(("results", str(report.outcomes)))
    if report.ended is not BatchEnd.COMPLETE:
        lines.append(("next", "the same command goes on where it stopped"))
    lines.append(("batch", report.batch))
    for name, value in lines:
        console.print(
            Text(f"  {name:<8}", style="dim").append(plain(value), style="not dim default")
        )


def spent(progress: Progress) -> str:
    """Return what the models took for the whole batch, and how much of it was before."""
    if not progress.calls:
        return "requests are counted when a loop ends" if progress.running else "no request"
    said = f"{progress.calls:,} requests, {progress.tokens:,} tokens, {money(progress.cost_usd)}"
    before = progress.before.calls
    return f"{said} in all, {before:,} of the requests before" if before else said


def told_reasons(progress: Progress) -> str:
    """Return why loops were not accepted, the most frequent reasons first."""
    shown = [f"{number} {reason}" for reason, number in progress.reasons[:_MOST_REASONS]]
    more = sum(number for _, number in progress.reasons[_MOST_REASONS:])
    return ", ".join([*shown, *([f"{more} for other reasons"] if more else [])]).replace("_", " ")


def told_failures(progress: Progress) -> list[str]:
    """Return a line for each of the most frequent failures."""
    shown = [f"{number} times: {why}" for why, number in progress.failures[:_MOST_FAILURES]]
    more = sum(number for _, number in progress.failures[_MOST_FAILURES:])
    return [*shown, *([f"{more} times: something else"] if more else [])]


def _counted(progress: Progress) -> list[str]:
    parts = [f"{progress.done}/{progress.total} done"]
    if progress.done:
        parts.append(f"{progress.accepted / progress.done:.0%} accepted")
    if progress.failed:
        parts.append(f"{progress.failed} failed")
    if progress.running:
        parts.append(f"{progress.running} running")
    if progress.waiting:
        parts.append(f"{progress.waiting} waiting")
    if progress.kept:
        parts.append(f"{progress.kept} from before")
    return parts


def _pace(progress: Progress) -> list[str]:
    parts = [f"{progress.per_second:.2f} loops/s"] if progress.per_second else []
    if progress.left_s is not None:
        parts.append(f"{_duration(progress.left_s)} left")
    return parts


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole >= _HOUR_S:
        return f"{whole // _HOUR_S} h {whole % _HOUR_S // _MINUTE_S} min"
    return f"{whole // _MINUTE_S} min {whole % _MINUTE_S} s" if whole >= _MINUTE_S else f"{whole} s"
