"""Charts from a table and a goal sentence: the loop with its everyday parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Unpack

from critique_loop import rubric as rubrics
from critique_loop.building.options import LoopOptions, loop_of, run_options_of, settings_of
from critique_loop.building.records import Saved
from critique_loop.building.saving import check_folder, save
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError, OptionError
from critique_loop.loop import Loop, run_blocking
from critique_loop.report.saving import run_and_save
from critique_loop.values import Outcome, Rubric, Table, Task, TaskKind

__all__ = [
    "ChartOptions",
    "LoopSettings",
    "Saved",
    "chart",
    "chart_loop",
    "chart_task",
    "check_folder",
    "save",
    "settings_of",
]


class ChartOptions(LoopOptions, total=False):
    """What may be said about a chart besides its data and goal.

    Attributes: units: the unit of a column's values, e.g. ``{"Weight": "lbs"}``. on_reading: told
    now and then how much of the reading of the table is done, and the whole. All others are those
    of ``LoopOptions``; rubric is "charts" by default, with a critic_model "charts-judged". Without
    a model the grammar writer writes, and what was measured is the critique.
    """

    units: Mapping[str, str]
    on_reading: Callable[[int, int], None]


def chart(data: str | Path, goal: str, **options: Unpack[ChartOptions]) -> Outcome:
    """Draw the chart that ``goal`` asks for from the table in the file ``data``, and refine it.

    The drafts run in a sandbox of their own; each drawing is measured and scored on the rubric's
    dimensions until the acceptance rule is met or the budget ends. The file is only read. A goal
    that can't be linked to the table is refused: the outcome then has no best round, and its
    ``message`` names the columns.

    Raises:
        DataError: ``data`` is no readable table.
        DefinitionError: the rubric file is wrong.
        CallError: an option is wrong, or ``out`` can't be written.
        StoreError: the trace can't be kept.
    """
    folder = options.get("out")
    if folder is not None:
        check_folder(Path(folder))
    task = chart_task(data, goal, **options)
    loop = chart_loop(**options)
    listening = run_options_of(options, settings_of(options))
    return run_blocking(lambda: run_and_save(loop, task, listening, folder=folder))


def chart_task(data: str | Path | Table, goal: str, **options: Unpack[ChartOptions]) -> Task:
    """Return the task of drawing ``goal`` from ``data``, with the table's profile.

    A table that was profiled before is not read again. Errors as for ``chart``.
    """
    from critique_loop.data import profile  # noqa: PLC0415 - pandas loads here, not at import

    OptionError.refuse(options, ChartOptions.__annotations__)
    judged = "charts-judged" if options.get("critic_model") else "charts"
    wanted = options.get("rubric", judged)
    loaded = wanted if isinstance(wanted, Rubric) else rubrics.load(wanted)
    rubric = rubrics.applicable(loaded, TaskKind.CHART)
    progress = options.get("on_reading")
    table = data if isinstance(data, Table) else profile(data, progress=progress)
    units = dict(options.get("units", {}))
    columns = [column.name for column in table.columns]
    for name in units:
        if name not in columns:
            raise CallError(
                f"a unit is given for {name!r}, which is no column of {table.path.name}",
                remedy=f"Columns: {', '.join(columns[:20])}.",
            )
    return Task(goal=goal, rubric=rubric, tables=(table,), units=units)


def chart_loop(**options: Unpack[ChartOptions]) -> Loop:
    """Return a loop of the everyday parts, or of those given; errors as for ``chart``."""
    OptionError.refuse(options, ChartOptions.__annotations__)
    return loop_of(options, settings_of(options), kind=TaskKind.CHART)
