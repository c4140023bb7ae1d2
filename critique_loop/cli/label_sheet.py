"""What a person who labels is shown: the draft and what it did, never who wrote or scored it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from critique_loop.cli.text import plain
from critique_loop.values import Dimension, ExecutionStatus, Round, Task

_WIDTH = 2000
_FIRST, _LAST = 40, 20


@dataclass(frozen=True, slots=True)
class Sheet:
    """One draft to look at. ``picture`` is where what it drew lies, None where it drew nothing."""

    task: Task
    turn: Round
    picture: Path | None
    findings: bool = False

    def lines(self) -> Iterator[str]:
        """Yield its program and what that did, safe to print."""
        execution = self.turn.execution
        yield "program:"
        for number, line in enumerate(_split(self.turn.code), 1):
            yield f"{number:>4}  {_line(line)}"
        if execution.status is not ExecutionStatus.OK:
            yield f"ended: {execution.status.value.replace('_', ' ')}"
        yield from _output("output", execution.stdout)
        yield from _output("errors", execution.stderr)
        if self.picture is not None:
            yield f"picture: {self.picture}"
        evidence = execution.evidence
        if self.findings and evidence is not None:
            for finding in evidence.findings:
                yield _line(f"finding: {finding.severity.value} {finding.code}: {finding.message}")


def task_lines(task: Task) -> Iterator[str]:
    """Yield what was asked for, safe to print."""
    yield f"goal: {_line(task.goal)}"
    if task.tables:
        yield f"data: {_line(', '.join(table.name for table in task.tables))}"
    if task.code is not None and task.code.signature:
        yield "signature:"
        for line in _split(task.code.signature):
            yield f"      {_line(line)}"


def question_lines(dimension: Dimension) -> Iterator[str]:
    """Yield the question and what its marks mean, safe to print."""
    yield f"{_line(dimension.name)}: {_line(dimension.question)}"
    for mark, text in sorted(dimension.levels.items()):
        yield f"  {mark:>2}  {_line(text)}"


def _output(name: str, text: str) -> Sequence[str]:
    if not text.strip():
        return ()
    lines = [f"      {_line(line)}" for line in _split(text)]
    if len(lines) > _FIRST + _LAST:
        left_out = f"      ... {len(lines) - _FIRST - _LAST} lines ..."
        lines = [*lines[:_FIRST], left_out, *lines[-_LAST:]]
    return (f"{name}:", *lines)


def _split(text: str) -> list[str]:
    """Return lines that end where a terminal ends them; a lone carriage return is shown."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _line(text: str) -> str:
    """Return ``text`` on one line, with controls as their escapes and its spaces as they are."""
    shown = plain(text.replace("\n", " "))
    return shown if len(shown) <= _WIDTH else f"{shown[: _WIDTH - 1]}…"
