"""How drawn marks may lie over a table: by a key, in series, over several columns or statistics.

A layout says for each mark in which cell of a table of groups its number should stand: the row is
its series, the column its key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from goal_reading import read_claims
from table_groups import Groups
from table_keys import Key, keys
from table_labels import normal
from table_panels import Panel
from table_reading import Codes, Flags, Floats, SourceTable, TableColumn

_MOST_CELLS = 4_000_000
_MOST_SERIES = 300
_MOST_UNTOLD = 24
_RESOLVED = 0.8
_MOST_KEPT_CELLS = 20_000
_REST = frozenset({"other", "others", "all", "total", "rest", "all others", "overall", "unknown"})


@dataclass(eq=False)
class Layout:
    """One way in which marks may lie over the table.

    ``rows`` and ``columns`` are each mark's cell; -1 in ``columns`` where its key is not in the
    table. ``exempt`` marks stand for a remainder ("Other"). ``values`` are the value columns, one
    per row of cells where ``spread`` over series, one per column where over names.
    """

    table: SourceTable
    key: Key | None
    split: Key | None
    rows: Codes
    columns: Codes
    exempt: Flags
    spread: str = ""
    values: tuple[TableColumn, ...] = ()
    statistics: tuple[str, ...] = ()
    _groups: dict[int, tuple[Flags | None, Groups]] = field(
        default_factory=dict[int, tuple[Flags | None, Groups]], repr=False
    )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the groups' table."""
        return (self.split.size if self.split else 1, self.key.size if self.key else 1)

    @cached_property
    def used(self) -> frozenset[str]:
        """The columns that the layout itself shows."""
        shown = {key.column for key in (self.key, self.split) if key is not None}
        return frozenset(shown | {column.name for column in self.values})

    def groups(self, mask: Flags | None) -> Groups:
        """The rows of the table in groups, one per cell."""
        if id(mask) not in self._groups:
            rows, columns = self.shape
            if rows * columns * (len(self._groups) + 1) > _MOST_KEPT_CELLS:
                self._groups.clear()  # each has dozens of arrays of that size
            codes = self.key.codes if self.key else np.zeros(self.table.rows, dtype=np.int64)
            if self.split is not None:
                inner = codes
                codes = self.split.codes * columns + inner
                codes = np.where((self.split.codes < 0) | (inner < 0), -1, codes)
            self._groups[id(mask)] = (mask, Groups(codes, rows * columns, mask))
        return self._groups[id(mask)][1]

    def cells(self, name: str, column: TableColumn | None, mask: Flags | None) -> Floats:
        """The groups' table of one statistic; several columns or statistics lie side by side."""
        groups = self.groups(mask)
        if self.spread == "statistics" and column is not None:
            return np.stack([groups.statistic(one, column) for one in self.statistics])
        if self.spread:
            side = np.stack([groups.statistic(name, one) for one in self.values])
            return side if self.spread == "series" else side.T
        flat = groups.rows if column is None else groups.statistic(name, column)
        return flat.reshape(self.shape)

    def expected(self, cells: Floats) -> Floats:
        """The number that each mark should show; nan where its key is unknown."""
        found = cells[self.rows, np.clip(self.columns, 0, cells.shape[1] - 1)]
        return np.where(self.columns < 0, np.nan, found)


class Surveyor:
    """Finds the layouts of panels over one table, whose keys it knows."""

    def __init__(self, table: SourceTable) -> None:
        self.table = table
        self._keys: list[Key] | None = None

    @property
    def keys(self) -> list[Key]:
        """All keys of the table."""
        if self._keys is None:
            self._keys = list(keys(self.table))
        return self._keys

    def layouts(self, panel: Panel, hinted: Sequence[str] = ()) -> list[Layout]:
        """All layouts that fit the names, positions and series labels of a panel.

        Series whose labels say nothing may still be groups of a key, or some ``hinted`` columns;
        such layouts come last, with rows of -1.
        """
        if not panel.values.size:
            return []
        found = list(self._over_columns(panel))
        untold: list[Layout] = []
        told = all(column_of(label, self.table) for label in panel.labels) or any(
            np.any(key.of_texts(panel.labels) >= 0) for key in self.keys if key.size <= _MOST_SERIES
        )
        fitting = [(key, codes) for key in self.keys if (codes := _resolve(panel, key)) is not None]
        for key, codes in sorted(fitting, key=lambda pair: pair[0].size):
            columns, exempt = codes
            found += self._by_key(panel, key, columns, exempt)
            if not told and len(panel.labels) > 1:
                untold += self._untold(panel, key, codes, hinted)
        return found + untold

    def _untold(
        self, panel: Panel, key: Key, codes: tuple[Codes, Flags], hinted: Sequence[str]
    ) -> Iterator[Layout]:
        columns, exempt = codes
        several = len(panel.labels)
        if not _distinct(panel.owners, columns, exempt):
            return
        unknown = np.full(len(columns), -1, dtype=np.int64)
        named = [one for name in hinted if (one := self.table.column(name)) is not None]
        values = tuple(one for one in named if one.numeric and one.name != key.column)
        if len(values) >= several:
            yield Layout(self.table, key, None, unknown, columns, exempt, "series", values)
        for split in self.keys:
            if split is not key and several <= split.size <= _MOST_UNTOLD:
                yield Layout(self.table, key, split, unknown, columns, exempt)

    def _by_key(self, panel: Panel, key: Key, columns: Codes, exempt: Flags) -> Iterator[Layout]:
        if _distinct(panel.owners, columns, exempt):
            yield from self._series_columns(panel, key, columns, exempt)
            yield from self._splits(panel, key, columns, exempt)
        none = np.zeros(len(columns), dtype=np.int64)
        if _distinct(none, columns, exempt):
            yield Layout(self.table, key, None, none, columns, exempt)

    def _splits(self, panel: Panel, key: Key, columns: Codes, exempt: Flags) -> Iterator[Layout]:
        """Series that are the groups of another key."""
        for split in self.keys:
            if split.size > _MOST_SERIES or split.size * key.size > _MOST_CELLS or split is key:
                continue
            known = split.of_texts(panel.labels)
            if np.all(known >= 0) and len(set(known.tolist())) == len(known):
                yield Layout(self.table, key, split, known[panel.owners], columns, exempt)

    def _series_columns(
        self, panel: Panel, key: Key, columns: Codes, exempt: Flags
    ) -> Iterator[Layout]:
        """Several columns, or several statistics of one, as series."""
        named = [column_of(label, self.table) for label in panel.labels]
        kept = [column for column in named if column is not None]
        if len(kept) == len(named) and len({column.name for column in kept}) == len(kept) > 1:
            yield Layout(
                self.table, key, None, panel.owners, columns, exempt, "series", tuple(kept)
            )
        said = [read_claims(label, self.table).aggregates for label in panel.labels]
        if len(said) > 1 and all(len(names) == 1 for names in said) and len(set(said)) == len(said):
            statistics = tuple(names[0] for names in said)
            yield Layout(
                self.table,
                key,
                None,
                panel.owners,
                columns,
                exempt,
                "statistics",
                statistics=statistics,
            )

    def _over_columns(self, panel: Panel) -> Iterator[Layout]:
        """Names that are columns: one number per column, series by a key or none."""
        if not panel.named or len(self.table.columns) <= 1:
            return
        named = {name: column_of(name, self.table) for name in set(panel.names)}
        kept = [column for column in named.values() if column is not None]
        if len(kept) < len(named) or len({column.name for column in kept}) < len(kept):
            return
        order = {name: index for index, name in enumerate(named)}
        columns = np.array([order[name] for name in panel.names], dtype=np.int64)
        exempt = np.zeros(len(columns), dtype=np.bool_)
        none = np.zeros(len(columns), dtype=np.int64)
        if _distinct(none, columns, exempt):
            yield Layout(self.table, None, None, none, columns, exempt, "names", tuple(kept))
        for split in self.keys:
            known = split.of_texts(panel.labels) if split.size <= _MOST_SERIES else None
            if known is not None and np.all(known >= 0):
                rows = known[panel.owners]
                yield Layout(self.table, split, None, rows, columns, exempt, "names", tuple(kept))


def column_of(label: str, table: SourceTable) -> TableColumn | None:
    """The column of numbers that a label stands for, or None."""
    if not label.strip():
        return None
    same = [c for c in table.columns if normal(c.name) == normal(label)]
    if same:
        return same[0] if same[0].numeric else None
    named = read_claims(label, table).named
    column = table.column(named[0]) if len(named) == 1 else None
    return column if column is not None and column.numeric else None


def _resolve(panel: Panel, key: Key) -> tuple[Codes, Flags] | None:
    """Each mark's group of a key, and which marks stand for a remainder; None if too few fit."""
    exempt = np.zeros(len(panel.values), dtype=np.bool_)
    if panel.named:
        groups = dict(
            zip(unique := list(dict.fromkeys(panel.names)), key.of_texts(unique), strict=True)
        )
        codes = np.array([groups[name] for name in panel.names], dtype=np.int64)
        exempt = np.array([normal(name) in _REST for name in panel.names]) & (codes < 0)
        if _enough(codes, exempt):
            return codes, exempt
    codes = key.of_places(panel.places, dated=panel.dated)
    exempt = np.zeros(len(panel.values), dtype=np.bool_)
    return (codes, exempt) if _enough(codes, exempt) else None


def _enough(codes: Codes, exempt: Flags) -> bool:
    wanted = int((~exempt).sum())
    return wanted > 0 and int((codes >= 0).sum()) >= _RESOLVED * wanted


def _distinct(rows: Codes, columns: Codes, exempt: Flags) -> bool:
    """Whether no two marks claim the same cell."""
    known = (columns >= 0) & ~exempt
    pairs = rows[known] * (int(columns.max(initial=0)) + 1) + columns[known]
    return len(np.unique(pairs)) == len(pairs)


def fields(layouts: Sequence[Layout]) -> frozenset[str]:
    """All columns that any of the layouts shows."""
    return frozenset(name for layout in layouts for name in layout.used)
