"""The judge's own words: what it is asked, and what a check answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class TableSource:
    """How to read one table of the data folder, as `pandas.read_csv` needs it."""

    name: str
    separator: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What the chart was asked to show, and the tables it was to be drawn from."""

    goal: str = ""
    tables: tuple[TableSource, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Finding:
    """One measured defect: the numbers prove it, the advice tells the writer what to change."""

    code: str
    severity: Severity
    message: str
    advice: str
    place: str = ""
    numbers: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check found, and the codes it could judge (with or without a finding).

    ``reading`` says in one line what the drawn values were recognised as, "" where nothing was.
    ``failed`` says why codes are missing that this check is there for, one sentence each.
    """

    findings: tuple[Finding, ...] = ()
    codes: tuple[str, ...] = ()
    reading: str = ""
    failed: tuple[str, ...] = ()


def read_request(request: Mapping[str, object]) -> Request:
    """Read a judge request; what is missing or of another type keeps its default."""
    tables = request.get("tables")
    units = request.get("units")
    goal = request.get("goal")
    return Request(
        goal=goal if isinstance(goal, str) else "",
        tables=tuple(
            _table(cast("dict[str, object]", table))
            for table in (cast("list[object]", tables) if isinstance(tables, list | tuple) else [])
            if isinstance(table, dict)
        ),
        units={
            column: unit
            for column, unit in (
                cast("dict[str, object]", units) if isinstance(units, dict) else {}
            ).items()
            if isinstance(unit, str)
        },
    )


def _table(table: dict[str, object]) -> TableSource:
    def text(key: str, default: str) -> str:
        value = table.get(key, default)
        return value if isinstance(value, str) else default

    return TableSource(
        name=text("name", ""),
        separator=text("separator", ","),
        encoding=text("encoding", "utf-8"),
        decimal=text("decimal", "."),
        thousands=text("thousands", ""),
    )
