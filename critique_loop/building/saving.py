"""Write an outcome into a folder, for people and for scripts."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import cast

from critique_loop.building.records import Saved, critique_record, record_of, tests_record
from critique_loop.errors import CallError
from critique_loop.values import Outcome, Round, Task, TaskKind

_PICTURE = "chart.png"
_RECORD = "outcome.json"
_REPORT = "report.html"
_WRITTEN = "written"
_ROUND_FILES = ("draft.py", _PICTURE, "stdout.txt", "stderr.txt", "critique.json")


def program_name(task: Task) -> str:
    """Return the name of the file for the best program: a chart's, or the tested module's."""
    if task.kind is TaskKind.CHART:
        return "chart.py"
    return f"{task.code.module if task.code else 'solution'}.py"


def check_folder(folder: Path, *, program: str = "chart.py") -> None:
    """Check that results can be written into ``folder``, which need not be there; change nothing.

    A folder that holds a former outcome of ours may be written again; one that holds a file of the
    user's own under a name of ours may not: another one, or one of ours that has been edited.

    Raises:
        CallError: it can't be made or written, or holds files that are not ours.
    """
    obstacle = _obstacle(folder)
    if obstacle:
        raise CallError(
            f"{folder}: can't write there ({obstacle})", remedy="Choose another folder with --out."
        )
    ours = _former(folder)
    for path in _in_the_way(folder, program):
        if path not in ours:
            raise CallError(
                f"{folder / path}: there already, and not as an earlier run wrote it",
                remedy="Choose another folder with --out; nothing was changed.",
            )


def _in_the_way(folder: Path, program: str) -> list[str]:
    """Return the files that could be overwritten, relative to ``folder``."""
    named = [name for name in (program, _PICTURE, _REPORT) if (folder / name).exists()]
    rounds = folder / "rounds"
    if rounds.exists() and not rounds.is_dir():
        return [*named, "rounds"]
    below = (path for path in rounds.glob("[0-9]*/*") if path.name in _ROUND_FILES)
    return [*named, *(path.relative_to(folder).as_posix() for path in below)]


def _former(folder: Path) -> frozenset[str]:
    """Return the files that an earlier run wrote there and nobody has changed, as it noted."""
    try:
        record: object = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return frozenset()
    noted = cast("Mapping[str, object]", record).get(_WRITTEN) if isinstance(record, dict) else None
    if not isinstance(noted, dict):
        return frozenset()
    entries = cast("Mapping[str, object]", noted)
    return frozenset(path for path, was in entries.items() if _hash(folder, path) == was)


def _hash(folder: Path, path: str) -> str | None:
    """Return the SHA-256 of a file below ``folder``; None of any other."""
    if PurePath(path).is_absolute() or ".." in PurePath(path).parts:
        return None
    try:
        with (folder / path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _obstacle(folder: Path) -> str:
    """Return what keeps ``folder`` from being written or made, "" if nothing seems to."""
    try:
        place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not place.is_dir():
            return f"{place} is a file"
        return "" if os.access(place, os.W_OK | os.X_OK) else f"no right to write in {place}"
    except OSError as error:
        return error.strerror or str(error)


def save(outcome: Outcome, folder: Path, *, report: str = "") -> Saved:
    """Write the best program, its picture, outcome.json and rounds/ into ``folder``.

    The program is ``chart.py`` with its ``chart.png``, or the module that the tests import.
    ``report`` is the HTML of ``report.html``, which is left out where there is none.

    Raises:
        CallError: as for ``check_folder``; the trace still has everything.
    """
    program = program_name(outcome.task)
    check_folder(folder, program=program)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_former(folder)
        code, files = _write_best(outcome.best, folder / program)
        for turn in outcome.rounds:
            _write_round(turn, folder / "rounds" / str(turn.number), outcome.task.kind)
        page = _write_report(report, folder / _REPORT)
        saved = Saved(record=folder / _RECORD, code=code, files=files, report=page)
        record = {**record_of(outcome, saved), _WRITTEN: _written(folder, program)}
        (folder / _RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CallError(
            f"{folder}: can't write there ({error.strerror})",
            remedy=f"The trace is safe: critique-loop show {outcome.run_id} --files DIR.",
        ) from error
    return saved


def _remove_former(folder: Path) -> None:
    """Remove what an earlier run wrote, and nothing else."""
    ours = _former(folder)
    for path in ours:
        (folder / path).unlink(missing_ok=True)
    for former in {(folder / path).parent for path in ours} - {folder}:
        if former.is_dir() and not any(former.iterdir()):
            former.rmdir()


def _written(folder: Path, program: str) -> dict[str, str]:
    """Return what is there of ours now, by relative path, with its SHA-256."""
    found = {path: _hash(folder, path) for path in _in_the_way(folder, program)}
    return {path: known for path, known in found.items() if known is not None}


def _write_best(best: Round | None, code: Path) -> tuple[Path | None, tuple[Path, ...]]:
    if best is None:
        return None, ()
    code.write_text(best.code, encoding="utf-8", errors="backslashreplace")
    if best.picture is None:
        return code, ()
    picture = code.with_name(_PICTURE)
    picture.write_bytes(best.picture)
    return code, (picture,)


def _write_report(report: str, path: Path) -> Path | None:
    if not report:
        return None
    path.write_text(report, encoding="utf-8")
    return path


def _write_round(turn: Round, folder: Path, kind: TaskKind) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "draft.py").write_text(turn.code, encoding="utf-8", errors="backslashreplace")
    if turn.picture is not None:
        (folder / _PICTURE).write_bytes(turn.picture)
    execution = turn.execution
    for name, text in (("stdout.txt", execution.stdout), ("stderr.txt", execution.stderr)):
        if text:
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    critique = {"overall": turn.critique.overall, **critique_record(turn.critique)}
    if kind is TaskKind.CODE:
        critique |= tests_record(execution)
    (folder / "critique.json").write_text(json.dumps(critique, indent=2) + "\n", encoding="utf-8")
