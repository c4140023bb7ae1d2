"""The outcomes of a batch as JSON lines, one for each item, and the files of each where wanted."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import cast

from critique_loop.batch.results import record_of, result_of
from critique_loop.errors import CallError, CritiqueLoopError
from critique_loop.store import SqliteStore
from critique_loop.store.batches import Finished

NAME = "outcomes.jsonl"


class OutcomeFile:
    """``outcomes.jsonl`` in a folder: begun anew by each command, so that it tells what is so."""

    def __init__(self, folder: Path, *, store: SqliteStore | None = None) -> None:
        """With a ``store``, each item gets a folder: its program, picture, rounds and report."""
        self.path: Path = folder / NAME
        self._folder = folder
        self._store = store

    def begin(self) -> None:
        """Make the folder and an empty file.

        Raises:
            CallError: it can't be written, or holds a file of that name that is not ours.
        """
        with _told(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._refuse_foreign()
            self.path.write_text("", encoding="utf-8")

    async def add(self, finished: list[Finished]) -> None:
        """Add items that have finished.

        Raises:
            CallError: the folder can't be written; the store has everything.
        """
        if not finished:
            return
        lines = [json.dumps(record_of(one), ensure_ascii=False) + "\n" for one in finished]
        with (
            _told(self._folder),
            self.path.open("a", encoding="utf-8", errors="backslashreplace") as f,
        ):
            f.writelines(lines)
        if self._store is None:
            return
        for one in finished:
            await self._save(one, self._store)

    async def _save(self, finished: Finished, store: SqliteStore) -> None:
        result = result_of(finished)
        if not result.run or not result.rounds:
            return
        folder = self._folder / result.id
        if (folder / "outcome.json").exists() and _run_in(folder / "outcome.json") == result.run:
            return  # an earlier command wrote it
        from critique_loop.report import save_with_report  # noqa: PLC0415 - jinja2 loads here

        outcome = await store.outcome(result.run)
        try:
            await save_with_report(outcome, folder, store=store)
        except CritiqueLoopError as error:
            raise CallError(error.problem, remedy=error.remedy) from error

    def _refuse_foreign(self) -> None:
        """Refuse to take the place of a file that somebody else wrote.

        Raises:
            CallError: it is one.
        """
        if not self.path.exists() or not self.path.stat().st_size:
            return
        try:
            with self.path.open(encoding="utf-8") as file:
                first: object = json.loads(file.readline())
        except ValueError:
            first = None
        if not isinstance(first, dict) or "item" not in first or "format" not in first:
            raise CallError(
                f"{self.path}: there already, and not as a batch wrote it",
                remedy="Choose another folder with --out; nothing was changed.",
            )


def _run_in(record: Path) -> object:
    try:
        found: object = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return cast("dict[str, object]", found).get("run") if isinstance(found, dict) else None


@contextlib.contextmanager
def _told(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise CallError(
            f"{folder}: can't write there ({error.strerror or os.strerror(error.errno or 0)})",
            remedy="Choose another folder with --out; what is done is in the store.",
        ) from error
