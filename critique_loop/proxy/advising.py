"""Which of the findings the writer is told, and in which order they are to be mended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from critique_loop.values import Answer, Critique, Finding, Rubric, Severity

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Selection:
    """Findings (their codes) that are to be applied, and those that are not."""

    applied: tuple[str, ...]
    skipped: tuple[str, ...]


def in_order(critique: Critique) -> list[Finding]:
    """Return the findings, errors first."""
    return sorted(critique.findings, key=lambda f: _ORDER[f.severity])


def unasked(critique: Critique, apply_above: float) -> Selection:
    """Choose as long as nobody has said anything: all that is sure enough and more than a note."""
    return _selection(in_order(critique), sure(critique, apply_above))


def by_rule(critique: Critique, apply_above: float) -> Selection:
    """Choose where nobody is asked: what is sure enough, or all if nothing else is left to say."""
    selection = unasked(critique, apply_above)
    return selection if selection.applied else unasked(critique, 0.0)


def gates_to_mend(rubric: Rubric, critique: Critique, selection: Selection) -> tuple[str, ...]:
    """Return the gates that fail and about which there is something to tell."""
    passed = {score.dimension for score in critique.scores if score.passed}
    told = {f.dimension for f in critique.findings if f.code in selection.applied}
    return tuple(d.name for d in rubric.dimensions if d.gate and d.name in told - passed)


def focused(critique: Critique, selection: Selection, focus: Collection[str]) -> Selection:
    """Leave for later what is not about the dimensions in ``focus``; none: nothing is left."""
    if not focus:
        return selection
    mine = {f.code for f in critique.findings if f.dimension in focus}
    return _selection(in_order(critique), mine & set(selection.applied))


def later(before: Selection, after: Selection) -> str:
    """Return what was put off between two selections, in words; "" where nothing was."""
    left = [code for code in before.applied if code not in after.applied]
    return f"later: {', '.join(left)}" if left else ""


def chosen(critique: Critique, apply_above: float, answer: Answer) -> Selection:
    """Choose as somebody said; what they left open is chosen as if nobody had been asked."""
    wanted = (sure(critique, apply_above) | set(answer.applied)) - set(answer.skipped)
    return _selection(in_order(critique), wanted)


def sure(critique: Critique, apply_above: float) -> set[str]:
    """Return the codes of the findings that are applied unasked."""
    return {
        f.code
        for f in critique.findings
        if f.severity is not Severity.NOTE and f.confidence >= apply_above
    }


def advice(critique: Critique, selection: Selection) -> str:
    """Return what to change, errors first, one line each."""
    told = [
        f"{f.code}: {f.advice or f.message}"
        for f in in_order(critique)
        if f.code in selection.applied
    ]
    return "\n".join(dict.fromkeys(told))


def _selection(findings: Sequence[Finding], wanted: Collection[str]) -> Selection:
    codes = dict.fromkeys(f.code for f in findings)
    return Selection(
        applied=tuple(code for code in codes if code in wanted),
        skipped=tuple(code for code in codes if code not in wanted),
    )
