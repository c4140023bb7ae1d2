"""The data of a run that goes on: only the files that it began with."""

from __future__ import annotations

import hashlib

from critique_loop.errors import CallError
from critique_loop.values import Started, Table

_NEEDED = "The run needs the file it began with."


def check_data(begun: Started) -> None:
    """Refuse to judge new data by what was read of old, or to show a program any other file.

    Raises:
        CallError: a file is gone, or is not the one that the run began with.
    """
    try:
        for table in begun.task.tables:
            _check(table)
    except CallError as error:
        from critique_loop.store.redaction import (  # noqa: PLC0415 - a loop needs no store
            RedactionNote,
        )

        note = RedactionNote.of(begun.settings)
        if note is None:
            raise
        what = f" ({', '.join(note.what)})" if note.what else ""
        raise CallError(
            f"this run is a redacted copy{what}, and does not tell of the file it began with: "
            f"{error.problem}",
            remedy="Go on with the run that it is a copy of, where that is.",
        ) from error


def _check(table: Table) -> None:
    if table.path.exists() and not table.path.is_file():
        raise CallError(f"{table.path}: is no file", remedy=_NEEDED)
    try:
        with table.path.open("rb") as file:
            now = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CallError(
            f"{table.path}: can't be read ({error.strerror})", remedy=_NEEDED
        ) from error
    if now != table.sha256:
        raise CallError(
            f"{table.path}: the file has changed since the run began",
            remedy="Put the old one back, or draw the new one in a run of its own.",
        )
