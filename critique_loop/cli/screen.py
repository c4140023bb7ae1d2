"""What a single run shows: progress on stderr, the result on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from critique_loop.charts import Saved
from critique_loop.cli.text import plain
from critique_loop.values import (
    Critique,
    Draft,
    Ended,
    Event,
    Execution,
    ExecutionStatus,
    Outcome,
    Score,
    Started,
    StopReason,
)

_ROWS = 12
_HZ = 2
_NARROW = 6
_STEPS = {
    "started": "writing",
    "drafted": "running",
    "executed": "judging",
    "decided": "refining",
}
_ENDS = {
    StopReason.ACCEPTED: "accepted",
    StopReason.ROUNDS: "not accepted: the rounds ended",
    StopReason.TIME: "not accepted: the time ended",
    StopReason.STUCK: "not accepted: no way to make it better",
    StopReason.WRITER_GAVE_UP: "the writer gave up",
    StopReason.SANDBOX_UNAVAILABLE: "no sandbox",
    StopReason.INTERRUPTED: "interrupted",
}


class _Row:
    """One round as far as it has come."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.writer = ""
        self.sandbox = ""
        self.critique: Critique | None = None


class Screen:
    """Shows a run while it goes on: a live table on a terminal, a line a round elsewhere."""

    def __init__(self, data_name: str, *, quiet: bool = False) -> None:
        """``quiet`` shows nothing on a terminal or elsewhere but ``say``'s lines."""
        self._console = Console(stderr=True, highlight=False, emoji=False)
        self._data_name = plain(data_name, width=40)
        self._title = Text(f"critique-loop · {self._data_name}")
        self._quiet = quiet
        self._live: Live | None = None
        self._rows: list[_Row] = []
        self._dimensions: tuple[str, ...] = ()
        self._step = ""

    def __enter__(self) -> Self:
        """Begin to show."""
        if self._console.is_terminal and not self._quiet:
            self._live = Live(
                console=self._console, refresh_per_second=_HZ, get_renderable=self._render
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show the last state and stop."""
        self._step = ""
        if self._live is not None:
            self._live.stop()

    @contextmanager
    def reading(self) -> Generator[None]:
        """Say that the table is being read, where that takes long enough to notice."""
        if self._quiet or not self._console.is_terminal:
            yield
            return
        with self._console.status(Text(f"reading {self._data_name}")):
            yield

    def say(self, line: str) -> None:
        """Print one line above the table."""
        self._console.print(Text(line))

    def on_event(self, event: Event) -> None:
        """Take in one step of the run."""
        body = event.body
        self._step = _STEPS.get(event.kind.value, "")
        if isinstance(body, Started):
            self._dimensions = tuple(d.name for d in body.task.rubric.dimensions)
            actors = f"writer {body.writer} · critic {body.critic} · sandbox {body.sandbox}"
            self._title = Text(f"{self._title.plain} · {actors} · run {event.run_id}")
            self._line(self._title.plain)
        elif isinstance(body, Draft):
            self._rows.append(_Row(event.round))
            self._rows[-1].writer = f"✓ {event.seconds:.1f}s"
        elif isinstance(body, Execution):
            self._rows[-1].sandbox = f"{_mark(body)} {event.seconds:.1f}s"
        elif isinstance(body, Critique):
            self._rows[-1].critique = body
            self._line(_round_line(event.round, body))
        elif isinstance(body, Ended):
            self._step = ""

    def _line(self, line: str) -> None:
        if self._live is None and not self._quiet:
            self._console.print(Text(line), soft_wrap=True)

    def _render(self) -> RenderableType:
        table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="bold")
        for heading in ("round", "writer", "sandbox"):
            table.add_column(heading, justify="right" if heading == "round" else "left")
        for name in self._dimensions:
            table.add_column(Text(plain(name)[:_NARROW]), justify="right")
        for heading in ("overall", "Δ"):
            table.add_column(heading, justify="right")
        for index, row in enumerate(self._rows):
            if index >= len(self._rows) - _ROWS:
                table.add_row(*self._cells(row, self._rows[index - 1] if index else None))
        parts: list[RenderableType] = [self._title, table]
        if self._step:
            dots = "." * (1 + int(time.monotonic() * _HZ) % 3)
            parts.append(Text(f"{self._step}{dots}", style="dim"))
        return Group(*parts)

    def _cells(self, row: _Row, before: _Row | None) -> list[Text]:
        scores = {s.dimension: s for s in row.critique.scores} if row.critique else {}
        cells = [Text(str(row.number)), Text(row.writer), Text(row.sandbox)]
        cells += [_score_cell(scores.get(name)) for name in self._dimensions]
        overall = row.critique.overall if row.critique else None
        former = before.critique.overall if before and before.critique else None
        gain = overall - former if overall is not None and former is not None else None
        cells.append(Text("" if row.critique is None else score_text(overall), style="bold"))
        cells.append(Text("" if gain is None else f"{gain:+.1f}"))
        return cells


def _mark(execution: Execution) -> str:
    ok = execution.status is ExecutionStatus.OK
    return "✓" if ok else f"✗ {execution.status.value}"


def _score_cell(score: Score | None) -> Text:
    if score is None:
        return Text("")
    return Text(score_text(score.value), style="green" if score.passed else "red")


def score_text(value: float | None) -> str:
    """Return a score as a short text; a hyphen where there is none."""
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")


def _round_line(number: int, critique: Critique) -> str:
    codes = ", ".join(dict.fromkeys(f.code for f in critique.findings)) or "no findings"
    return f"round {number}: overall {score_text(critique.overall)} ({codes})"


def print_result(outcome: Outcome, saved: Saved | None = None) -> None:
    """Print how a run ended and where its files are."""
    console = Console(highlight=False, emoji=False, file=sys.stdout)
    rounds = f"{len(outcome.rounds)} round{'' if len(outcome.rounds) == 1 else 's'}"
    cost = "cost unknown" if outcome.cost_usd is None else f"${outcome.cost_usd:g}"
    style = "bold green" if outcome.accepted else "bold yellow"
    head = Text(_ENDS[outcome.stopped_because], style=style)
    head.append(f" · {rounds} · {outcome.spend.seconds:.1f} s · {cost}", style="not bold default")
    console.print(head)
    for name, value in _result_lines(outcome, saved):
        line = Text(f"  {name:<8}", style="dim").append(value, style="not dim default")
        console.print(line, soft_wrap=True)


def _result_lines(outcome: Outcome, saved: Saved | None) -> Generator[tuple[str, str]]:
    if outcome.message:
        yield "why", plain(outcome.message).replace("\n", "\n" + " " * 10)
    best = outcome.best
    if best is not None:
        yield "read as", plain(best.draft.reading, width=200)
        scores = (f"{s.dimension} {score_text(s.value)}" for s in best.critique.scores)
        yield "scores", f"overall {score_text(best.critique.overall)} · " + " · ".join(scores)
        for finding in best.critique.findings:
            yield finding.severity.value, plain(f"{finding.code}: {finding.message}", width=200)
    if saved is not None and saved.code is not None:
        for path in saved.files:
            yield "chart", str(path)
        yield "code", str(saved.code)
    yield "trace", f"critique-loop show {outcome.run_id}"
