"""Changes a chart where its critique, or its traceback, found fault."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from critique_loop.errors import WriterGaveUp
from critique_loop.values import ExecutionStatus, Finding, Round, Severity, Task
from critique_loop.writers.coding import write_program
from critique_loop.writers.moves import MOVES, Move, repairs
from critique_loop.writers.spec import Spec
from critique_loop.writers.starting import decision_about, start_of

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_NOTHING_DRAWN = frozenset({"empty_axes", "blank_image", "nan_data"})


def revise(first: Spec, task: Task, *, history: Sequence[Round]) -> Spec:
    """Return ``first``, or what is to be drawn after the rounds of ``history``.

    The revisions made so far are found again by making them again, so nothing is kept between
    calls. Each starts from the best round, or the one that was decided to go back to, and gives a
    program that ``history`` does not hold.

    Raises:
        WriterGaveUp: nothing is left to change.
    """
    programs = {_code(first, task): first}
    spec = first
    for number in range(1, len(history) + 1):
        past = history[:number]
        try:
            spec = _next(first, programs, past, task)
        except WriterGaveUp:
            if number == len(history):
                raise
            continue
        programs[_code(spec, task)] = spec
    return spec


def _code(spec: Spec, task: Task) -> str:
    return write_program(spec, task.tables[0], task.units)


def _next(first: Spec, programs: Mapping[str, Spec], past: Sequence[Round], task: Task) -> Spec:
    start = start_of(task, past)
    spec = replace(programs.get(start.code, first), changes=())
    seen = {done.code for done in past}
    _refuse_empty(spec, start)
    focus = decision_about(start, past).focus
    for candidate in _candidates(spec, start, task, focus):
        if _code(candidate, task) not in seen:
            return candidate
    raise WriterGaveUp(_nothing_left(start))


def _refuse_empty(spec: Spec, start: Round) -> None:
    codes = {finding.code for finding in start.critique.findings}
    if codes & _NOTHING_DRAWN and spec.filters and start.execution.status is ExecutionStatus.OK:
        rows = " and ".join(
            f"{f.column!r} {f.operator} {', '.join(map(str, f.values))}" for f in spec.filters
        )
        raise WriterGaveUp(
            f"Nothing was drawn: no row is left where {rows}.",
            remedy="Ask for rows that are in the table.",
        )


def _nothing_left(start: Round) -> str:
    if start.execution.status is not ExecutionStatus.OK:
        lines = start.execution.stderr.strip().splitlines() or [start.execution.status.value]
        return f"The program failed and there is nothing left to change: {lines[-1][:300]}"
    codes = dict.fromkeys(finding.code for finding in start.critique.findings)
    return f"There is nothing left to change for: {', '.join(codes) or 'no finding'}."


def _candidates(spec: Spec, start: Round, task: Task, focus: Collection[str]) -> Iterator[Spec]:
    """Yield changed charts: all findings answered at once first, then one by one.

    Findings on a dimension in ``focus`` come before all others.
    """
    if start.execution.status is not ExecutionStatus.OK:
        yield from repairs(spec, start.execution, task.tables[0])
        return
    findings = sorted(start.critique.findings, key=lambda finding: _RANK[finding.severity])
    options = [(finding, MOVES[finding.code]) for finding in findings if finding.code in MOVES]
    first = [(finding, moves) for finding, moves in options if finding.dimension in focus]
    if first:
        yield from _answered(spec, first, task)
    yield from _answered(spec, options, task)


def _answered(
    spec: Spec, options: Sequence[tuple[Finding, tuple[Move, ...]]], task: Task
) -> Iterator[Spec]:
    depth = max((len(moves) for _, moves in options), default=0)
    for level in range(depth):
        together = spec
        for finding, moves in options:
            together = _moved(together, moves[min(level, len(moves) - 1)], finding, task)
        if together != spec:
            yield together
    for finding, moves in options:
        for move in moves:
            alone = _moved(spec, move, finding, task)
            if alone != spec:
                yield alone


def _moved(spec: Spec, move: Move, finding: Finding, task: Task) -> Spec:
    changed = move(spec, finding, task.tables[0])
    if changed is None or changed == spec:
        return spec
    said = move.__name__.replace("_", " ")
    return replace(changed, changes=tuple(dict.fromkeys((*spec.changes, said))))
