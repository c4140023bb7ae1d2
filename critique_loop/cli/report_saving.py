"""The report that commands leave beside a program and its picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from critique_loop.building.records import Saved
from critique_loop.building.saving import save
from critique_loop.cli.options import option
from critique_loop.store import SqliteStore
from critique_loop.values import Outcome


def report_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--no-report``."""
    return option("--no-report", is_flag=True, help="Write no report.html beside the program.")(
        command
    )


def save_all(outcome: Outcome, folder: Path, *, store: SqliteStore, report: bool) -> Saved:
    """Write the outcome into ``folder``, with or without a report of the run.

    Raises:
        CallError: as for ``save``.
    """
    if not report:
        return save(outcome, folder)
    from critique_loop.report import save_with_report  # noqa: PLC0415 - so that --help stays quick

    return anyio.run(partial(save_with_report, outcome, folder, store=store))
