"""What is known of a data file without showing it: how to read it, and a profile of each column."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class ColumnKind(StrEnum):
    """What the values of a column are, after reading the whole file."""

    NUMBER = "number"
    TIME = "time"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    TEXT = "text"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a delimited text file must be read, in the terms of ``pandas.read_csv``."""

    separator: str = ","
    encoding: str = "utf-8"
    decimal: str = "."
    thousands: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """The profile of one column, taken from every row of the file.

    ``name`` is the name ``pandas.read_csv`` gives it (``x.1`` for a second ``x``, ``Unnamed: 0``
    for an empty one). ``missing`` and ``infinite`` count rows; ``distinct`` counts different
    non-missing values and is exact up to ``len(values)``, a lower bound where ``values_complete``
    is false. ``values`` are the different values of a category, boolean or text column as pandas
    reads them, as text, in the order of first appearance. ``minimum`` and ``maximum`` are finite
    numbers for NUMBER, ISO 8601 texts for TIME, else None. ``time_format`` is a ``strptime`` format
    that parses every value: "" where none is needed (ISO 8601), "ISO8601" where the values differ
    in their digits. With "%z" in it, parse to UTC (``utc=True``), in which minimum and maximum are.
    A TIME column with ``whole_numbers`` holds numbers like 20060131: make texts of them first.
    NUMBER and TIME have no ``values``; for them ``values_complete`` says whether ``distinct`` is
    exact. A TEXT column of unknown values mixes types. ``time_step`` is the median
    distance of neighbouring different times: "year", "quarter", "month", "week", "day", "hour",
    "minute", "second" or "". A NUMBER column of whole years (1500 to 2200, named so) stays a NUMBER
    and has ``time_step`` "year".
    """

    name: str
    kind: ColumnKind
    missing: int = 0
    infinite: int = 0
    distinct: int = 0
    whole_numbers: bool = False
    minimum: float | str | None = None
    maximum: float | str | None = None
    values: tuple[str, ...] = ()
    values_complete: bool = True
    time_format: str | None = None
    time_step: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One read-only data file and its profile.

    ``path`` is where the file lies on this machine, ``name`` what a draft calls it (a plain file
    name in its work folder), ``sha256`` and ``size_bytes`` those of the file's bytes when it was
    read.
    """

    path: Path
    name: str
    size_bytes: int
    sha256: str
    rows: int
    columns: tuple[Column, ...]
    dialect: Dialect = Dialect()

    def column(self, name: str) -> Column:
        """Return the profile of the column called ``name``.

        Raises:
            KeyError: there is no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
