"""What is beside the runs of a store: how its files are laid out, labels, replies, lists."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence

from critique_loop.errors import CallError, StoreError
from critique_loop.store.encoding import Source, decode
from critique_loop.store.origins import runs_of
from critique_loop.store.rows import LabelRow, SqliteSource
from critique_loop.store.schema import Schema, laid_out, number
from critique_loop.store.summaries import Head
from critique_loop.store.validating import check_label_row
from critique_loop.values import Reply

_LAYOUT = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT GLOB 'sqlite_*'"
_HEADS = "SELECT run_id, head FROM runs"
Named = Callable[[str], None]
"""Refuses JSON that names bytes which are not there."""


def layout_problems(connection: sqlite3.Connection, schema: Schema) -> Iterator[str]:
    """Yield which tables, triggers and indexes are missing, others than they were, or foreign."""
    with contextlib.closing(laid_out(schema, number(connection, "user_version"))) as new:
        expected = _layout(new)
    found = _layout(connection)
    for part in {**expected, **found}:
        name = " ".join(part)
        if part not in found:
            yield f"its {name} is missing"
        elif part not in expected:
            yield f"it has a {name} that is none of a trace store's"
        elif found[part] != expected[part]:
            yield f"its {name} was changed"


def _layout(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    rows = connection.execute(_LAYOUT)
    return {(kind, name): " ".join((sql or "").split()) for kind, name, sql in rows}


def label_problems(source: SqliteSource, named: Named) -> Iterator[tuple[str, str]]:
    """Yield the labels that can't be read, each with what is wrong."""
    for label in source.labels():
        problem = _problem(lambda label=label: _check_label(label, named))
        if problem:
            yield f"label {label.id}", problem


def _check_label(label: LabelRow, named: Named) -> None:
    named(label.body)
    check_label_row(label)


def lone_labels(source: SqliteSource, runs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the labels that can be read, of runs that are not there."""
    there = frozenset(runs)
    for label in source.labels():
        if not _problem(lambda label=label: check_label_row(label)):
            for run_id in dict.fromkeys(runs_of(label)):
                if run_id not in there:
                    yield f"label {label.id}", f"is of run {run_id}, which is not here"


def reply_problems(source: SqliteSource, named: Named, shared: Source) -> Iterator[tuple[str, str]]:
    """Yield the replies of models that can't be read."""
    for reply in source.replies():
        problem = _problem(lambda body=reply.body: _check_text(body, Reply, named, shared))
        if problem:
            yield f"reply {reply.key}", problem


def head_problems(source: SqliteSource, named: Named, shared: Source) -> Iterator[tuple[str, str]]:
    """Yield the runs of which lists can't be shown."""
    for run_id, head in source.connection.execute(_HEADS):
        problem = _problem(lambda head=head: _check_text(head, Head, named, shared))
        if problem:
            yield f"head of run {run_id}", problem


def _check_text(text: str, kind: type[Reply | Head], named: Named, shared: Source) -> None:
    named(text)
    decode(text, kind, shared)


def _problem(look: Callable[[], None]) -> str:
    try:
        look()
    except (StoreError, CallError) as error:
        return error.problem
    return ""
