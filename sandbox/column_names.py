"""The names of the columns of the tables, from their first lines."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from findings import TableSource


def read_column_names(tables: Iterable[TableSource], data_folder: str) -> frozenset[str]:
    """Read the header of each table; a table that can't be read has no names."""
    names: set[str] = set()
    for table in tables:
        names.update(_header(table, data_folder))
    return frozenset(names)


def _header(table: TableSource, data_folder: str) -> list[str]:
    path = Path(data_folder) / Path(table.name).name
    try:
        with path.open(encoding=table.encoding, errors="replace", newline="") as lines:
            row = next(csv.reader(lines, delimiter=table.separator[:1] or ","), list[str]())
    except (OSError, LookupError, csv.Error, UnicodeError):
        return []
    return [name.strip().lstrip("\N{ZERO WIDTH NO-BREAK SPACE}") for name in row]
