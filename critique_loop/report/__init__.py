"""Runs as one HTML file that can be opened anywhere, mailed and printed, and asks nobody.

``render(Trace.of(run_id, events))`` is the page of one run; of several runs it is a table with
what they came to. Whatever goals, programs, models and files say in it stays text.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from critique_loop.report.batches import DETAILS, Batch
from critique_loop.report.saving import run_page, save_with_report
from critique_loop.report.traces import Trace
from critique_loop.report.writing import write_page

__all__ = ["DETAILS", "Batch", "Trace", "render", "save_with_report", "write"]


def render(runs: Trace | Iterable[Trace], *, title: str = "", details: int = DETAILS) -> str:
    """Return a report as HTML: of one run, or of many, read one by one.

    Of many, ``details`` says of how many the page tells all; those not accepted come first.
    """
    if isinstance(runs, Trace):
        return run_page(runs, title=title)
    batch = Batch(details=details)
    for trace in runs:
        batch.add(trace)
    return batch.html(title=title)


def write(
    runs: Trace | Iterable[Trace], path: Path | str, *, title: str = "", details: int = DETAILS
) -> Path:
    """Write what ``render`` returns to ``path``, and return that.

    Raises:
        CallError: it can't be written, or a file is there that is no report of ours.
    """
    place = Path(path)
    write_page(render(runs, title=title, details=details), place)
    return place
