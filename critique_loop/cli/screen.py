"""The progress of a run, on stderr: a live table on a terminal, a line a round elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from rich.console import Group, RenderableType
from rich.measure import Measurement
from rich.status import Status
from rich.table import Table
from rich.text import Text

from critique_loop.cli.live import LiveDisplay, stderr
from critique_loop.cli.spending import money
from critique_loop.cli.text import plain, score_text
from critique_loop.values import (
    Asked,
    Call,
    Critique,
    Draft,
    Ended,
    Event,
    Execution,
    ExecutionStatus,
    Resumed,
    Score,
    Started,
    Task,
)

_LINES = 12
_FRAME = 3  # title, headings, step
_HZ = 2
_LONG_S = 3.0
_LARGE = 20_000_000
_UNLIMITED = 10_000
_STEPS = {"started": "writing", "drafted": "running", "executed": "judging", "decided": "refining"}
_CALLING = {"writer": "writing", "critic": "judging"}
_SHORT = {
    "transformation": "trans",
    "compliance": "compl",
    "encoding": "enc",
    "aesthetics": "aesth",
    "accessibility": "access",
    "correctness": "correct",
    "arguments": "args",
    "complexity": "complex",
}
_PREFIX = 6


class _Row:
    """One round as far as it has come."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.writer = ""
        self.sandbox = ""
        self.critique: Critique | None = None
        self.cost_usd: float | None = 0.0
        self.calls = 0


class Screen:
    """Shows a run while it goes on."""

    def __init__(self, data_name: str, *, quiet: bool = False) -> None:
        """``data_name`` is what the run reads. ``quiet`` leaves out the line a round."""
        self._quiet = quiet
        self._display = LiveDisplay(self._render, hz=_HZ)
        self._data_name = plain(data_name, width=30)
        self._title = ""
        self._rows: list[_Row] = []
        self._dimensions: tuple[str, ...] = ()
        self._step = ""

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
        self._step = ""
        self._display.__exit__(kind, error, trace)

    @contextmanager
    def reading(self) -> Generator[Callable[[int, int], None]]:
        """Show how far the reading of the table is, where that takes long enough to notice.

        The callable that it gives takes the part that is done, and the whole.
        """
        text = f"reading {self._data_name}"
        console = self._display.console
        if not console.is_interactive:
            yield _once_after(_LONG_S, lambda: self._line(text))
            return
        with console.status(Text(text)) as status:
            yield lambda done, total: status.update(
                Text(f"{text} · {done / total:.0%}" if total > _LARGE else text)
            )

    def say(self, line: str) -> None:
        """Print one line above the table."""
        self._display.say(line)

    def on_event(self, event: Event) -> None:
        """Take in one step of the run."""
        body = event.body
        self._step = _STEPS.get(event.kind.value, "")
        if isinstance(body, Started):
            self._dimensions = tuple(d.name for d in body.task.rubric.dimensions)
            actors = f"writer {body.writer} · critic {body.critic} · sandbox {body.sandbox}"
            self._title = plain(f"run {event.run_id} · {self._data_name} · {actors}")
            self._line(self._title)
        elif isinstance(body, Resumed):
            self._line(f"run {event.run_id} goes on")
        elif isinstance(body, Asked):
            self._step = "waiting for a person" if body.answer is None else ""
        elif isinstance(body, Ended):
            self._step = ""
        elif event.round:
            self._on_step(event, self._row(event.round))

    def _row(self, number: int) -> _Row:
        if not self._rows or self._rows[-1].number != number:
            self._rows.append(_Row(number))
        return self._rows[-1]

    def _on_step(self, event: Event, row: _Row) -> None:
        body = event.body
        if isinstance(body, Call):
            self._step = _CALLING.get(body.role, "asking a model")
            row.calls += body.requests
            known = row.cost_usd is not None and body.cost_usd is not None
            row.cost_usd = (row.cost_usd or 0.0) + (body.cost_usd or 0.0) if known else None
        elif isinstance(body, Draft):
            if event.round == 1:
                self._step = "starting the sandbox and running"
            row.writer = f"✓ {event.seconds:.1f}s"
        elif isinstance(body, Execution):
            row.sandbox = f"{_mark(body)} {event.seconds:.1f}s"
        elif isinstance(body, Critique):
            row.critique = body
            cost = f", {money(row.cost_usd)}" if row.calls else ""
            self._line(f"{_round_line(event.round, body)}{cost}")

    def aside(self) -> AbstractContextManager[None]:
        """Leave the terminal to somebody else for a while."""
        return self._display.aside()

    def _line(self, line: str) -> None:
        if not self._display.is_drawn and not self._quiet:
            self.say(line)

    def _render(self) -> RenderableType:
        step = f"{self._step}{'.' * (1 + int(time.monotonic() * _HZ) % 3)}" if self._step else ""
        return Group(
            Text(self._title, no_wrap=True, overflow="ellipsis"),
            *([self._fitting_table()] if self._rows else []),
            *([Text(step, style="dim", no_wrap=True)] if step else []),
        )

    def _fitting_table(self) -> Table:
        """Return the table with as much detail as the terminal is wide."""
        console = self._display.console
        unlimited = console.options.update(max_width=_UNLIMITED)
        table = self._table(times=True, dimensions=True)
        for times, dimensions in ((False, True), (True, False), (False, False)):
            if Measurement.get(console, unlimited, table).maximum <= console.width:
                break
            table = self._table(times=times, dimensions=dimensions)
        return table

    def _table(self, *, times: bool, dimensions: bool) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
        shown = self._dimensions if dimensions else ()
        table.add_column("round", justify="right", no_wrap=True)
        for heading in ("writer", "sandbox") if times else ():
            table.add_column(heading, no_wrap=True)
        paid = any(row.calls for row in self._rows)
        for heading in (*abbreviated(shown), "overall", "Δ", *(["cost"] if paid else [])):
            table.add_column(Text(heading), justify="right", no_wrap=True)
        rows = max(1, min(_LINES, self._display.console.height) - _FRAME)
        for index in range(max(0, len(self._rows) - rows), len(self._rows)):
            row = self._rows[index]
            before = self._rows[index - 1].critique if index else None
            spent = (Text(row.writer), Text(row.sandbox)) if times else ()
            marks = _marks(row.critique, before, shown)
            cost = [Text(_cost(row))] if paid else []
            table.add_row(Text(str(row.number)), *spent, *marks, *cost)
        return table


def subject(task: Task) -> str:
    """Return what a task is about, in a word: its table, or the function that is wanted."""
    if task.code is not None:
        return task.code.entry_point or task.code.module
    return task.tables[0].name if task.tables else ""


@contextmanager
def waiting(what: str) -> Generator[Status | None]:
    """Show a spinner with ``what`` on stderr, where that is a terminal."""
    console = stderr()
    if not console.is_interactive:
        yield None
        return
    with console.status(Text(plain(what))) as status:
        yield status


def abbreviated(names: Sequence[str]) -> list[str]:
    """Return short headings for ``names``, no two of them the same."""
    shown = [plain(name) for name in names]
    short = [_SHORT.get(name, name[:_PREFIX]) for name in shown]
    return [
        name if short.count(brief) > 1 else brief for name, brief in zip(shown, short, strict=True)
    ]


def _once_after(wait_s: float, act: Callable[[], None]) -> Callable[[int, int], None]:
    due: list[float] = [time.monotonic() + wait_s]

    def progress(done: int, total: int) -> None:
        del done, total
        if due and time.monotonic() >= due[0]:
            due.clear()
            act()

    return progress


def _cost(row: _Row) -> str:
    if not row.calls:
        return ""
    return "?" if row.cost_usd is None else money(row.cost_usd)


def _mark(execution: Execution) -> str:
    ok = execution.status is ExecutionStatus.OK
    return "✓" if ok else f"✗ {execution.status.value}"


def _marks(critique: Critique | None, before: Critique | None, names: Sequence[str]) -> list[Text]:
    scores = {s.dimension: s for s in critique.scores} if critique else {}
    overall = critique.overall if critique else None
    former = before.overall if before else None
    gain = "" if overall is None or former is None else f"{overall - former:+.1f}"
    mean = Text("" if critique is None else score_text(overall), style="bold")
    return [*(_score_cell(scores.get(name)) for name in names), mean, Text(gain)]


def _score_cell(score: Score | None) -> Text:
    if score is None:
        return Text("")
    return Text(score_text(score.value), style="green" if score.passed else "red")


def _round_line(number: int, critique: Critique) -> str:
    codes: Iterable[str] = dict.fromkeys(f.code for f in critique.findings)
    return (
        f"round {number}: overall {score_text(critique.overall)} "
        f"({', '.join(codes) or 'no findings'})"
    )
