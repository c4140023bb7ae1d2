"""Write an outcome into a folder, for people and for scripts."""

from __future__ import annotations

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
_ROUND_FILES = ("draft.py", _PICTURE, "stdout.txt", "stderr.txt", "critique.json")


def program_name(task: Task) -> str:
    """Return the name of the file for the best program: a chart's, or the tested module's."""
    if task.kind is TaskKind.CHART:
        return "chart.py"
    return f"{task.code.module if task.code else 'solution'}.py"


def check_folder(folder: Path, *, program: str = "chart.py") -> None:
    """Check that results can be written into ``folder``, which need not be there; change nothing.

    A folder that holds a former outcome of ours may be written again; one that holds a file of the
    user's own under the name of ``program``, or a ``chart.png``, may not.

    Raises:
        CallError: it can't be made or written, or holds files that are not ours.
    """
    obstacle = _obstacle(folder)
    if obstacle:
        raise CallError(
            f"{folder}: can't write there ({obstacle})", remedy="Choose another folder with --out."
        )
    ours = _former(folder)
    for name in (program, _PICTURE, "rounds"):
        if name not in ours and (folder / name).exists():
            raise CallError(
                f"{folder / name}: there already, and not written by an earlier run",
                remedy="Choose another folder with --out; nothing was changed.",
            )


def _former(folder: Path) -> frozenset[str]:
    """Return the names that an earlier run wrote there, as its record says."""
    try:
        record: object = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return frozenset()
    best = cast("Mapping[str, object]", record).get("best") if isinstance(record, dict) else None
    if not isinstance(best, dict):
        return frozenset({"rounds"})
    entries = cast("Mapping[str, object]", best)
    files = entries.get("files")
    paths = [entries.get("code"), *(cast("list[object]", files) if isinstance(files, list) else [])]
    names = {PurePath(path).name for path in paths if isinstance(path, str)}
    return frozenset({"rounds", *(name for name in names if name.endswith((".py", ".png")))})


def _obstacle(folder: Path) -> str:
    """Return what keeps ``folder`` from being written or made, "" if nothing seems to."""
    try:
        place = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not place.is_dir():
            return f"{place} is a file"
        return "" if os.access(place, os.W_OK | os.X_OK) else f"no right to write in {place}"
    except OSError as error:
        return error.strerror or str(error)


def save(outcome: Outcome, folder: Path) -> Saved:
    """Write the best program, its picture, outcome.json and rounds/ into ``folder``.

    The program is ``chart.py`` with its ``chart.png``, or the module that the tests import.

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
        saved = Saved(record=folder / _RECORD, code=code, files=files)
        record = record_of(outcome, saved)
        (folder / _RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise CallError(
            f"{folder}: can't write there ({error.strerror})",
            remedy=f"The trace is safe: critique-loop show {outcome.run_id} --files DIR.",
        ) from error
    return saved


def _remove_former(folder: Path) -> None:
    """Remove what an earlier run wrote, and nothing else."""
    for name in _former(folder) - {"rounds"}:
        (folder / name).unlink(missing_ok=True)
    for former in (folder / "rounds").glob("[0-9]*"):
        for name in _ROUND_FILES:
            (former / name).unlink(missing_ok=True)
        if not any(former.iterdir()):
            former.rmdir()


def _write_best(best: Round | None, code: Path) -> tuple[Path | None, tuple[Path, ...]]:
    if best is None:
        return None, ()
    code.write_text(best.code, encoding="utf-8", errors="backslashreplace")
    if best.picture is None:
        return code, ()
    picture = code.with_name(_PICTURE)
    picture.write_bytes(best.picture)
    return code, (picture,)


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
