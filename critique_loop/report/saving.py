"""An outcome in a folder, with its report beside the program and the picture."""

from __future__ import annotations

from pathlib import Path

from critique_loop.building.records import Saved
from critique_loop.building.saving import save
from critique_loop.errors import StoreError
from critique_loop.loop import Loop, RunOptions
from critique_loop.protocols import TraceStore
from critique_loop.report.page import make_page
from critique_loop.report.runs import run_view
from critique_loop.report.texts import one_line
from critique_loop.report.traces import Trace
from critique_loop.values import Outcome, Task

_MOST_TITLE = 80


async def save_with_report(outcome: Outcome, folder: Path, *, store: TraceStore | None) -> Saved:
    """Write the outcome into ``folder``, with a report of all that ``store`` has of the run.

    Where there is no store, or it can't give the run back, the report tells the outcome alone.

    Raises:
        CallError: as for ``building.saving.save``.
    """
    return save(outcome, folder, report=run_page(await _trace(outcome, store)))


async def run_and_save(
    loop: Loop, task: Task, options: RunOptions, *, folder: str | Path | None
) -> Outcome:
    """Run ``task``, and write its outcome into ``folder`` if there is one; errors as of both."""
    outcome = await loop.run(task, **options)
    if folder is not None:
        await save_with_report(outcome, Path(folder), store=loop.store)
    return outcome


async def _trace(outcome: Outcome, store: TraceStore | None) -> Trace:
    if store is None:
        return Trace(outcome)
    try:
        return await Trace.read(store, outcome.run_id)
    except StoreError:  # what is there of the run is in the outcome, and that must be written
        return Trace(outcome)


def run_page(trace: Trace, *, title: str = "") -> str:
    """Return the page of one run."""
    outcome = trace.outcome
    goal = one_line(outcome.task.goal, most=_MOST_TITLE)
    heading = title or f"{goal or outcome.run_id} · critique-loop"
    return make_page("run.html", title=heading, view=run_view(trace))
