"""What each part of a figure was recognised as."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from figure_facts import AxesFacts, FigureFacts, SeriesFacts
from goal_reading import Claims, read_claims
from goal_words import possible_columns, without_unit
from table_bins import BinSearch, BinsFound
from table_found import Rows, Search, Wanted
from table_layouts import Surveyor
from table_panels import Panel, Words, is_sideways, panels, words_of
from table_points import Cloud, PointSearch, PointsFound, cloud_of
from table_reading import SourceTable
from table_rows import asked_rows, other_rows
from table_search import GroupSearch

_POINTS = 3
_SEARCH_S = 5.0
_MOST_OTHER_ROWS = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One group of marks: what was searched, and what it came to.

    Exactly one of ``search``, ``points`` and ``bins`` is set where something is near. ``said`` are
    the claims of the value label, the key label, the titles and the legend. ``unasked``: only rows
    that no text asks for explain the values.
    """

    words: Words
    said: tuple[Claims, Claims, Claims, Claims]
    panel: Panel | None = None
    cloud: Cloud | None = None
    search: Search | None = None
    points: PointsFound | None = None
    bins: BinsFound | None = None
    unasked: bool = False

    @property
    def known(self) -> bool:
        """Whether the values were recognised."""
        if self.search is not None:
            return bool(self.search.found)
        if self.points is not None:
            return self.points.purity >= 0.5  # noqa: PLR2004 -- the share from which a search speaks
        return self.bins is not None and self.bins.wrong == 0.0

    @property
    def used(self) -> frozenset[str]:
        """The columns shown, as far as known."""
        if self.search is not None:
            found = self.search.found or ([self.search.nearest] if self.search.nearest else [])
            return frozenset(name for one in found for name in one.used)
        one = self.points or self.bins
        return one.used if one is not None else frozenset()

    @property
    def rows(self) -> Rows:
        """The rows shown, as far as known."""
        if self.search is not None:
            return self.search.found[0].rows if self.search.found else Rows()
        one = self.points or self.bins
        return one.rows if one is not None else Rows()


class Recogniser:
    """Recognises the parts of a figure in one table."""

    def __init__(self, table: SourceTable, goal: Claims) -> None:
        self._table = table
        self._goal = goal
        self._surveyor = Surveyor(table)
        self._deadline_cpu_s = time.process_time() + _SEARCH_S

    def parts(self, figure: FigureFacts) -> list[Part]:
        """Every part, in the order of the axes."""
        found = [self._grouped(panel) for panel in panels(figure)]
        for axes in figure.axes:
            if not axes.colorbar:
                found += self._by_axes(figure, axes)
        return found

    def _by_axes(self, figure: FigureFacts, axes: AxesFacts) -> Iterator[Part]:
        for kind, method in (("scatter", self._scattered), ("hist", self._binned)):
            chosen = [series for series in axes.series if series.kind == kind and series.y]
            if chosen:
                words = words_of(figure, axes, sideways=is_sideways(chosen[0], axes))
                yield method(axes, chosen, self._part(words))

    def _part(self, words: Words) -> Part:
        labels = (self._bare(words.value_label), self._bare(words.key_label))
        texts = (*labels, " | ".join(words.titles))
        said = [read_claims(text, self._table) for text in (*texts, " | ".join(words.legend))]
        return Part(words, (said[0], said[1], said[2], said[3]))

    def _bare(self, label: str) -> str:
        """The label without its unit, unless what looks like one ends the name of a column."""
        low = label.casefold()
        named = (column.name.casefold() for column in self._table.columns)
        whole = any(name.endswith((")", "]")) and name in low for name in named)
        return label if whole else without_unit(label)

    def _wanted(self, part: Part, extra: tuple[Claims, ...] = ()) -> Wanted:
        sources = [part.said[0], self._goal, part.said[2], part.said[1], part.said[3]]
        columns = [name for claims in sources for name in claims.named]
        columns += [name for claims in sources for name in claims.hinted]
        label, names = part.words.value_label, [column.name for column in self._table.columns]
        columns += possible_columns(label, names)
        statistics = [name for claims in sources[:3] for name in claims.aggregates]
        rows = asked_rows(self._goal, [part.said[2], part.said[0], *extra], self._table)
        return Wanted(
            tuple(dict.fromkeys(columns)),
            tuple(dict.fromkeys(statistics)),
            rows,
            any(claims.derived for claims in sources),
            self._deadline_cpu_s,
        )

    def _grouped(self, panel: Panel) -> Part:
        part = self._part(panel.words)
        single = len(panel.labels) == 1 and panel.labels[0]
        extra = (read_claims(panel.labels[0], self._table),) if single else ()
        wanted = self._wanted(part, extra)
        search = GroupSearch(panel, self._table, wanted).run(self._surveyor)
        part = replace(part, panel=panel, search=search)
        if search.found or panel.companion:
            return part
        cloud = _cloud_of_lines(panel)
        if cloud is not None:
            points = PointSearch(cloud, self._table, wanted, self._surveyor.keys).run()
            if points is not None and points.purity >= 1.0:
                return replace(part, search=None, points=points, cloud=cloud)
        return self._unasked(part, panel, wanted)

    def _unasked(self, part: Part, panel: Panel, wanted: Wanted) -> Part:
        """Try rows that no text asks for."""
        if self._table.rows > _MOST_OTHER_ROWS or part.search is None or not part.search.layouts:
            return part
        near = part.search.nearest
        if near is not None and near.swapped:
            return part
        rows = tuple(other_rows(self._goal, self._table))
        other = GroupSearch(panel, self._table, replace(wanted, rows=rows))
        search = other.claimed(part.search.layouts)
        return replace(part, search=search, unasked=True) if search.found else part

    def _scattered(self, axes: AxesFacts, chosen: list[SeriesFacts], part: Part) -> Part:
        cloud = cloud_of(axes, chosen)
        if cloud is None:
            return part
        wanted = self._wanted(part)
        points = PointSearch(cloud, self._table, wanted, self._surveyor.keys).run()
        lost = points is not None and points.purity >= 1.0 and points.coverage < 0.97  # noqa: PLR2004 -- the share of rows that may be missing
        if lost and self._table.rows <= _MOST_OTHER_ROWS:
            rows = tuple(other_rows(self._goal, self._table))
            other = PointSearch(cloud, self._table, replace(wanted, rows=rows), self._surveyor.keys)
            again = other.run()
            if again is not None and again.purity >= 1.0 and again.coverage >= 0.97:  # noqa: PLR2004 -- as above
                return replace(part, cloud=cloud, points=again, unasked=True)
        return replace(part, cloud=cloud, points=points)

    def _binned(self, axes: AxesFacts, chosen: list[SeriesFacts], part: Part) -> Part:
        del axes
        wanted = self._wanted(part)
        bins = BinSearch(chosen, self._table, wanted, self._surveyor.keys).run()
        if bins is not None and bins.wrong > 0 and self._table.rows <= _MOST_OTHER_ROWS:
            rows = tuple(other_rows(self._goal, self._table))
            again = BinSearch(chosen, self._table, replace(wanted, rows=rows), self._surveyor.keys)
            other = again.run()
            if other is not None and other.wrong == 0.0:
                return replace(part, bins=other, unasked=True)
        return replace(part, bins=bins)


def _cloud_of_lines(panel: Panel) -> Cloud | None:
    """The points of lines, for lines that join the rows themselves."""
    if panel.kind != "line" or panel.axes is None or len(panel.values) < _POINTS:
        return None
    finite = np.isfinite(panel.values) & np.isfinite(panel.places)
    return Cloud(
        panel.places[finite],
        panel.values[finite],
        panel.owners[finite],
        panel.labels,
        panel.axes,
        int(finite.sum()),
        panel.sampled,
        colored=False,
    )
