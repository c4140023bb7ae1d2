"""Moments as people type them, a date, a time, or how long ago; and as they read them."""

from __future__ import annotations

import re
import time
from datetime import datetime

import click

_AGO = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def moment(_: click.Context, __: click.Parameter, text: str | None) -> float | None:
    """Return the Unix time that an option's value means: "2d" is two days ago.

    Raises:
        BadParameter: it means none.
    """
    if text is None:
        return None
    ago = _AGO.fullmatch(text.strip())
    if ago is not None:
        return time.time() - float(ago[1]) * _SECONDS[ago[2]]
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise click.BadParameter(
            f"{text!r} is no time: 30m, 3h, 2d or 1w ago, 2026-11-22 or 2026-11-22T14:30"
        ) from error


def moment_text(at: float | None) -> str:
    """Return a Unix time as the clock here shows it, to the minute; "-" for none.

    A store may hold times that no calendar has: they came with a trace from elsewhere.
    """
    if at is None:
        return "-"
    try:
        return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):
        return "-"
