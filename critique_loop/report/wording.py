"""Numbers, times and ends of runs in words."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from critique_loop.values import StopReason

_MINUTE, _HOUR = 60.0, 3600.0
_FULL = 10.0
_END_OF_TIME = 253_402_300_800.0  # the year 10,000
_NOT_ACCEPTED = "Not accepted: "
_ENDS = {
    StopReason.ACCEPTED: "Accepted",
    StopReason.ROUNDS: "Not accepted: the rounds ended",
    StopReason.TIME: "Not accepted: the time ended",
    StopReason.CALLS: "Not accepted: the model calls ended",
    StopReason.TOKENS: "Not accepted: the tokens ended",
    StopReason.COST: "Not accepted: the money ended",
    StopReason.STUCK: "Not accepted: no way to make it better",
    StopReason.PERSON: "Not accepted: a person stopped it",
    StopReason.PAUSED: "Paused: a person is to answer",
    StopReason.MODEL_UNAVAILABLE: "Stopped: the model can't be had",
    StopReason.WRITER_GAVE_UP: "Not accepted: the writer gave up",
    StopReason.SANDBOX_UNAVAILABLE: "Stopped: no sandbox",
    StopReason.INTERRUPTED: "Not finished: interrupted, or still at it",
}


def end(reason: StopReason) -> str:
    """Return how a run ended as a short sentence."""
    return _ENDS[reason]


def short_end(reason: StopReason) -> str:
    """Return how a run ended, for where many ends stand below each other."""
    words = _ENDS[reason].removeprefix(_NOT_ACCEPTED)
    return words[0].upper() + words[1:]


def mark(value: float | None) -> str:
    """Return a mark from 0 to 10 with at most one decimal, a dash where there is none."""
    known = finite(value)
    return "\N{EN DASH}" if known is None else f"{known:.1f}".removesuffix(".0")


def share(value: float | None) -> float:
    """Return a mark from 0 to 10 as a percentage of 10 for a bar: 0 to 100, 0 for none."""
    return min(max(finite(value) or 0.0, 0.0), _FULL) / _FULL * 100


def finite(value: float | None) -> float | None:
    """Return ``value``, None where it is no number that can be told."""
    return value if value is not None and math.isfinite(value) else None


def change(value: float | None) -> str:
    """Return a difference of marks with its sign, "" where there is none to speak of."""
    if finite(value) is None or not round(value or 0.0, 1):
        return ""
    return f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")


def seconds(value: float) -> str:
    """Return a time that something took, e.g. "0.31 s" or "4 min 5 s"."""
    if not math.isfinite(value):
        return "unknown"
    if value < 1:
        return f"{value:.2f} s"
    if value < _MINUTE:
        return f"{value:.1f} s"
    if value < _HOUR:
        return f"{int(value // _MINUTE)} min {int(value % _MINUTE)} s"
    return f"{int(value // _HOUR):,} h {int(value % _HOUR // _MINUTE)} min"


def money(value: float | None) -> str:
    """Return US dollars, to the cent or to three digits; "price unknown" where nobody knows."""
    if finite(value) is None or value is None:
        return "price unknown"
    return f"${value:.2f}" if not value or value >= 1 else f"${value:.3g}"


def moment(unix_time: float) -> str:
    """Return a point in time as UTC to the minute, "" for none."""
    known = 0 < unix_time < _END_OF_TIME
    return f"{datetime.fromtimestamp(unix_time, UTC):%Y-%m-%d %H:%M} UTC" if known else ""


def size(number: int) -> str:
    """Return a number of bytes, e.g. "12 kB"."""
    for unit, bytes_ in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= bytes_:
            return f"{number / bytes_:.3g} {unit}"
    return f"{number} bytes"


def count(number: int, thing: str, things: str = "") -> str:
    """Return a number with its noun, e.g. "1 round" or "12,000 rounds"."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"
