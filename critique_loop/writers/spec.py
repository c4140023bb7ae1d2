"""A chart, said in full: what a program is generated from, and what revisions change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from critique_loop.writers.request import Aggregate, Filter, Key, Top

Mark = Literal["bar", "line", "scatter", "histogram"]


@dataclass(frozen=True, slots=True)
class Look:
    """What may change without changing what the chart says. Sizes in inches and points.

    ``max_ticks`` 0: as many as fit. ``height`` 0: by the number of bars.
    """

    horizontal: bool = False
    width: float = 7.5
    height: float = 4.5
    font_size: float = 10.0
    rotate: int = 0
    max_ticks: int = 0
    title_columns: int = 62
    short_title: bool = False
    tight: bool = False
    zero: bool = False
    legend_below: bool = False


@dataclass(frozen=True, slots=True)
class Spec:
    """One chart of one table.

    ``measures``: what is drawn (scatter: x, y; histogram: x; several elsewhere: one series each).
    ``series``: what tells colours apart. ``repairs``: what the data needed that its profile did not
    say ("dates", "numbers"). ``notes``: decisions worth telling. ``all_groups``: the goal asks for
    each one, so none may be left out.
    """

    mark: Mark
    measures: tuple[str, ...]
    aggregate: Aggregate = ""
    key: Key | None = None
    series: Key | None = None
    filters: tuple[Filter, ...] = ()
    top: Top | None = None
    thing: str = ""
    counted: str = ""
    wording: Mapping[str, str] = field(default_factory=dict[str, str])
    not_used: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    all_groups: bool = False
    look: Look = Look()

    @property
    def counts(self) -> bool:
        """Whether numbers of rows or of different values are drawn."""
        return self.aggregate in {"count", "nunique"}

    @property
    def wide(self) -> bool:
        """Whether several measures share the value axis, one series each."""
        return len(self.measures) > 1 and self.mark in {"bar", "line"}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose values are drawn, each once."""
        names = [k.column for k in (self.key, self.series) if k] + list(self.measures)
        return tuple(dict.fromkeys([*names, *([self.counted] if self.counted else [])]))
