"""Statistics of groups of rows, each computed once and in numpy only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from table_keys import own_key
from table_reading import Codes, Flags, Floats, TableColumn

# In the order in which a search tries them: cheap and usual ones first.
STATISTICS = ("mean", "sum", "min", "max", "first", "last", "std", "median", "nunique")


class Groups:
    """Rows sorted into ``size`` groups by ``codes`` (-1: in none), those outside ``mask`` left out.

    Statistics are those of pandas: missing values are skipped, ``std`` has one degree of freedom
    less, groups without a value are nan.
    """

    def __init__(self, codes: Codes, size: int, mask: Flags | None = None) -> None:
        inside = codes >= 0
        if mask is not None:
            inside &= mask
        self._rows: Codes | None = None if inside.all() else np.flatnonzero(inside)
        self._codes = codes if self._rows is None else codes[self._rows]
        self.size = size
        self.rows: Floats = self._bin(self._codes)
        self._known: dict[tuple[str, str], Floats] = {}

    def statistic(self, name: str, column: TableColumn) -> Floats:
        """One number per group: statistic ``name`` of ``column``."""
        found = self._known.get((name, column.name))
        if found is None:
            with np.errstate(all="ignore"):
                found = _COMPUTE[name](self, column)
            self._known[name, column.name] = found
        return found

    def _bin(self, codes: Codes, weights: Floats | None = None) -> Floats:
        sums = np.bincount(codes, weights=weights, minlength=self.size)
        return np.asarray(sums, dtype=np.float64)

    def _values(self, column: TableColumn) -> tuple[Codes, Floats]:
        values = column.numbers if self._rows is None else column.numbers[self._rows]
        finite = np.isfinite(values)
        return (self._codes, values) if finite.all() else (self._codes[finite], values[finite])

    def count(self, column: TableColumn) -> Floats:
        """How many rows of each group have a value."""
        present = column.present if self._rows is None else column.present[self._rows]
        return self._bin(self._codes[present])

    def sum(self, column: TableColumn) -> Floats:
        """Sum of each group; 0 where nothing is to be added."""
        codes, values = self._values(column)
        return self._bin(codes, values)

    def mean(self, column: TableColumn) -> Floats:
        """Mean of each group."""
        codes, _ = self._values(column)
        return self.statistic("sum", column) / self._bin(codes)

    def std(self, column: TableColumn) -> Floats:
        """Sample standard deviation of each group."""
        codes, values = self._values(column)
        squares = self._bin(codes, (values - self.mean(column)[codes]) ** 2)
        count = self._bin(codes)
        return np.sqrt(np.where(count > 1, squares / (count - 1), np.nan))

    def min(self, column: TableColumn) -> Floats:
        """Smallest value of each group."""
        codes, values = self._values(column)
        found = np.full(self.size, np.inf)
        np.minimum.at(found, codes, values)
        return np.where(np.isinf(found), np.nan, found)

    def max(self, column: TableColumn) -> Floats:
        """Largest value of each group."""
        codes, values = self._values(column)
        found = np.full(self.size, -np.inf)
        np.maximum.at(found, codes, values)
        return np.where(np.isinf(found), np.nan, found)

    def median(self, column: TableColumn) -> Floats:
        """Median of each group."""
        codes, values = self._values(column)
        ordered = values[np.lexsort((values, codes))]
        count = self._bin(codes).astype(np.int64)
        start = np.cumsum(count) - count
        low = np.clip(start + (count - 1) // 2, 0, max(0, len(ordered) - 1))
        high = np.clip(start + count // 2, 0, max(0, len(ordered) - 1))
        if not len(ordered):
            return np.full(self.size, np.nan)
        return np.where(count > 0, (ordered[low] + ordered[high]) / 2, np.nan)

    def nunique(self, column: TableColumn) -> Floats:
        """How many different values each group has."""
        key = own_key(column)
        if key is None:
            return np.zeros(self.size)
        inner = key.codes if self._rows is None else key.codes[self._rows]
        there = inner >= 0
        pairs = np.unique(self._codes[there] * key.size + inner[there])
        return self._bin(pairs // key.size)

    def first(self, column: TableColumn) -> Floats:
        """First value of each group, in the order of the table."""
        codes, values = self._values(column)
        return self._placed(codes[::-1], values[::-1])

    def last(self, column: TableColumn) -> Floats:
        """Last value of each group, in the order of the table."""
        codes, values = self._values(column)
        return self._placed(codes, values)

    def _placed(self, codes: Codes, values: Floats) -> Floats:
        found = np.full(self.size, np.nan)
        found[codes] = values
        return found


_COMPUTE: dict[str, Callable[[Groups, TableColumn], Floats]] = {
    "count": Groups.count,
    "sum": Groups.sum,
    "mean": Groups.mean,
    "median": Groups.median,
    "min": Groups.min,
    "max": Groups.max,
    "std": Groups.std,
    "nunique": Groups.nunique,
    "first": Groups.first,
    "last": Groups.last,
}
