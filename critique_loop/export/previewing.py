"""A look at what an export would write, without writing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

from critique_loop.curation.pipeline import Report
from critique_loop.export.counting import Dropped
from critique_loop.export.dialects.shapes import Row
from critique_loop.export.options import ExportOptions
from critique_loop.export.work import Work
from critique_loop.store import SqliteStore


@dataclass(frozen=True, slots=True)
class Preview:
    """What an export would write: how many rows by part, the first of them, what is left out."""

    parts: dict[str, int]
    shown: tuple[Row, ...]
    dropped: tuple[Dropped, ...]
    notes: tuple[str, ...]
    curation: Report
    tokens: dict[str, object]

    @property
    def rows(self) -> int:
        """How many rows there would be."""
        return sum(self.parts.values())


def preview(
    store: SqliteStore,
    *,
    kind: str,
    dialect: str = "trl",
    shown: int = 3,
    **options: Unpack[ExportOptions],
) -> Preview:
    """Make all rows, keep the first ``shown`` and count the rest.

    Raises:
        CallError: an option is wrong.
        StoreError: a run can't be read.
    """
    options["pictures"] = "none"
    work = Work(store, kind, dialect, **options)
    first: list[Row] = []
    parts: dict[str, int] = {}
    for part, example in work.examples():
        row = work.row(example)
        if row is not None:
            parts[part] = parts.get(part, 0) + 1
            if len(first) < shown:
                first.append(row)
    return Preview(
        parts=parts,
        shown=tuple(first),
        dropped=work.dropped(),
        notes=work.notes,
        curation=work.pipeline.report,
        tokens=work.lengths.plain(),
    )
