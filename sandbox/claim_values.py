"""The drawn numbers as a title speaks of them: groups by name, and values over time."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from figure_facts import AxesFacts, SeriesFacts

_OVER_TIME = {"line", "step", "area"}
_YEAR = re.compile(r"(1[5-9]\d\d|2[01]\d\d)")
_EPOCH = datetime.date(1970, 1, 1)
_MOST_DAYS = 2_900_000  # the year 9910; datetime ends soon after
_FIRST_YEAR, _LAST_YEAR = 1500, 2200
_LEAST_NAME = 2


@dataclass(frozen=True, slots=True)
class Moment:
    """A value at a place on the time axis; the year is None where the axis does not tell it."""

    at: float
    value: float
    year: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """What is drawn under one name: a bar, or a line of moments in the order of time."""

    name: str
    value: float
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that one plot says: groups that can be compared, and groups over time."""

    compared: tuple[Group, ...] = ()
    over_time: tuple[Group, ...] = ()


def drawing_of(axes: AxesFacts) -> Drawing:
    """Read the groups of a plot; marks that are neither bars nor lines hold none."""
    lines = [one for one in axes.series if one.kind in _OVER_TIME and one.count > 1]
    bars = [one for one in axes.series if one.kind == "bar"]
    pies = [one for one in axes.series if one.kind == "pie"]
    if lines and not bars:
        over_time = tuple(_line(one, axes) for one in lines)
        return Drawing(over_time if len(over_time) > 1 else (), over_time)
    if bars and not lines:
        return _bars(bars)
    if pies and not (lines or bars):
        return Drawing(_named(pies[0]))
    return Drawing()


def _line(series: SeriesFacts, axes: AxesFacts) -> Group:
    points = sorted(
        (at, value)
        for at, value in zip(series.x, series.y, strict=False)
        if math.isfinite(at) and math.isfinite(value)
    )
    moments = tuple(Moment(at, value, _year(at, axes)) for at, value in points)
    mean = sum(moment.value for moment in moments) / len(moments) if moments else math.nan
    return Group(series.label, mean, moments)


def _year(at: float, axes: AxesFacts) -> int | None:
    if axes.x.kind == "date":
        return (_EPOCH + datetime.timedelta(days=at)).year if abs(at) < _MOST_DAYS else None
    if axes.x.kind == "category":
        return _year_in(axes.x.name_at(at))
    return int(at) if _FIRST_YEAR <= at <= _LAST_YEAR else None


def _year_in(name: str) -> int | None:
    found = _YEAR.search(name)
    return int(found[1]) if found else None


def _bars(bars: Sequence[SeriesFacts]) -> Drawing:
    """Bars of one series compare its names; those of several compare the series as well."""
    if len(bars) > 1 and len(set(bars[0].names)) > 1:
        return Drawing(over_time=tuple(_bars_over_time(one) for one in bars if _are_years(one)))
    groups = tuple(group for one in bars for group in _named(one))
    over_time = tuple(_bars_over_time(one) for one in bars if _are_years(one))
    return Drawing(groups, over_time)


def _named(series: SeriesFacts) -> tuple[Group, ...]:
    return tuple(
        Group(name or series.label, value)
        for name, value in zip(series.names, series.y, strict=False)
        if math.isfinite(value)
    )


def _are_years(series: SeriesFacts) -> bool:
    years = [_year_in(name) for name in series.names]
    return len(years) > 1 and None not in years


def _bars_over_time(series: SeriesFacts) -> Group:
    moments = sorted(
        (year, value)
        for name, value in zip(series.names, series.y, strict=False)
        if (year := _year_in(name)) is not None and math.isfinite(value)
    )
    return Group(
        series.label,
        math.nan,
        tuple(Moment(float(year), value, year) for year, value in moments),
    )


def named_in(text: str, groups: Sequence[Group]) -> list[Group]:
    """The groups whose names stand in a text, in its order; a longer name hides a shorter one."""
    found: list[tuple[int, int, Group]] = []
    low = text.lower()
    for group in sorted(groups, key=lambda one: -len(one.name)):
        name = group.name.lower().strip()
        if len(name) < _LEAST_NAME and not name.isalnum():
            continue
        at = re.search(rf"(?<!\w){re.escape(name)}(?:'?s)?(?!\w)", low) if name else None
        if at and not any(start < at.end() and at.start() < end for start, end, _ in found):
            found.append((at.start(), at.end(), group))
    return [group for _, _, group in sorted(found, key=lambda one: one[:2])]


def within(moments: Sequence[Moment], years: Sequence[int]) -> tuple[Moment, ...] | None:
    """The moments from the first to the last year named; None where these are not on the axis."""
    if not years:
        return tuple(moments)
    known = {moment.year for moment in moments}
    if not set(years) <= known:
        return None
    last = max(years) if len(years) > 1 else math.inf
    return tuple(m for m in moments if m.year is not None and min(years) <= m.year <= last)
