"""Whether drawn points are rows of the table: which share exists, which share of rows is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from figure_facts import AxesFacts, AxisFacts, SeriesFacts
from table_found import Rows, Wanted
from table_groups import Groups
from table_keys import Key, lookup
from table_labels import normal
from table_reading import Codes, Flags, Floats, SourceTable, TableColumn

_MOSTLY = 0.5
_ALL = 0.9999
_COVERED = 0.97
_MOST_GROUPS = 20_000
_MOST_PAIRS = 200
_STATISTICS = ("mean", "sum", "median", "max", "min")
_JITTER = 0.45


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """The points of one axes, all series together; ``count`` is their true number."""

    x: Floats
    y: Floats
    owners: Codes
    labels: tuple[str, ...]
    axes: AxesFacts
    count: int
    sampled: bool
    colored: bool


@dataclass(frozen=True, slots=True, eq=False)
class PointsFound:
    """Two columns, and how far the points are pairs of their values.

    ``purity`` is the share of drawn points that exist, ``coverage`` the share of the table's
    points (within ``rows``) that is drawn. ``statistic`` is set where each point stands for a
    group of ``key``. ``mixed``: the points exist, but under other series labels.
    """

    x: str
    y: str
    rows: Rows
    purity: float
    coverage: float
    split: str = ""
    key: str = ""
    statistic: str = ""
    mixed: bool = False

    @property
    def used(self) -> frozenset[str]:
        """The columns that the points depend on."""
        own = {self.x, self.y, self.split, self.key, *(one.column for one in self.rows.filters)}
        return frozenset(own - {""})


def cloud_of(axes: AxesFacts, chosen: Sequence[SeriesFacts]) -> Cloud | None:
    """The points of some series of one axes, None where there is none."""
    pairs = [(s, min(len(s.x), len(s.y))) for s in chosen]
    pairs = [(series, length) for series, length in pairs if length]
    if not pairs:
        return None
    x = np.array([value for s, length in pairs for value in s.x[:length]], dtype=np.float64)
    y = np.array([value for s, length in pairs for value in s.y[:length]], dtype=np.float64)
    owners = np.repeat(np.arange(len(pairs)), [length for _, length in pairs]).astype(np.int64)
    finite = np.isfinite(x) & np.isfinite(y)
    return Cloud(
        _snapped(x[finite], axes.x),
        _snapped(y[finite], axes.y),
        owners[finite],
        tuple("" if s.label.startswith("_") else s.label for s, _ in pairs),
        axes,
        sum(max(s.count, length) for s, length in pairs) - int((~finite).sum()),
        any(s.sampled for s, _ in pairs),
        any(len(set(s.color_values)) > 1 or len(set(s.colors)) > 1 for s, _ in pairs),
    )


def _snapped(values: Floats, axis: AxisFacts) -> Floats:
    """Positions on an axis of categories, without the jitter that keeps points apart."""
    whole = np.round(values)
    if axis.categories and np.all(np.abs(values - whole) <= _JITTER):
        return whole
    return values


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One number per row that an axis may show, sorted: each row's rank, and the drawn ranks."""

    name: str
    codes: Codes
    drawn: Codes

    @property
    def share(self) -> float:
        """The share of drawn numbers that the column holds."""
        return float((self.drawn >= 0).mean()) if self.drawn.size else 0.0


class PointSearch:
    """Searches the columns that a cloud shows."""

    def __init__(
        self, cloud: Cloud, table: SourceTable, wanted: Wanted, keys: Sequence[Key]
    ) -> None:
        self._cloud = cloud
        self._table = table
        self._wanted = wanted
        self._keys = keys

    def run(self) -> PointsFound | None:
        """The best pair of columns; None where no pair holds half of the points."""
        best: PointsFound | None = None
        for claimed in (True, False):
            sides = [self._sides(axis, claimed=claimed) for axis in ("x", "y")]
            for x in sides[0]:
                for y in sides[1]:
                    one = self._pair(x, y)
                    if best is None or _rank(one) > _rank(best):
                        best = one
                    if self._wanted.late:
                        return best
            if best is not None and best.purity >= _ALL:
                return best
        if best is None or best.purity < _MOSTLY:
            best = self._grouped() or best
        return best

    def _sides(self, axis: str, *, claimed: bool) -> list[_Side]:
        drawn = self._cloud.x if axis == "x" else self._cloud.y
        facts = self._cloud.axes.x if axis == "x" else self._cloud.axes.y
        sides: list[_Side] = []
        for column in self._table.columns:
            if claimed and column.name not in self._wanted.columns:
                continue
            side = _side(column, drawn, facts, self._keys)
            if side is not None and side.share >= _MOSTLY:
                sides.append(side)
        order = {name: index for index, name in enumerate(self._wanted.columns)}
        return sorted(sides, key=lambda side: (-side.share, order.get(side.name, len(order))))

    def _pair(self, x: _Side, y: _Side) -> PointsFound:
        split = self._split()
        best: PointsFound | None = None
        for rows in self._wanted.rows:
            one = self._measured(x, y, rows, split)
            if split is not None and one.purity < _ALL:
                free = self._measured(x, y, rows, None)
                if free.purity >= _ALL:
                    one = PointsFound(
                        x.name, y.name, rows, free.purity, free.coverage, split.column, mixed=True
                    )
            if best is None or _rank(one) > _rank(best):
                best = one
            if best.purity >= _ALL and best.coverage >= _COVERED and not best.mixed:
                break
        return best or PointsFound(x.name, y.name, Rows(), 0.0, 0.0)

    def _split(self) -> Key | None:
        """The key whose groups are the series."""
        labels = self._cloud.labels
        if not any(labels):
            return None
        for key in self._keys:
            if key.size <= _MOST_PAIRS and np.all(key.of_texts(labels) >= 0):
                return key
        return None

    def _measured(self, x: _Side, y: _Side, rows: Rows, split: Key | None) -> PointsFound:
        height = int(y.codes.max(initial=0)) + 1
        there = (x.codes >= 0) & (y.codes >= 0)
        table = x.codes * height + y.codes
        drawn = np.where((x.drawn < 0) | (y.drawn < 0), -1, x.drawn * height + y.drawn)
        if split is not None:
            labels = split.of_texts(self._cloud.labels)
            there &= split.codes >= 0
            table = table * split.size + split.codes
            drawn = np.where(drawn < 0, -1, drawn * split.size + labels[self._cloud.owners])
        if rows.mask is not None:
            there &= rows.mask
        table = table[there]
        purity = _contained(drawn, table, counted=not self._cloud.sampled)
        coverage = min(1.0, self._cloud.count / len(table)) if len(table) else 0.0
        name = split.column if split is not None else ""
        return PointsFound(x.name, y.name, rows, purity, coverage, name)

    def _grouped(self) -> PointsFound | None:
        """One point per group: the same statistic of two columns."""
        names = self._wanted.columns
        numeric = [c for name in names for c in self._table.columns if c.name == name and c.numeric]
        for key in self._keys:
            if not len(self._cloud.x) <= key.size <= _MOST_GROUPS:
                continue
            for rows in self._wanted.rows:
                groups = Groups(key.codes, key.size, rows.mask)
                for x, y in _pairs(numeric):
                    one = self._of_groups(groups, x, y, rows, key)
                    if one is not None or self._wanted.late:
                        return one
        return None

    def _of_groups(
        self, groups: Groups, x: TableColumn, y: TableColumn, rows: Rows, key: Key
    ) -> PointsFound | None:
        cloud = self._cloud
        for statistic in _STATISTICS:
            across, up = groups.statistic(statistic, x), groups.statistic(statistic, y)
            points = np.round(across / (np.nanmax(np.abs(across)) or 1.0), 9)
            drawn = np.round(cloud.x / (np.nanmax(np.abs(across)) or 1.0), 9)
            at = np.argsort(points)
            near = at[np.clip(np.searchsorted(points[at], drawn), 0, len(at) - 1)]
            right = np.isclose(across[near], cloud.x, rtol=1e-6)
            right &= np.isclose(up[near], cloud.y, rtol=1e-6)
            if right.all():
                known = int((np.isfinite(across) & np.isfinite(up)).sum())
                share = min(1.0, cloud.count / max(1, known))
                return PointsFound(
                    x.name, y.name, rows, 1.0, share, key=key.column, statistic=statistic
                )
        return None


def _pairs(columns: Sequence[TableColumn]) -> Iterator[tuple[TableColumn, TableColumn]]:
    for x in columns:
        for y in columns:
            if x is not y:
                yield x, y


def _rank(found: PointsFound) -> tuple[float, bool, bool, float]:
    return (
        round(found.purity, 4),
        not found.mixed,
        found.coverage >= _COVERED,
        found.coverage,
    )


def _side(column: TableColumn, drawn: Floats, axis: AxisFacts, keys: Sequence[Key]) -> _Side | None:
    if axis.categories or (column.codes is not None and not column.dated and not column.numeric):
        return _named_side(column, drawn, axis, keys)
    if column.dated != (axis.kind == "date"):
        return None
    order = np.unique(column.numbers[np.isfinite(column.numbers)])
    if not order.size:
        return None
    codes = np.searchsorted(order, column.numbers).astype(np.int64)
    codes[~np.isfinite(column.numbers)] = -1
    return _Side(column.name, codes, lookup(drawn, order))


def _named_side(
    column: TableColumn, drawn: Floats, axis: AxisFacts, keys: Sequence[Key]
) -> _Side | None:
    """An axis whose positions are named by categories or tick labels."""
    key = next((key for key in keys if key.column == column.name and key.name == key.column), None)
    names = {float(index): name for index, name in enumerate(axis.categories)}
    for tick in axis.ticks:
        names.setdefault(round(tick.value, 2), tick.label.text.strip())
    if key is None or not any(normal(name) for name in names.values()):
        return None
    places = sorted(names)
    groups = dict(zip(places, key.of_texts([names[place] for place in places]), strict=True))
    codes = np.array([groups.get(round(float(place), 2), -1) for place in drawn], dtype=np.int64)
    return _Side(column.name, key.codes, codes)


def _contained(drawn: Codes, table: Codes, *, counted: bool) -> float:
    """The share of drawn codes that the table holds, each as often if ``counted``."""
    if not drawn.size:
        return 0.0
    values, times = np.unique(drawn, return_counts=True)
    known = values >= 0
    if not counted:
        there = np.isin(values, table) & known
        return float(times[there].sum() / times.sum())
    ordered = np.sort(table)
    have = np.searchsorted(ordered, values, "right") - np.searchsorted(ordered, values, "left")
    return float(np.minimum(times, have)[known].sum() / times.sum())


def outside(mask: Flags | None) -> int:
    """How many rows a mask leaves out."""
    return 0 if mask is None else int((~mask).sum())
