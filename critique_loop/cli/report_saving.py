"""The report that commands leave beside a program and its picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio

from critique_loop.building.records import Saved
from critique_loop.building.saving import save
from critique_loop.cli.options import option
from critique_loop.cli.text import notify
from critique_loop.errors import StoreError
from critique_loop.store import SqliteStore
from critique_loop.values import Outcome


def report_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--no-report``."""
    return option("--no-report", is_flag=True, help="Write no report.html beside the program.")(
        command
    )


def save_with_report(
    outcome: Outcome, folder: Path, *, store: SqliteStore, report: bool = True
) -> Saved:
    """Write the outcome into ``folder``, with a report of all that the store has of the run.

    A run that the store can't give back has no report; that is said, and the rest is written.

    Raises:
        CallError: as for ``save``.
    """
    return save(outcome, folder, report=_page(outcome, store) if report else "")


def _page(outcome: Outcome, store: SqliteStore) -> str:
    from critique_loop.report import Trace, render  # noqa: PLC0415 - so that --help stays quick

    try:
        return render(anyio.run(Trace.read, store, outcome.run_id))
    except StoreError as error:
        notify(f"no report was written: {error.problem}")
        return ""
