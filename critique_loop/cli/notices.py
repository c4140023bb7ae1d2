"""Warnings of this package as notices of the command line."""

from __future__ import annotations

import warnings
from typing import TextIO

from critique_loop.cli.text import notify

_OURS = __name__.partition(".")[0]


def show_warnings_as_notices() -> None:
    """Say what this package warns of without the line of code that Python names."""
    shown = warnings.showwarning

    def show(  # noqa: PLR0913 - as Python calls it
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if category.__module__.partition(".")[0] == _OURS:
            notify(str(message))
        else:
            shown(message, category, filename, lineno, file, line)

    warnings.showwarning = show
