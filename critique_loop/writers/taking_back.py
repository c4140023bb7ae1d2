"""What a model writer is told of a change that is taken back."""

from __future__ import annotations

import difflib

from critique_loop.definitions import Sharing
from critique_loop.definitions.fitting import Form, Section
from critique_loop.definitions.telling import shorter
from critique_loop.values import Round, Task
from critique_loop.writers.starting import broken

_LINE_STEPS = (60, 24, 8)


def taken_back_sections(
    task: Task, start: Round, failed: Round, sharing: Sharing
) -> tuple[Section, ...]:
    """Return which gates ``failed`` broke, and the change from ``start`` that did it."""
    names = ", ".join(broken(task, start, failed))
    said = f"{names}, which attempt {start.number} passes. Don't repeat the change that did it."
    change = _change(start.code, failed.code) if sharing.code else []
    return (
        Section(f"What attempt {failed.number} broke", (Form(said),), 1, 0.2, trusted=True),
        Section(
            f"Change from attempt {start.number} to attempt {failed.number}, taken back",
            shorter(change, _LINE_STEPS, "lines"),
            4,
            0.2,
        ),
    )


def _change(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return list(lines)[2:]  # the first two name files
