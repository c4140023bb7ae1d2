"""What persons said of stored drafts: a table beside the events.

Stores of an earlier schema have no such table; it is added when the first label is kept.
"""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass
from typing import NamedTuple

from critique_loop.errors import CallError
from critique_loop.store.encoding import Source, decode
from critique_loop.store.schema import WITH_LABELS, number, upgrade
from critique_loop.values import Label, Preference

_KINDS: dict[str, type[Label | Preference]] = {"absolute": Label, "pairwise": Preference}
_ALL = "SELECT kind, body FROM labels ORDER BY rowid"
_BY_RUN = """
SELECT kind, body, run_id,
    CASE kind WHEN 'pairwise' THEN json_extract(body, '$.second.run_id') END
FROM labels ORDER BY rowid
"""
_FULL = 10.0
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class KeptLabel:
    """A label on its way to the disk."""

    body: Label | Preference


def check_label(label: Label | Preference) -> None:
    """Refuse what would be no label.

    Raises:
        CallError: a value out of range, no name, a time that is none.
    """
    check_labeller(label.by)
    if not (math.isfinite(label.at) and math.isfinite(label.seconds)):
        raise CallError(f"label {label.id}: its times are not finite")
    value = label.value if isinstance(label, Label) else None
    if value is not None and not (math.isfinite(value) and 0 <= value <= _FULL):
        raise CallError(f"{value:g} is no mark", remedy="Marks go from 0 to 10.")


def check_labeller(name: str) -> None:
    """Refuse what is no name.

    Raises:
        CallError: it is empty, too long, or can't be printed.
    """
    if not (name.strip() and name.isprintable() and len(name) <= _LONGEST_NAME):
        raise CallError(
            f"{name!r} can't be the name of a person who labels",
            remedy=f"Use at most {_LONGEST_NAME} printable characters.",
        )


def insert(connection: sqlite3.Connection, kept: KeptLabel, body: str) -> None:
    """Add a label, and its table where it is missing, within the transaction under way."""
    upgrade(connection, WITH_LABELS)
    label = kept.body
    absolute = isinstance(label, Label)
    shown = label.shown if absolute else label.first
    kind = "absolute" if absolute else "pairwise"
    connection.execute(
        "INSERT INTO labels (id, kind, run_id, round, dimension, labeller, at, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (label.id, kind, shown.run_id, shown.round, _text(label.dimension), label.by, label.at,
         body),
    )  # fmt: skip


def everything(connection: sqlite3.Connection, source: Source) -> list[Label | Preference]:
    """Return all labels, oldest first. ``source`` is where blobs are."""
    if number(connection, "user_version") < WITH_LABELS:
        return []
    rows = connection.execute(_ALL).fetchall()
    return [decode(body, _KINDS[kind], source) for kind, body in rows]


class LabelRow(NamedTuple):
    """A label as the file holds it."""

    kind: str
    body: str

    def decoded(self, source: Source) -> Label | Preference:
        """Return the label."""
        return decode(self.body, _KINDS[self.kind], source)


def by_run(connection: sqlite3.Connection) -> dict[str, list[LabelRow]]:
    """Return all labels by the runs they are about, oldest first; a preference is about two."""
    found: dict[str, list[LabelRow]] = {}
    if number(connection, "user_version") < WITH_LABELS:
        return found
    for kind, body, first, second in connection.execute(_BY_RUN):
        for run_id in {first, second or first}:
            found.setdefault(run_id, []).append(LabelRow(kind, body))
    return found


def _text(text: str) -> str:
    """Return what the column can hold; the body holds the text as it is."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
