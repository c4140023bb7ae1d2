"""An outcome as plain files: for each round its program, what it printed and drew, its critique."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from critique_loop.errors import CallError
from critique_loop.store.encoding import readable
from critique_loop.values import Outcome, Round

_LONGEST_STEM_BYTES = 100  # file systems take 255 bytes; shells and people less
_LONGEST_SUFFIX = 12
_UNSAFE = re.compile(r"[^\w .()+=@,-]+")


def write_files(outcome: Outcome, folder: Path) -> Sequence[Path]:
    """Write all rounds below ``folder`` and return the files, in order.

    ``round-1/draft.py``, ``stdout.txt``, ``stderr.txt`` and ``critique.json`` (decision, scores,
    findings; numbers that are not finite become null), and every file the program left, under its
    own name as far as that is safe. Files that are there already stay as they are.

    Raises:
        CallError: one of the files is there already (nothing was written), or can't be written.
    """
    planned = {
        folder / f"round-{turn.number}" / name: content
        for turn in outcome.rounds
        for name, content in _contents(turn).items()
    }
    for path in planned:
        if path.exists() or path.is_symlink():
            raise CallError(
                f"{path} is there already; nothing was written",
                remedy="Name a folder that is new or empty.",
            )
    try:
        for path, content in planned.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
    except OSError as error:
        raise CallError(
            f"{error.filename or folder}: {error.strerror}",
            remedy="Name a folder that can be written and has space.",
        ) from error
    return list(planned)


def _contents(turn: Round) -> dict[str, bytes]:
    execution = turn.execution
    contents = {
        "draft.py": _text(turn.draft.code),
        "stdout.txt": _text(execution.stdout),
        "stderr.txt": _text(execution.stderr),
        "critique.json": _critique(turn),
    }
    taken = {name.casefold() for name in contents}
    for file in execution.files:
        name = _free_name(_safe_name(file.name), taken)
        taken.add(name.casefold())
        contents[name] = file.data
    return contents


def _critique(turn: Round) -> bytes:
    document = {
        "round": turn.number,
        "status": turn.execution.status,
        "overall": turn.critique.overall,
        "decision": turn.decision,
        "scores": turn.critique.scores,
        "findings": turn.critique.findings,
    }
    return msgspec.json.format(msgspec.json.encode(readable(document)), indent=2) + b"\n"


def _text(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _safe_name(name: str) -> str:
    """Return a plain file name: one level, printable, not hidden, of bearable length."""
    flat = _UNSAFE.sub("_", name.replace("/", "_")).strip(" .")
    stem, suffix = os.path.splitext(flat)  # noqa: PTH122 - a text, not a path of ours
    if len(suffix) > _LONGEST_SUFFIX:
        stem, suffix = flat, ""
    return stem.encode()[:_LONGEST_STEM_BYTES].decode(errors="ignore") + suffix or "file"


def _free_name(name: str, taken: set[str]) -> str:
    stem, dot, suffix = name.rpartition(".")
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{stem}-{number}{dot}{suffix}" if dot else f"{name}-{number}"
    return candidate
