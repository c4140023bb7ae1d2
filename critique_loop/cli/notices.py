"""Warnings of this package as notices of the command line."""

from __future__ import annotations

import warnings
from typing import Any

from critique_loop.cli.text import notify

_OURS = __name__.partition(".")[0]


def show_warnings_as_notices() -> None:
    """Say what this package warns of without the line of code that Python names."""
    shown = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        *where: Any,  # noqa: ANN401 - file, line and what else Python tells, passed on
        **more: Any,  # noqa: ANN401 - as above
    ) -> None:
        if category.__module__.partition(".")[0] == _OURS:
            notify(str(message))
        else:
            shown(message, category, *where, **more)

    warnings.showwarning = show
