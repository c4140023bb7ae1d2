"""Write an outcome into a folder, for people and for scripts."""

from __future__ import annotations

import json
import os
from pathlib import Path

from critique_loop.charts.records import Saved, critique_record, record_of
from critique_loop.errors import CallError
from critique_loop.values import Outcome, Round

_RECORD = "outcome.json"
_ROUND_FILES = ("draft.py", "chart.png", "stdout.txt", "stderr.txt", "critique.json")


def check_folder(folder: Path) -> None:
    """Check that results can be written into ``folder``, which need not be there; change nothing.

    A folder that holds a former outcome of ours may be written again; one that holds the user's own
    ``chart.py`` or ``chart.png`` may not.

    Raises:
        CallError: it can't be made or written, or holds files that are not ours.
    """
    obstacle = _obstacle(folder)
    if obstacle:
        raise CallError(
            f"{folder}: can't write there ({obstacle})", remedy="Choose another folder with --out."
        )
    ours = (folder / _RECORD).exists()
    for name in ("chart.py", "chart.png", "rounds"):
        if not ours and (folder / name).exists():
            raise CallError(
                f"{folder / name}: there already, and not written by an earlier run",
                remedy="Choose another folder with --out; nothing was changed.",
            )


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
    """Write chart.png, chart.py, outcome.json and rounds/ of the outcome into ``folder``.

    Raises:
        CallError: as for ``check_folder``; the trace still has everything.
    """
    check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_former(folder)
        code, files = _write_best(outcome.best, folder)
        for turn in outcome.rounds:
            _write_round(turn, folder / "rounds" / str(turn.number))
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
    for name in ("chart.py", "chart.png"):
        (folder / name).unlink(missing_ok=True)
    for former in (folder / "rounds").glob("[0-9]*"):
        for name in _ROUND_FILES:
            (former / name).unlink(missing_ok=True)
        if not any(former.iterdir()):
            former.rmdir()


def _write_best(best: Round | None, folder: Path) -> tuple[Path | None, tuple[Path, ...]]:
    if best is None:
        return None, ()
    code = folder / "chart.py"
    code.write_text(best.code, encoding="utf-8", errors="backslashreplace")
    if best.picture is None:
        return code, ()
    picture = folder / "chart.png"
    picture.write_bytes(best.picture)
    return code, (picture,)


def _write_round(turn: Round, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "draft.py").write_text(turn.code, encoding="utf-8", errors="backslashreplace")
    if turn.picture is not None:
        (folder / "chart.png").write_bytes(turn.picture)
    execution = turn.execution
    for name, text in (("stdout.txt", execution.stdout), ("stderr.txt", execution.stderr)):
        if text:
            (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")
    critique = {"overall": turn.critique.overall, **critique_record(turn.critique)}
    (folder / "critique.json").write_text(json.dumps(critique, indent=2) + "\n", encoding="utf-8")
