"""Read one axis of a plot: its limits, ticks, labels, and what its numbers stand for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from figure_facts import MAX_CHARACTERS, AxisFacts, TextFacts, TickFacts
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick
from matplotlib.category import UnitData
from probe_text import Canvas, read_text

Numbers = npt.NDArray[np.float64]

_MOST_TICKS = 400
_FROM_ORDINALS = "from_ordinals"  # missing in the types of pandas
_EPOCH = np.datetime64("1970-01-01", "ns")
_DAY = np.timedelta64(86_400 * 10**9, "ns")


class ToPlain(Protocol):
    """Turns positions on an axis into plain numbers: days since 1970 on a time axis."""

    def __call__(self, positions: Numbers) -> Numbers:
        """Return one number per position."""
        ...


def read_axis(axes: Axes, axis: Axis, canvas: Canvas) -> AxisFacts:
    """Measure one axis of a plot that has just been drawn."""
    to_plain = plain_positions(axis)
    low, high = to_plain(np.array(axis.get_view_interval(), float)).tolist()
    shown = bool(axes.axison and axis.get_visible())
    return AxisFacts(
        label=read_text(axis.label, canvas) if shown else None,
        kind=_kind(axis),
        scale=str(axis.get_scale()),
        low=min(low, high),
        high=max(low, high),
        inverted=bool(axis.get_inverted()),
        categories=_categories(axis),
        ticks=_read_ticks(axis, canvas, to_plain) if shown else (),
        period=_period(axis),
        shown=shown,
    )


def plain_positions(axis: Axis) -> ToPlain:
    """Return what turns this axis' positions into plain numbers."""
    period = _period(axis)
    if period:
        return lambda positions: _days_of_periods(positions, period)
    if _kind(axis) == "date":
        epoch = cast("str", dates.get_epoch())  # pyright: ignore[reportUnknownMemberType] -- untyped
        offset = float((np.datetime64(epoch, "ns") - _EPOCH) / _DAY)
        return lambda positions: positions + offset
    return lambda positions: positions


def _kind(axis: Axis) -> str:
    if _categories(axis):
        return "category"
    if _period(axis):
        return "date"
    locator, formatter = axis.get_major_locator(), axis.get_major_formatter()
    converter = type(axis.get_converter()).__name__
    times = isinstance(locator, dates.DateLocator) or isinstance(
        formatter, dates.DateFormatter | dates.AutoDateFormatter | dates.ConciseDateFormatter
    )
    return "date" if times or "Date" in converter else "number"


def _categories(axis: Axis) -> tuple[str, ...]:
    units: object = getattr(axis, "units", None)
    if not isinstance(units, UnitData):
        return ()
    mapping = cast("dict[object, int]", getattr(units, "_mapping", {}))
    return tuple(str(name)[:MAX_CHARACTERS] for name in list(mapping)[:_MOST_TICKS])


def _period(axis: Axis) -> str:
    """The frequency of a Period axis of pandas; its plot also leaves it on the axis."""
    locator = type(axis.get_major_locator()).__name__
    if not locator.startswith("TimeSeries_"):
        return ""
    frequency: object = getattr(axis, "freq", None) or getattr(axis.axes, "freq", None)
    return str(getattr(frequency, "freqstr", frequency) or "")


def _days_of_periods(ordinals: Numbers, frequency: str) -> Numbers:
    finite = np.isfinite(ordinals)
    whole = np.floor(np.where(finite, ordinals, 0)).astype("int64")
    start = _starts(whole, frequency)
    days = start + (np.where(finite, ordinals, 0) - whole) * (_starts(whole + 1, frequency) - start)
    return np.where(finite, days, math.nan)


def _starts(ordinals: npt.NDArray[np.int64], frequency: str) -> Numbers:
    from_ordinals: Callable[..., pd.PeriodIndex] = getattr(pd.PeriodIndex, _FROM_ORDINALS)
    periods = from_ordinals(ordinals, freq=frequency)
    stamps = periods.to_timestamp(how="start").to_numpy(dtype="datetime64[ns]")
    return ((stamps - _EPOCH) / _DAY).astype(float)


def _read_ticks(axis: Axis, canvas: Canvas, to_plain: ToPlain) -> tuple[TickFacts, ...]:
    major = np.atleast_1d(np.array(axis.get_majorticklocs(), dtype=float))
    minor = np.atleast_1d(np.array(axis.get_minorticklocs(), dtype=float))
    ticks: list[TickFacts] = []
    for places, drawn in (
        (major, axis.get_major_ticks(len(major))),
        (minor, axis.get_minor_ticks(len(minor))),
    ):
        inside = _inside(axis, places)[:_MOST_TICKS]
        values = to_plain(places[inside])
        for value, index in zip(values, inside, strict=True):
            labels = _labels(drawn[int(index)], canvas)
            if labels or places is major:
                ticks.extend(TickFacts(float(value), label) for label in labels or [TextFacts("")])
    return tuple(sorted(ticks, key=lambda tick: tick.value))


def _inside(axis: Axis, places: Numbers) -> npt.NDArray[np.int64]:
    low, high = sorted(float(limit) for limit in axis.get_view_interval())
    slack = (high - low) * 1e-6
    return np.flatnonzero((places >= low - slack) & (places <= high + slack))


def _labels(tick: Tick, canvas: Canvas) -> Sequence[TextFacts]:
    if not tick.get_visible():
        return []
    read = (read_text(label, canvas) for label in (tick.label1, tick.label2))
    return [facts for facts in read if facts is not None]
