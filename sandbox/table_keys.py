"""What rows can be grouped by: columns as they are, and the calendar units of dates.

A key gives every row a group, and finds the group that a text or a position on an axis stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from table_labels import day_of, normal, number_of, without_note
from table_reading import Codes, Floats, SourceTable, TableColumn, distinct

MONTHS = tuple(
    "january february march april may june july august september october november december".split()  # noqa: SIM905 -- reads better
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Units that turn round and round, each group known by a small number; the others are spans of days.
CYCLES = {
    "month name": (1, 12),
    "weekday": (0, 6),
    "quarter of year": (1, 4),
    "day of month": (1, 31),
    "hour": (0, 23),
}
SPANS = ("day", "week", "month", "quarter", "year", "decade")
_YEARLY = {"year": 1, "decade": 10}
_NUMPY_UNIT = {"day": "D", "week": "W", "month": "M", "year": "Y"}
_YEARS = (1500.0, 2200.0)
_MOST_GROUPS = 300_000
_SHORT_NAME = 3


class Key:
    """A way to group rows, computed when it is first needed.

    ``unit`` is the calendar unit taken from a column of dates or years, "" for the column itself.
    ``own``: the groups are the column's own values. ``texts`` are the groups of a text column.
    """

    def __init__(self, column: TableColumn, unit: str = "", *, own: bool = False) -> None:
        self._source = column
        self.column = column.name
        self.unit = unit
        self.own = own
        plain = column.codes is not None and not column.dated
        self.texts = column.texts if plain else ()
        self.dated = column.dated and (own or (unit in SPANS and unit not in _YEARLY))

    @property
    def name(self) -> str:
        """How a person would say it."""
        return self.column if self.own or not self.unit else f"{self.unit} of {self.column}"

    @property
    def size(self) -> int:
        """How many groups there are; some may be empty."""
        return len(self.texts) if self.places is None else len(self.places)

    @cached_property
    def places(self) -> Floats | None:
        """The groups' positions on an axis of numbers or days, ascending; None for texts."""
        if self.texts:
            return None
        known = self._source.numbers[np.isfinite(self._source.numbers)]
        if self.own:
            return distinct(known)
        if self.unit in CYCLES:
            low, high = CYCLES[self.unit]
            return np.arange(low, high + 1, dtype=np.float64)
        low, high = self._span_range
        spans = np.arange(low, high + 1, dtype=np.int64)
        if self.unit in _YEARLY:
            return np.asarray(spans * _YEARLY[self.unit] + 1970, dtype=np.float64)
        return _start_of(spans, self.unit)

    @cached_property
    def codes(self) -> Codes:
        """Each row's group, -1 for none."""
        numbers = self._source.numbers
        if self.texts and self._source.codes is not None:
            return self._source.codes
        known = np.isfinite(numbers)
        filled = np.where(known, numbers, 0.0)
        if self.own and self.places is not None:
            found = np.searchsorted(self.places, filled)
        elif self.unit in CYCLES:
            found = _part_of(filled, self.unit) - CYCLES[self.unit][0]
        else:
            found = self._spans(filled) - self._span_range[0]
        return np.where(known, found, -1).astype(np.int64)

    @cached_property
    def _span_range(self) -> tuple[int, int]:
        known = self._source.numbers[np.isfinite(self._source.numbers)]
        ends = self._spans(np.array([known.min(), known.max()])) if known.size else [0, 0]
        return int(ends[0]), min(int(ends[1]), int(ends[0]) + _MOST_GROUPS)

    def _spans(self, numbers: Floats) -> Codes:
        if self._source.dated:
            return _span_of(numbers, self.unit)
        return (numbers.astype(np.int64) - 1970) // _YEARLY[self.unit]

    @cached_property
    def by_text(self) -> dict[str, int]:
        """The group of every text form that stands for one."""
        forms: dict[str, int] = {}
        for code, text in enumerate(self.texts):
            forms.setdefault(normal(text), code)
        if self.places is not None and not self.dated and self.unit:
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
        if found < 0 and not self.texts:
            found = self._of_number_or_date(name)
        return found

    def _of_number_or_date(self, name: str) -> int:
        number = number_of(name)
        if number is not None and not self.dated and self.own:
            return int(self.of_places(np.array([number]), dated=False)[0])
        if self.dated or self.unit in _YEARLY:
            day = day_of(name) if number is None or self.unit in _YEARLY else None
            return -1 if day is None else int(self.of_places(np.array([day]), dated=True)[0])
        return -1

    def of_places(self, positions: Floats, *, dated: bool) -> Codes:
        """The group at each position of an axis of numbers or (``dated``) of days."""
        none = np.full(positions.shape, -1, dtype=np.int64)
        if self.places is None or not self.places.size:
            return none
        if (dated and not self.own) or (dated and self.unit in _YEARLY):
            if self.unit not in SPANS:
                return none
            spans = _span_of(positions, self.unit)
            if self.own:
                return lookup(np.asarray(spans + 1970, dtype=np.float64), self.places)
            low, high = self._span_range
            return np.where((spans < low) | (spans > high), -1, spans - low)
        return lookup(positions, self.places) if dated == self.dated else none


def keys(table: SourceTable) -> Iterator[Key]:
    """Yield every key of a table: columns first, then calendar units."""
    plain = {column.name: own for column in table.columns if (own := own_key(column)) is not None}
    yield from plain.values()
    for column in table.columns:
        if column.dated:
            yield from calendar_keys(column)
        elif column.name in plain and is_years(column):
            yield Key(column, "decade")


def own_key(column: TableColumn) -> Key | None:
    """The key that groups by the column's own values; None where every row has none."""
    if column.codes is None and not np.isfinite(column.numbers).any():
        return None
    return Key(column, "year" if is_years(column) else "", own=True)


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
    for unit in reversed(SPANS):
        yield Key(column, unit)
    known = column.numbers[np.isfinite(column.numbers)]
    timed = bool(np.any(known != np.floor(known)))
    for unit in CYCLES:
        if unit != "hour" or timed:
            yield Key(column, unit)


def _part_of(days: Floats, unit: str) -> Codes:
    """The month, weekday, quarter, day of the month or hour of each day."""
    months = _span_of(days, "month")
    if unit == "month name":
        return months % 12 + 1
    if unit == "quarter of year":
        return months % 12 // 3 + 1
    if unit == "weekday":
        return (np.floor(days).astype(np.int64) + 3) % 7
    if unit == "day of month":
        return _day_of_month(days)
    return np.floor(days * 24 + 1e-6).astype(np.int64) % 24


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
