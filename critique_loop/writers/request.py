"""What a goal asks of a table, in terms of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from critique_loop.errors import WriterGaveUp
from critique_loop.values import Column, ColumnKind, Table

Aggregate = Literal["", "mean", "sum", "median", "count", "nunique", "min", "max"]
"""How rows become one mark; "" draws each row as it is."""

_MOST_NAMED = 20
_LONGEST_NAME = 40
_YEAR_SPAN = 10


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows count.

    ``part`` is "" (the column itself), "year" or "month_of_year" of a time column; ``operator`` is
    "in", "not in", "between", or a comparison sign of Python.
    """

    column: str
    operator: str
    values: tuple[str | float, ...]
    part: str = ""

    @property
    def single(self) -> bool:
        """Whether the column keeps exactly one value."""
        return self.operator in {"in", "=="} and len(self.values) == 1


@dataclass(frozen=True, slots=True)
class Key:
    """What rows are grouped by: a column, or a ``unit`` of a time column ("month", "weekday")."""

    column: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Top:
    """Only the first ``n`` groups by value; ``lowest`` turns the order round.

    ``of``: how many groups there are, where the goal asks for all of them.
    """

    n: int
    lowest: bool = False
    of: int = 0


@dataclass(slots=True)
class Request:
    """A goal, read: filled step by step while the goal is read, then planned from."""

    aggregate: Aggregate = ""
    aggregate_in_name: str = ""
    measures: list[str] = field(default_factory=list[str])
    keys: list[Key] = field(default_factory=list[Key])
    series_first: bool = False
    colour: str = ""
    filters: list[Filter] = field(default_factory=list[Filter])
    top: Top | None = None
    counted: str = ""
    mark: str = ""
    relation: str = ""
    distribution: str = ""
    over_time: bool = False
    adverb: bool = False
    developing: bool = False
    question: bool = False
    superlative: str = ""
    pooled: list[str] = field(default_factory=list[str])
    apart: bool = False
    not_used: list[str] = field(default_factory=list[str])
    wording: dict[str, str] = field(default_factory=dict[str, str])

    def filter_on(self, column: str) -> Filter | None:
        """Return the filter on ``column`` itself, if there is one."""
        return next((f for f in self.filters if f.column == column), None)


def is_year(column: Column) -> bool:
    """Whether the column holds years as numbers."""
    return column.kind is ColumnKind.NUMBER and column.time_step == "year"


def is_time(column: Column) -> bool:
    """Whether the column can stand for time: dates, or years as numbers."""
    return column.kind is ColumnKind.TIME or is_year(column)


def is_measure(column: Column) -> bool:
    """Whether the column holds numbers that can be aggregated."""
    return column.kind is ColumnKind.NUMBER and not is_year(column)


def is_nominal(column: Column) -> bool:
    """Whether the column holds names."""
    return column.kind in {ColumnKind.CATEGORY, ColumnKind.BOOLEAN, ColumnKind.TEXT}


def is_yes_no(column: Column) -> bool:
    """Whether the column says yes or no."""
    values = {value.lower() for value in column.values}
    return column.values_complete and values in (
        {"yes", "no"}, {"true", "false"}, {"y", "n"}, {"yes"}, {"true"},
    )  # fmt: skip


def years_of(column: Column) -> tuple[int, int] | None:
    """Return the first and last year of a time column, None where it has none."""
    if not is_time(column) or column.minimum is None or column.maximum is None:
        return None
    first, last = (int(str(end).split("-")[0].split(".")[0]) for end in _ends(column))
    return first, last


def _ends(column: Column) -> tuple[float | str | None, float | str | None]:
    return column.minimum, column.maximum


def quote(name: str) -> str:
    """Return a column name as messages show it: on one line, shortened, in quotes."""
    line = " ".join(name.split())
    return repr(line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…")


def either(names: Sequence[str], word: str = "or") -> str:
    """Return names as a list in a sentence: 'a', 'b' or 'c'."""
    quoted = [quote(name) for name in names]
    return f" {word} ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))


def columns_of(table: Table) -> str:
    """Return the columns of ``table`` for a message, at most 20 of them."""
    names = [" ".join(quote(column.name)[1:-1].split()) for column in table.columns]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def refusal(problem: str, table: Table, remedy: str = "") -> WriterGaveUp:
    """Return the refusal that says what is wrong and which columns there are."""
    return WriterGaveUp(
        f"{problem} The table {quote(table.name)[1:-1]} has the columns {columns_of(table)}.",
        remedy=remedy or "Name the columns to draw, e.g. 'average <number> by <category>'.",
    )
