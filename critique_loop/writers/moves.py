"""The single changes a revision is made of, by finding code; each returns None where it is moot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from critique_loop.values import (
    ColumnKind,
    Execution,
    ExecutionStatus,
    Finding,
    Severity,
    Table,
)
from critique_loop.writers.request import Top, is_measure, is_nominal, is_time
from critique_loop.writers.spec import Look, Spec

Move = Callable[[Spec, Finding, Table], Spec | None]

_WIDEST, _TALLEST = 12.0, 16.0
_LARGEST_FONT = 14.0
_SHORTEST_TITLE = 30
_FEW_TICKS, _LEAST_TICKS = 6, 3
_SLANT = 40
_SHOWN_OF_MANY = 20


def _looking(spec: Spec, **changes: object) -> Spec:
    look = replace(spec.look, **changes)  # pyright: ignore[reportArgumentType] - fields of Look
    return replace(spec, look=look)


def _is_on(finding: Finding, axis: str) -> bool:
    """Whether a finding is about this axis; one that does not say is about both."""
    place = finding.place.lower()
    other = "y" if axis == "x" else "x"
    words = place.replace("_", " ").replace("-", " ").split()
    return not any(word in {other, f"{other}axis"} for word in words)


def turn_sideways(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Draw bars from left to right, so that names have a line each."""
    names = spec.key is not None and not is_time(table.column(spec.key.column))
    if spec.mark != "bar" or spec.look.horizontal or not names or not _is_on(finding, "x"):
        return None
    return _looking(spec, horizontal=True, rotate=0)


def name_fewer_ticks(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Name only some ticks of an axis of time or numbers."""
    del table
    if spec.look.horizontal or not _is_on(finding, "x") or 0 < spec.look.max_ticks <= _LEAST_TICKS:
        return None
    fewer = spec.look.max_ticks - 2 if spec.look.max_ticks else _FEW_TICKS
    return _looking(spec, max_ticks=fewer)


def slant_ticks(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Slant the names below the chart."""
    del table
    if spec.look.horizontal or spec.look.rotate or not _is_on(finding, "x"):
        return None
    return _looking(spec, rotate=_SLANT)


def widen(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Make the figure wider."""
    del finding, table
    if spec.look.width + 2 > _WIDEST:
        return None
    return _looking(spec, width=spec.look.width + 2)


def heighten(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Make the figure taller."""
    del finding, table
    if spec.look.height + 2 > _TALLEST:
        return None
    return _looking(spec, height=spec.look.height + 2)


def break_title_earlier(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Break the title into shorter lines."""
    del finding, table
    if spec.look.title_columns - 16 < _SHORTEST_TITLE:
        return None
    return _looking(spec, title_columns=spec.look.title_columns - 16)


def fit_picture_to_content(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Let the saved picture grow around all text."""
    del finding, table
    return None if spec.look.tight else _looking(spec, tight=True)


def enlarge_text(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Set all text larger."""
    del finding, table
    larger = spec.look.font_size + 2
    return _looking(spec, font_size=larger) if larger <= _LARGEST_FONT else None


def narrow(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Make the figure narrower, so that its text is larger when shown."""
    del finding, table
    smallest = Look().width - 1
    return _looking(spec, width=smallest) if spec.look.width > smallest else None


def put_legend_below(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Move the legend below the chart."""
    del finding, table
    if spec.look.legend_below or (spec.series is None and not spec.wide):
        return None
    return _looking(spec, legend_below=True)


def start_at_zero(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Let the axis of values start at zero."""
    del finding
    lows = [table.column(name).minimum for name in spec.measures]
    if spec.look.zero or any(isinstance(low, int | float) and low < 0 for low in lows):
        return None
    return _looking(spec, zero=True)


def shorten_title(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Leave the rows that count out of the title."""
    del finding, table
    return None if spec.look.short_title or not spec.filters else _looking(spec, short_title=True)


def show_the_first(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Show the highest groups only, as many as the finding allows, and say of how many."""
    if spec.top or spec.series or spec.wide or spec.mark != "bar" or spec.key is None:
        return None
    if spec.all_groups or spec.key.unit or not is_nominal(table.column(spec.key.column)):
        return None
    most = _number(finding, "most") or _SHOWN_OF_MANY
    drawn = _number(finding, "categories")
    if most < 1 or 0 < drawn <= most:
        return None
    note = f"more than {most} groups are too many for one chart"
    look = replace(spec.look, horizontal=True, rotate=0)
    return replace(spec, top=Top(most, of=drawn), look=look, notes=(*spec.notes, note))


def _number(finding: Finding, name: str) -> int:
    """Return a whole number that a finding was measured with, 0 where it has none."""
    number = finding.numbers.get(name)
    return int(number) if isinstance(number, int | float) else 0


def draw_bars(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Draw bars where a line suggests an order that is not there."""
    del finding
    if spec.mark != "line" or spec.key is None or not spec.aggregate:
        return None
    column = table.column(spec.key.column)
    return replace(spec, mark="bar") if spec.key.unit or not is_measure(column) else None


def average_rows(spec: Spec, finding: Finding, table: Table) -> Spec | None:
    """Average rows that turned out to share a mark."""
    del finding, table
    if spec.aggregate or spec.mark in {"scatter", "histogram"}:
        return None
    return replace(spec, aggregate="mean", notes=(*spec.notes, "rows that share a mark: averaged"))


MOVES: Final[Mapping[str, tuple[Move, ...]]] = {
    "ticks_overlap": (turn_sideways, name_fewer_ticks, slant_ticks, widen, heighten),
    "text_clipped": (break_title_earlier, put_legend_below, fit_picture_to_content, widen),
    "font_tiny": (enlarge_text, narrow),
    "legend_missing": (put_legend_below,),
    "legend_covers_data": (put_legend_below, widen),
    "titles_overlap": (break_title_earlier, shorten_title),
    "baseline_truncated": (start_at_zero,),
    "too_many_categories": (show_the_first,),
    "line_on_nominal": (draw_bars,),
    "values_mismatch": (average_rows,),
    "wrong_aggregate": (average_rows,),
}
"""What may help against a finding, most hopeful first."""


def repairs(spec: Spec, execution: Execution, table: Table) -> Iterator[Spec]:
    """Yield charts without what made the program fail, where the failure is known."""
    said = execution.stderr.strip()
    last = said.splitlines()[-1].lower() if said else ""
    dates = any(column.kind is ColumnKind.TIME for column in table.columns)
    known: list[Spec | None] = []
    if "duplicate entries" in last:
        known.append(average_rows(spec, Finding("run_error", Severity.ERROR, last), table))
    if dates and ("time data" in last or "datetime" in last or "timestamp" in last):
        known.append(_repaired(spec, "dates", "rows whose date can't be read: left out"))
    if "could not convert" in last or "agg function failed" in last or "dtype" in last:
        known.append(_repaired(spec, "numbers", "cells that are no numbers: left out"))
    if execution.status is ExecutionStatus.TIMEOUT or "memoryerror" in last:
        known.append(_looking(spec, width=6.0, height=4.0))
    for candidate in known:
        if candidate is not None:
            yield replace(candidate, changes=(f"repaired: {last[:100]}",))


def _repaired(spec: Spec, what: str, note: str) -> Spec | None:
    if what in spec.repairs:
        return None
    return replace(spec, repairs=(*spec.repairs, what), notes=(*spec.notes, note))
