"""Turn the numbers of a drawn chart into what a reader sees: keys, series names and values."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

Key = float | str
Facts = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - matplotlib's date numbers have no time zone
_HALF = 0.5
_DATES = (
    *("%Y-%m-%d", "%Y-%m", "%Y/%m/%d", "%Y/%m", "%b %Y", "%B %Y", "%Y %b", "%Y %B", "%m/%Y"),
    *("%b-%Y", "%b %y", "%b '%y", "%b %d %Y", "%d %b %Y", "%Y-%m-%d %H:%M:%S", "%Y"),
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = {
    "month_of_year": {name: number for number, name in enumerate(_MONTHS, start=1)},
    "weekday": {name: number for number, name in enumerate(_DAYS)},
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One bar, one vertex of a line or one point, as a reader sees it.

    ``key`` is None where the axis does not tell it; ``x`` and ``y`` are data coordinates.
    """

    kind: str
    key: Key | None
    value: float
    series: str
    x: float = math.nan
    y: float = math.nan


def canonical(kind: str, raw: object) -> Key | None:
    """Return one spelling for a key of this kind, None where ``raw`` is no such key."""
    if isinstance(raw, date):
        return _of_date(kind, raw)
    if isinstance(raw, str):
        return _of_text(kind, " ".join(raw.split()))
    number = float(raw)  # pyright: ignore[reportArgumentType] - what float refuses is caught
    if kind == "text":
        return f"{number:g}"
    if kind == "number":
        return number
    whole = math.isclose(number, round(number), abs_tol=1e-6)
    return round(number) if whole and kind in {"year", "month_of_year", "weekday"} else None


def _of_date(kind: str, day: date) -> Key | None:
    readings: dict[str, Key] = {
        "year": day.year,
        "month": day.year * 12 + day.month - 1,
        "quarter": day.year * 4 + (day.month - 1) // 3,
        "day": day.toordinal(),
        "month_of_year": day.month,
        "weekday": day.weekday(),
        "text": str(day)[:10],
    }
    return readings.get(kind)


def _of_text(kind: str, text: str) -> Key | None:
    if kind == "text":
        number = _number(text)
        return text.casefold() if number is None else f"{number:g}"
    if kind in {"number", "year", "month_of_year", "weekday"}:
        number = _number(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))
        if number is not None:
            return number
    if kind in _NAMES:
        names, start = _NAMES[kind], text[:3].casefold()
        return names.get(start)
    return _quarter(text) if kind == "quarter" and "Q" in text else _of_moment(kind, text)


def _number(text: str) -> float | None:
    with suppress(ValueError):
        return float(text)
    return None


def _quarter(text: str) -> Key | None:
    quarter, year = re.search(r"Q([1-4])", text), re.search(r"\d{4}", text)
    return int(year[0]) * 4 + int(quarter[1]) - 1 if quarter and year else None


def _of_moment(kind: str, text: str) -> Key | None:
    for form in _DATES:
        with suppress(ValueError):
            return _of_date(kind, datetime.strptime(text, form))  # noqa: DTZ007 - a day has no zone
    return None


def marks(facts: Facts, kind: str) -> list[Mark]:
    """Return all bars, line vertices and points of a chart; keys are of this kind."""
    return [mark for axes in facts["axes"] for mark in _axes_marks(axes, kind)]


def _axes_marks(axes: Facts, kind: str) -> Iterator[Mark]:
    yield from _bars(axes, kind)
    thinned = any(len(line["x"]) > len(axes["x"]["ticks"]) for line in axes["lines"])
    for line in axes["lines"]:
        name = _series(axes, line)
        for x, y in zip(line["x"], line["y"], strict=True):
            if _visible(axes["x"], x) and _visible(axes["y"], y):
                key = _key(axes["x"], x, kind, thinned=thinned)
                yield Mark("line" if line["joined"] else "points", key, y, name, x, y)
    for point in axes["points"]:
        x, y = point["x"], point["y"]
        if _visible(axes["x"], x) and _visible(axes["y"], y):
            yield _point(axes, point, kind)


def _point(axes: Facts, point: Facts, kind: str) -> Mark:
    x, y = point["x"], point["y"]
    name = _series(axes, point)
    if axes["y"]["kind"] == "label" and axes["x"]["kind"] == "number":
        return Mark("points", _key(axes["y"], y, kind), x, name, x, y)
    return Mark("points", _key(axes["x"], x, kind), y, name, x, y)


def _bars(axes: Facts, kind: str) -> Iterator[Mark]:
    most = Counter((bar["color"], bar["label"]) for bar in axes["bars"]).most_common(1)
    for bar in axes["bars"]:
        along, value_axis = ("x", "y") if bar["upright"] else ("y", "x")
        axis = axes[along]
        center = bar["from"] + bar["width"] / 2
        if not _visible(axis, center):
            continue
        low, high = axes[value_axis]["limits"]
        end = min(max(bar["start"] + bar["length"], low), high)
        key = _key(axis, center, kind, thinned=most[0][1] > len(axis["ticks"]))
        yield Mark("bar", key, end - bar["start"], _series(axes, bar))


def bins(facts: Facts) -> list[tuple[float, float, float]]:
    """Return left edge, right edge and height of each bar of a histogram, from left to right."""
    found: list[tuple[float, float, float]] = []
    for axes in facts["axes"]:
        for bar in axes["bars"]:
            ends = sorted((bar["from"], bar["from"] + bar["width"]))
            axis = axes["x" if bar["upright"] else "y"]
            if _visible(axis, sum(ends) / 2):
                found.append((*ends, bar["length"]))
    return sorted(found)


def _visible(axis: Facts, position: float) -> bool:
    low, high = axis["limits"]
    slack = (high - low) * 1e-6
    return low - slack <= position <= high + slack


def _key(axis: Facts, position: float, kind: str, *, thinned: bool = False) -> Key | None:
    if axis["kind"] == "date":
        return canonical(kind, _EPOCH + timedelta(days=position, milliseconds=1))
    if axis["kind"] == "number":
        return canonical(kind, position)
    ticks = sorted((place, canonical(kind, text)) for place, text in axis["ticks"])
    if thinned:
        return _between(ticks, position)
    near = min(ticks, key=lambda tick: abs(tick[0] - position), default=None)
    gaps = [b[0] - a[0] for a, b in pairwise(ticks) if b[0] > a[0]]
    reach = min(gaps) / 2 if gaps else _HALF
    return near[1] if near and abs(near[0] - position) <= reach else None


def _between(ticks: Sequence[tuple[float, Key | None]], position: float) -> Key | None:
    """Read a place between labels of numbers or times as a reader does: in proportion."""
    known = [(place, key) for place, key in ticks if isinstance(key, int | float)]
    if len(known) < 2:  # noqa: PLR2004 - a scale needs two points
        return next((key for place, key in ticks if abs(place - position) < _HALF), None)
    pairs = list(pairwise(known))
    (p0, k0), (p1, k1) = next((pair for pair in pairs if position <= pair[1][0]), pairs[-1])
    return round(k0 + (k1 - k0) * (position - p0) / (p1 - p0))


def _series(axes: Facts, artist: Facts) -> str:
    """Return the name a reader finds for a mark: legend, text of its colour, title of its axes."""
    legend = axes["legend"]
    if artist["label"] in {text for text, _ in legend}:
        return artist["label"]
    named = [text for text, color in legend if color == artist["color"]]
    named += [text for text, color in axes["texts"] if color == artist["color"]]
    return named[0] if named else axes["title"]


def scales(facts: Facts) -> list[float]:
    """Return the factors that the texts of a chart say its values are to be multiplied by."""
    texts = " ".join(
        f"{axes['title']} {axes['x']['label']} {axes['y']['label']}" for axes in facts["axes"]
    ).casefold()
    words = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
    return [1.0, *(factor for word, factor in words.items() if word in texts)]
