"""What is to go from some runs, as far as the runs themselves tell: collected before the copy."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from critique_loop.errors import CallError
from critique_loop.store.credentials import secrets_in
from critique_loop.store.encoding import Source, decode
from critique_loop.store.paths import looks_like_path
from critique_loop.store.redaction import Redaction
from critique_loop.store.rows import BODIES, TraceSource, no_bytes
from critique_loop.store.walking import texts_of
from critique_loop.values import ColumnKind, EventBody, EventKind, Started, Table

_LABEL_LETTERS = 20
_IN_THE_ROOT = 2


@dataclass(slots=True)
class KnownValues:
    """What is looked for in the runs, and what stands for it.

    ``texts`` maps each text to its placeholder. ``numbers``: there are numbers or times among the
    values, which can't be told from others. ``unknown``: there are texts among them that no profile
    lists. ``names`` are those of all columns and tables, which stay.
    """

    texts: dict[str, str] = field(default_factory=dict[str, str])
    numbers: bool = False
    unknown: bool = False
    names: set[str] = field(default_factory=set[str])
    _counts: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, text: str, label: str = "") -> None:
        """Look for ``text``; its placeholder says ``label`` and a number."""
        if text not in self.texts:
            self._counts[label] = number = self._counts.get(label, 0) + 1
            self.texts[text] = f"redacted_{label}_{number}" if label else f"redacted_{number}"


def known_values(source: TraceSource, runs: Iterable[str], redaction: Redaction) -> KnownValues:
    """Return what is to go from these runs.

    Raises:
        CallError: no table has a column of a name that is to be redacted.
    """
    known = KnownValues()
    for text in redaction.texts:
        known.add(text)
    columns: set[str] = set()
    for body in bodies(source, runs, everything=redaction.secrets):
        if isinstance(body, Started):
            for table in body.task.tables:
                _add_table(table, redaction, known)
                columns.update(column.name for column in table.columns)
        if redaction.secrets:
            _add_secrets(body, known)
    missing = [name for name in redaction.columns if name not in columns]
    if missing:
        raise CallError(
            f"no table of these runs has a column {missing[0]!r}",
            remedy=f"There are: {', '.join(sorted(columns)) or 'none'}.",
        )
    return known


def bodies(
    source: TraceSource, runs: Iterable[str], *, everything: bool = True
) -> Iterator[EventBody]:
    """Yield what the steps of runs say, without pictures and files; or only their first steps."""
    shared = Source(source.blob, data=no_bytes)
    for run_id in runs:
        for row in source.rows(run_id):
            if everything or row.kind == EventKind.STARTED:
                yield decode(row.body, BODIES[EventKind(row.kind)], shared)


def _add_secrets(body: EventBody, known: KnownValues) -> None:
    for text in texts_of(body):
        for secret in secrets_in(text):
            known.add(text[secret.start : secret.end], "secret")


def _add_table(table: Table, redaction: Redaction, known: KnownValues) -> None:
    known.names.update((table.name, *(column.name for column in table.columns)))
    if redaction.paths:
        known.add(str(table.path), "path")
        folder = str(table.path.parent)
        if len(table.path.parts) > _IN_THE_ROOT and not looks_like_path(folder):
            known.add(folder, "path")
    for column in table.columns:
        if not redaction.wants(column.name):
            continue
        if column.kind in {ColumnKind.NUMBER, ColumnKind.TIME}:
            known.numbers = True
        elif column.kind is not ColumnKind.BOOLEAN:  # all tables have the same two values
            known.unknown = known.unknown or not column.values_complete
            label = re.sub(r"[^A-Za-z0-9]", "", column.name)[:_LABEL_LETTERS] or "column"
            for value in column.values:
                known.add(value, label)
