"""What is to go from some runs, as far as the runs themselves tell: collected before the copy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from critique_loop._credentials import secrets_in
from critique_loop.errors import CallError
from critique_loop.store.encoding import Source, decode
from critique_loop.store.literals import ANYWHERE_FROM
from critique_loop.store.paths import looks_like_path
from critique_loop.store.redaction import Redaction
from critique_loop.store.rows import BODIES, TraceSource, no_bytes
from critique_loop.store.styling import Range, ranges
from critique_loop.store.walking import texts_of
from critique_loop.values import Column, ColumnKind, EventBody, EventKind, Started, Table

_LABEL_LETTERS = 20
_IN_THE_ROOT = 2
_TELLING_DIGITS = 3


@dataclass(slots=True)
class OfTables:
    """What is looked for only in runs that have the same tables.

    ``texts`` are the short values: words that other programs may well be made of. ``numbers``:
    there are numbers or times among the values, which can't be told from others. ``unknown``: there
    are texts among them that no profile lists. ``ends`` are the least and the greatest of numbers
    and times as they may be written, ``ranges`` where these lie. The names of ``columns`` and
    ``files`` stay.
    """

    texts: dict[str, str] = field(default_factory=dict[str, str])
    numbers: bool = False
    unknown: bool = False
    columns: set[str] = field(default_factory=set[str])
    files: set[str] = field(default_factory=set[str])
    ends: dict[str, str] = field(default_factory=dict[str, str])
    ranges: list[Range] = field(default_factory=list[Range])


@dataclass(slots=True)
class KnownValues:
    """What is looked for in the runs, and what stands for it.

    ``texts`` maps each text that is looked for in all runs to its placeholder, ``tables`` holds
    what is looked for besides where a run has certain tables, ``of_run`` says which each has.
    """

    texts: dict[str, str] = field(default_factory=dict[str, str])
    tables: dict[str, OfTables] = field(default_factory=dict[str, OfTables])
    of_run: dict[str, str] = field(default_factory=dict[str, str])
    _named: dict[str, str] = field(default_factory=dict[str, str])
    _counts: dict[str, int] = field(default_factory=dict[str, int])

    def placeholder(self, text: str, label: str = "") -> str:
        """Return what stands for ``text``: a word with ``label`` and a number."""
        if text not in self._named:
            self._counts[label] = number = self._counts.get(label, 0) + 1
            self._named[text] = f"redacted_{label}_{number}" if label else f"redacted_{number}"
        return self._named[text]

    def add(self, text: str, label: str = "") -> None:
        """Look for ``text`` in all runs."""
        self.texts[text] = self.placeholder(text, label)


def known_values(source: TraceSource, runs: Iterable[str], redaction: Redaction) -> KnownValues:
    """Return what is to go from these runs.

    Raises:
        CallError: no table has a column of a name that is to be redacted.
    """
    known = KnownValues()
    for text in redaction.texts:
        known.add(text)
    for run_id, body in _bodies(source, runs, everything=redaction.secrets):
        if isinstance(body, Started):
            _add_tables(run_id, body.task.tables, redaction, known)
        if redaction.secrets:
            _add_secrets(body, known)
    columns = {name for tables in known.tables.values() for name in tables.columns}
    missing = [name for name in redaction.columns if name not in columns]
    if missing:
        raise CallError(
            f"no table of these runs has a column {missing[0]!r}",
            remedy=f"There are: {', '.join(sorted(columns)) or 'none'}.",
        )
    return known


def _bodies(
    source: TraceSource, runs: Iterable[str], *, everything: bool
) -> Iterator[tuple[str, EventBody]]:
    """Yield what the steps of runs say, without pictures and files; or only their first steps."""
    shared = Source(source.blob, data=no_bytes)
    for run_id in runs:
        for row in source.rows(run_id):
            if everything or row.kind == EventKind.STARTED:
                yield run_id, decode(row.body, BODIES[EventKind(row.kind)], shared)


def _add_secrets(body: EventBody, known: KnownValues) -> None:
    for text in texts_of(body):
        for secret in secrets_in(text):
            known.add(text[secret.start : secret.end], "secret")


def _add_tables(
    run_id: str, tables: Sequence[Table], redaction: Redaction, known: KnownValues
) -> None:
    key = known.of_run[run_id] = " ".join(f"{table.sha256}/{table.name}" for table in tables)
    for table in tables if redaction.paths else ():
        _add_path(table.path, known)
    if key in known.tables:
        return
    found = known.tables[key] = OfTables()
    for table in tables:
        found.files.add(table.name)
        found.columns.update(column.name for column in table.columns)
    for table in tables:
        for column in table.columns:
            if redaction.wants(column.name):
                _add_column(column, found, known)


def _add_path(path: Path, known: KnownValues) -> None:
    known.add(str(path), "path")
    if len(path.parts) > _IN_THE_ROOT and not looks_like_path(str(path.parent)):
        known.add(str(path.parent), "path")


def _add_column(column: Column, found: OfTables, known: KnownValues) -> None:
    if column.kind in {ColumnKind.NUMBER, ColumnKind.TIME}:
        found.numbers = True
        found.ranges += ranges(column.minimum, column.maximum)
        _add_ends(column, found, known)
        return
    if column.kind is ColumnKind.BOOLEAN:  # all tables have the same two values
        return
    found.unknown = found.unknown or not column.values_complete
    label = _label(column)
    for value in column.values:
        if len(value.strip()) >= ANYWHERE_FROM:
            known.add(value, label)
        else:
            found.texts[value] = known.placeholder(value, label)


def _label(column: Column) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", column.name)[:_LABEL_LETTERS] or "column"


def _add_ends(column: Column, found: OfTables, known: KnownValues) -> None:
    named = " ".join((*found.columns, *found.files))
    for end in (column.minimum, column.maximum):
        for form in () if end is None else _written(end):
            # A year may be the name of a column, and small numbers are everywhere.
            if sum(map(str.isdigit, form)) >= _TELLING_DIGITS and form not in named:
                found.ends[form] = known.placeholder(str(end), _label(column))


def _written(end: float | str) -> Iterator[str]:
    if isinstance(end, str):
        yield end
        yield end.partition("T")[0]
        return
    yield repr(end)
    whole = int(end) if float(end).is_integer() else end
    yield str(whole)
    yield f"{whole:,}"
    yield f"{whole:,}".replace(",", " ")
