"""What of a task would leave the machine, said before anything does."""

from __future__ import annotations

from dataclasses import dataclass

from critique_loop.definitions.definition import Sharing
from critique_loop.definitions.telling import code_sections, rubric_section, table_forms
from critique_loop.values import Task


@dataclass(frozen=True, slots=True)
class Leaving:
    """One part of what a model is shown.

    ``part`` is the switch in ``Sharing`` ("goal" has none), ``what`` says in words what it is.
    ``size_bytes`` is the most of it that is in one request, None where that depends on the drafts.
    """

    part: str
    what: str
    size_bytes: int | None
    shared: bool = True


def leaves(task: Task, sharing: Sharing) -> list[Leaving]:
    """Return every part that a model could be shown of ``task``, shared or not, as text sizes.

    A token budget may cut what is really sent, never add to it.
    """
    units = "".join(f"{name} {unit}" for name, unit in task.units.items())
    asked = task.goal + units + "".join(form.text for form in rubric_section(task.rubric).forms[:1])
    if task.code is not None:
        asked += "".join(s.forms[0].text for s in code_sections(task.code) if s.forms)
    what = "the goal, the units and the rubric"
    if task.code is not None:
        what = "the goal, the signature, the visible tests and the rubric"
    bare = sum(_size(task, Sharing(samples=False)))
    full = sum(_size(task, Sharing()))
    return [
        Leaving("goal", what, len(asked.encode())),
        Leaving(
            "summary",
            "name, size and format of each table; its columns with kinds, counts and ranges",
            bare,
            sharing.summary,
        ),
        Leaving(
            "samples",
            "values of columns that hold categories or text",
            full - bare,
            sharing.samples and sharing.summary,
        ),
        Leaving("code", "the programs of this run", None, sharing.code),
        Leaving("output", "what programs print, and what was measured", None, sharing.output),
        Leaving("picture", "the picture a program drew", None, sharing.picture),
    ]


def _size(task: Task, sharing: Sharing) -> list[int]:
    return [len(table_forms(table, sharing)[0].text.encode()) for table in task.tables]
