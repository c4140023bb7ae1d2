"""Whether a histogram is one of the table's columns, whatever its heights mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from figure_facts import SeriesFacts
from table_found import Rows, Wanted
from table_keys import Key, calendar_keys, is_years
from table_layouts import column_of
from table_reading import Floats, SourceTable, TableColumn

_EDGE = 1e-9
_WHOLE = 1e-6


@dataclass(frozen=True, slots=True)
class BinsFound:
    """The column that a histogram counts.

    ``coverage`` is the share of its values (within ``rows``) that lie in bins; ``wrong`` how many
    values are in other bins than drawn, as a share (0: the histogram is right). ``heights`` says
    what they are: count, density or share.
    """

    column: str
    rows: Rows
    heights: str
    coverage: float
    wrong: float
    split: str = ""

    @property
    def used(self) -> frozenset[str]:
        """The columns that the histogram depends on."""
        own = {self.column, self.split, *(one.column for one in self.rows.filters)}
        return frozenset(own - {""})


class BinSearch:
    """Searches the column of all histograms of one axes."""

    def __init__(
        self, chosen: Sequence[SeriesFacts], table: SourceTable, wanted: Wanted, keys: Sequence[Key]
    ) -> None:
        self._series = [s for s in chosen if len(s.x) == len(s.y) == len(s.width) and len(s.x)]
        self._table = table
        self._wanted = wanted
        self._keys = keys

    def run(self) -> BinsFound | None:
        """The column that fits, or the claimed one that fits best; None where none is claimed."""
        nearest: BinsFound | None = None
        if not self._series:
            return None
        for claimed in (True, False):
            for rows in self._wanted.rows:
                for one in self._tried(rows, claimed=claimed):
                    if one.wrong == 0.0:
                        return one
                    if claimed and (nearest is None or one.wrong < nearest.wrong):
                        nearest = one
                    if self._wanted.late:
                        return nearest
        return nearest

    def _tried(self, rows: Rows, *, claimed: bool) -> Iterator[BinsFound]:
        named = [column_of(series.label, self._table) for series in self._series]
        wide = [column for column in named if column is not None]
        if len(wide) == len(self._series) > 1:
            yield self._judged([(column.numbers, rows) for column in wide], wide[0].name, rows)
        for column, numbers in _measures(self._table):
            if (column.name in self._wanted.columns) is not claimed:
                continue
            if len(self._series) == 1:
                yield self._judged([(numbers, rows)], column.name, rows)
            else:
                yield from self._split(column.name, numbers, rows)

    def _split(self, name: str, numbers: Floats, rows: Rows) -> Iterator[BinsFound]:
        """One histogram per group of a key."""
        for key in self._keys:
            groups = key.of_texts([series.label for series in self._series])
            if np.all(groups >= 0):
                parts = [(np.where(key.codes == group, numbers, np.nan), rows) for group in groups]
                yield self._judged(parts, name, rows, key.column)
        yield self._judged([(numbers, rows)] * len(self._series), name, rows)

    def _judged(
        self, parts: Sequence[tuple[Floats, Rows]], name: str, rows: Rows, split: str = ""
    ) -> BinsFound:
        wrong, inside, total, heights = 0.0, 0.0, 0, "count"
        for (numbers, _), series in zip(parts, self._series, strict=True):
            kept = numbers if rows.mask is None else numbers[rows.mask]
            values = np.sort(kept[np.isfinite(kept)])
            heights, counts = _counts(series, values)
            wrong += _misplaced(series, values, counts)
            inside += float(counts.sum())
            total += len(values)
        share = wrong / max(1, total)
        return BinsFound(name, rows, heights, inside / max(1, total), share, split)


def _measures(table: SourceTable) -> Iterator[tuple[TableColumn, Floats]]:
    for column in table.columns:
        if column.numeric or column.dated:
            yield column, column.numbers
        if column.dated and not is_years(column):
            for key in calendar_keys(column):
                if key.unit in {"year", "month name", "hour"} and key.places is not None:
                    yield column, np.append(key.places, np.nan)[key.codes]


def _edges(series: SeriesFacts) -> Floats:
    left = np.array(series.x, dtype=np.float64)
    return np.append(left, left[-1] + series.width[-1])


def _counts(series: SeriesFacts, values: Floats) -> tuple[str, Floats]:
    """The heights as counts of values, and what the heights were."""
    heights = np.nan_to_num(np.array(series.y, dtype=np.float64))
    if np.allclose(heights, np.round(heights), atol=_WHOLE) and heights.sum() > 1:
        return "count", np.round(heights)
    edges = _edges(series)
    inside = float(np.sum((values >= edges[0]) & (values <= edges[-1])))
    area = heights * np.array(series.width, dtype=np.float64)
    if abs(area.sum() - 1) < abs(heights.sum() - 1) and abs(area.sum() - 1) <= _WHOLE:
        return "density", area * inside
    sums = heights.sum() or 1.0
    return "share", heights / sums * inside


def _misplaced(series: SeriesFacts, values: Floats, counts: Floats) -> float:
    """How many values lie in other bins than drawn, those on an edge given the benefit."""
    edges = _edges(series)
    give = _EDGE * max(1.0, float(np.abs(edges).max(initial=0.0)))
    least = np.searchsorted(values, edges - give, "left").astype(np.float64)
    most = np.searchsorted(values, edges + give, "right").astype(np.float64)
    running = np.concatenate([[0.0], np.cumsum(counts)])
    start_low, start_high = float((least - running).max()), float((most - running).min())
    if start_low <= start_high + 1e-3:
        return 0.0
    exact = np.histogram(values, edges)[0] if np.all(np.diff(edges) > 0) else counts * 0
    return max(1.0, float(np.abs(exact - counts).sum()) / 2)
