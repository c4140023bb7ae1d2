"""Keep of a rubric what is for one kind of task."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.errors import CallError
from critique_loop.values import Rubric, TaskKind


def applicable(rubric: Rubric, kind: TaskKind) -> Rubric:
    """Return ``rubric`` with the dimensions that are for tasks of ``kind``.

    Raises:
        CallError: none of them is.
    """
    dimensions = tuple(d for d in rubric.dimensions if not d.applies_to or kind in d.applies_to)
    if not dimensions:
        raise CallError(
            f"no dimension of the rubric {rubric.name!r} is for a {kind.value} task",
            remedy=f'Add "{kind.value}" to applies_to of those that are.',
        )
    return replace(rubric, dimensions=dimensions)
