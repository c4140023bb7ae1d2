"""Questions as lines of text that are safe to print on a terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import cast

from critique_loop._plain import plain
from critique_loop.values import Finding, Question

_WIDTH = 200
TAB = "\t"


def heading(question: Question) -> list[str]:
    """Return what is asked, of which round, and how that was scored."""
    context = question.context
    lines = [f"? {one_line(question.prompt)}"]
    state = [f"round {context.get('round', '-')}"]
    if context.get("status"):
        state.append(str(context["status"]))
    if context.get("overall") is not None:
        state.append(f"overall {context['overall']} of {context.get('target')}")
    lines.append(f"  {one_line(' · '.join(state))} · goal: {one_line(str(context.get('goal')))}")
    rows = cast("Sequence[Mapping[str, object]]", context.get("scores", []))
    lines += [f"  {_score(row)}" for row in rows]
    return lines


def findings(question: Question, applied: Collection[str]) -> list[str]:
    """Return the findings, numbered from 1, with what would be done about each."""
    return [
        f"  {number:>2} {'apply' if finding.code in applied else 'skip ':<5} {_finding(finding)}"
        for number, finding in enumerate(question.findings, 1)
    ]


def program(question: Question) -> list[str]:
    """Return the lines of the program, numbered from 1."""
    code = str(question.context.get("code", ""))
    return [
        f"{number:>4}  {plain(line, kept=TAB)}" for number, line in enumerate(code.splitlines(), 1)
    ]


def one_line(text: str) -> str:
    """Return ``text`` safe to print, on one line that is not too long."""
    shown = " ".join(plain(" ".join(text.split()), kept=TAB).split())
    return shown if len(shown) <= _WIDTH else f"{shown[: _WIDTH - 1]}…"


def _score(row: Mapping[str, object]) -> str:
    value = row.get("value")
    mark = f"unscored: {row.get('unscored')}" if value is None else f"{value}"
    parts = [f"{row.get('dimension'):<16} {mark} (passes from {row.get('pass_mark')})"]
    if row.get("confidence") is not None:
        parts.append(f"confidence {row['confidence']}")
    if row.get("advice"):
        parts.append(str(row["advice"]))
    return one_line(" · ".join(parts))


def _finding(finding: Finding) -> str:
    sure = "" if finding.confidence >= 1 else f" ({finding.confidence:.2f})"
    told = finding.message + (f" → {finding.advice}" if finding.advice else "")
    return one_line(f"{finding.severity.value}{sure} {finding.code}: {told}")
