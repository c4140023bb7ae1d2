"""What rows can be grouped by: columns as they are, and the calendar units of dates.

A key gives every row a group, and finds the group that a text or a position on an axis stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from table_labels import day_of, normal, number_of, without_note
from table_reading import Codes, Floats, SourceTable, TableColumn, distinct

MONTHS = tuple(
    "january february march april may june july august september october november december".split()  # noqa: SIM905 -- reads better
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Units that turn round and round, each group known by a small number; the others are spans of days.
CYCLES = ("month name", "weekday", "quarter of year", "day of month", "hour")
SPANS = ("day", "week", "month", "quarter", "year", "decade")
_NUMPY_UNIT = {"day": "D", "week": "W", "month": "M", "year": "Y"}
_YEARS = (1500.0, 2200.0)
_MOST_GROUPS = 300_000
_SHORT_NAME = 3


@dataclass(eq=False)
class Key:
    """A way to group rows.

    ``codes`` holds each row's group, -1 for none. ``places`` are the groups' positions on an axis
    of numbers or days, in ascending order where the groups have one. ``unit`` is the calendar unit
    taken from a column of dates or years, "" for the column itself.
    """

    column: str
    codes: Codes
    size: int
    unit: str = ""
    texts: tuple[str, ...] = ()
    places: Floats | None = None
    dated: bool = False
    own: bool = False

    @property
    def name(self) -> str:
        """How a person would say it."""
        return self.column if self.own or not self.unit else f"{self.unit} of {self.column}"

    @cached_property
    def by_text(self) -> dict[str, int]:
        """The group of every text form that stands for one."""
        forms: dict[str, int] = {}
        for code, text in enumerate(self.texts):
            forms.setdefault(normal(text), code)
        if self.places is not None and not self.dated:
            for code, place in enumerate(self.places):
                for form in _forms(self.unit, float(place)):
                    forms.setdefault(form, code)
        return forms

    def of_texts(self, names: Sequence[str]) -> Codes:
        """The group each text stands for, -1 where it stands for none."""
        return np.array([self._of_text(name) for name in names], dtype=np.int64)

    def _of_text(self, name: str) -> int:
        found = self.by_text.get(normal(name), -1)
        if found < 0 and name.endswith(")"):
            found = self.by_text.get(normal(without_note(name)), -1)
        if found < 0 and name.rstrip().endswith(("...", "\u2026")):
            start = normal(name.rstrip().rstrip(".\u2026"))
            near = {code for form, code in self.by_text.items() if form.startswith(start)}
            found = near.pop() if len(near) == 1 and start else -1
        if found < 0 and self.unit in SPANS:
            number = number_of(name)
            day = day_of(name) if number is None or self.unit in {"year", "decade"} else None
            if day is not None:
                found = int(self.of_places(np.array([day]), dated=True)[0])
        return found

    def of_places(self, positions: Floats, *, dated: bool) -> Codes:
        """The group at each position of an axis of numbers or (``dated``) of days."""
        none = np.full(positions.shape, -1, dtype=np.int64)
        if self.places is None or not self.places.size:
            return none
        if self.unit in SPANS and (dated or self.unit not in {"year", "decade"}):
            if not dated:
                return none
            wanted = _span_of(positions, self.unit)
            starts = np.asarray(self.places_as_spans, dtype=np.int64)
            return lookup(wanted.astype(np.float64), starts.astype(np.float64))
        if dated != self.dated:
            return none
        return lookup(positions, self.places)

    @cached_property
    def places_as_spans(self) -> Codes:
        """The number of the span that each group is, counted from 1970."""
        if self.dated:
            return _span_of(np.asarray(self.places, dtype=np.float64) + 0.5, self.unit)
        years = np.asarray(self.places, dtype=np.float64).astype(np.int64) - 1970
        return years // 10 if self.unit == "decade" else years


def keys(table: SourceTable) -> Iterator[Key]:
    """Yield every key of a table: columns first, then calendar units."""
    plain = {column.name: own for column in table.columns if (own := own_key(column)) is not None}
    yield from plain.values()
    for column in table.columns:
        if column.dated:
            yield from calendar_keys(column)
        elif column.name in plain and is_years(column):
            yield _decades(column)


def own_key(column: TableColumn) -> Key | None:
    """The key that groups by the column's own values; None where every row has none."""
    if column.codes is not None:
        places = None
        if column.dated:
            days, order = distinct(column)
            return Key(column.name, days, len(order), places=order, dated=True)
        return Key(column.name, column.codes, len(column.texts), texts=column.texts, places=places)
    if not np.isfinite(column.numbers).any():
        return None
    codes, order = distinct(column)
    if is_years(column):
        return Key(column.name, codes, len(order), "year", places=order, own=True)
    return Key(column.name, codes, len(order), places=order, dated=column.dated)


def is_years(column: TableColumn) -> bool:
    """Whether a column of numbers holds calendar years."""
    known = column.numbers[np.isfinite(column.numbers)]
    return bool(
        column.codes is None
        and not column.dated
        and known.size
        and known.min() >= _YEARS[0]
        and known.max() <= _YEARS[1]
        and np.all(known == np.floor(known))
    )


def calendar_keys(column: TableColumn) -> Iterator[Key]:
    """Yield the keys of a column of dates that group less finely than the column itself."""
    known = np.isfinite(column.numbers)
    days = np.where(known, column.numbers, 0.0)
    for unit in reversed(SPANS):
        spans = _span_of(days, unit)
        yield _key(column, np.where(known, spans, np.iinfo(np.int64).min), unit)
    months = _span_of(days, "month")
    parts = {
        "month name": months % 12 + 1,
        "weekday": (np.floor(days).astype(np.int64) + 3) % 7,
        "quarter of year": months % 12 // 3 + 1,
        "day of month": _day_of_month(days),
        "hour": np.floor(days * 24 + 1e-6).astype(np.int64) % 24,
    }
    for unit, part in parts.items():
        if unit == "hour" and not np.any(part):
            continue
        yield _key(column, np.where(known, part, np.iinfo(np.int64).min), unit)


def _key(column: TableColumn, parts: Codes, unit: str) -> Key:
    missing = parts == np.iinfo(np.int64).min
    known = parts[~missing]
    low = int(known.min()) if known.size else 0
    span = int(known.max()) - low + 1 if known.size else 1
    if span <= _MOST_GROUPS:
        used = np.zeros(span, dtype=np.bool_)
        used[known - low] = True
        order = np.flatnonzero(used) + low
        rank = np.cumsum(used) - 1
        codes = np.where(missing, -1, rank[np.where(missing, 0, parts - low)])
    else:
        order, inverse = np.unique(parts, return_inverse=True)
        codes = np.where(missing, -1, inverse - int(missing.any()))
        order = order[int(missing.any()) :]
    years = unit in {"year", "decade"}
    places = np.asarray(order, dtype=np.float64)
    if years:
        places = 1970.0 + places * (10 if unit == "decade" else 1)
    elif unit in SPANS:
        places = _start_of(order, unit)
    dated = unit in SPANS and not years
    return Key(column.name, codes, len(order), unit, (), places, dated)


def _decades(column: TableColumn) -> Key:
    known = np.isfinite(column.numbers)
    years = np.where(known, column.numbers, 0.0).astype(np.int64)
    parts = np.where(known, years // 10 - 197, np.iinfo(np.int64).min)
    return _key(column, parts, "decade")


def _span_of(days: Floats, unit: str) -> Codes:
    """The number of the calendar span that each day lies in, counted from 1970."""
    safe = np.clip(np.where(np.isfinite(days), days, -1e8), -1e8, 1e8)
    whole = np.floor(safe + 1e-6).astype(np.int64)
    if unit == "week":
        return (whole + 3) // 7  # weeks start on Monday; 1970-01-01 was a Thursday
    dates = whole.astype("datetime64[D]")
    if unit in _NUMPY_UNIT:
        return dates.astype(f"datetime64[{_NUMPY_UNIT[unit]}]").astype(np.int64)
    if unit == "quarter":
        return dates.astype("datetime64[M]").astype(np.int64) // 3
    return (dates.astype("datetime64[Y]").astype(np.int64) + 1970) // 10 - 197


def _start_of(spans: Codes, unit: str) -> Floats:
    if unit == "week":
        return (spans * 7 - 3).astype(np.float64)
    months = {"month": 1, "quarter": 3, "year": 12, "decade": 120}.get(unit)
    if months is None:
        return spans.astype(np.float64)
    starts = (spans * months).astype("datetime64[M]")
    return starts.astype("datetime64[D]").astype(np.int64).astype(np.float64)


def _day_of_month(days: Floats) -> Codes:
    dates = np.floor(days + 1e-6).astype(np.int64).astype("datetime64[D]")
    return (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1


def lookup(positions: Floats, places: Floats) -> Codes:
    """Index of each position in ascending places, -1 where there is none within rounding."""
    at = np.clip(np.searchsorted(places, positions), 0, len(places) - 1)
    before = np.clip(at - 1, 0, len(places) - 1)
    nearer = np.abs(places[before] - positions) < np.abs(places[at] - positions)
    at = np.where(nearer, before, at)
    size = float(np.max(np.abs(places), initial=0.0))
    near = np.abs(places[at] - positions) <= 1e-9 * size  # a second, for days
    return np.where(near, at, -1).astype(np.int64)


def _forms(unit: str, place: float) -> list[str]:
    number = f"{place:.12g}"
    index = int(place) if np.isfinite(place) else 0
    if unit == "month name":
        name = MONTHS[(index - 1) % 12]
        return [name, name[:_SHORT_NAME], *(["sept"] if index == 9 else []), number]  # noqa: PLR2004 -- September
    if unit == "weekday":
        name = WEEKDAYS[index % 7]
        return [name, name[:_SHORT_NAME], {1: "tues", 3: "thur"}.get(index, name), number]
    if unit == "quarter of year":
        return [f"q{number}", f"quarter {number}", number]
    if unit == "decade":
        return [f"{number}s", number, f"{number} {place + 9:.0f}", f"'{number[-2:]}s"]
    if unit == "hour":
        return [number, f"{index:02d} 00", f"{index} 00", f"{index}h"]
    return [number]
