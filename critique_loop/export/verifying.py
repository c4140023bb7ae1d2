"""A verifiable reward: whatever a row says must come of a program is run and measured again.

A row holds plain columns, no pickled function: the digest of the image in which drafts were run,
the command that judges an answer, and as JSON what is asked of it. The command reads one JSON
object on stdin, ``{"answer": ..., "expected": ...}``, and prints ``{"reward": 0.0 to 1.0, ...}``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import msgspec

from critique_loop.building.loops import Parts, build
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError
from critique_loop.values import Table, Task
from critique_loop.writers.extracting import extract
from critique_loop.writers.given import GivenWriter

_FULL = 10.0
Completion = str | Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Verified:
    """What an answer is worth (0 to 1), whether it is accepted, and why it is worth nothing.

    ``image_digest`` is that of the image it was judged in: compare it with the row's.
    """

    reward: float
    accepted: bool = False
    problem: str = ""
    image_digest: str = ""


def verified(
    answer: str, expected: str, *, data: Path | None = None, sandbox: str = "auto"
) -> Verified:
    """Run the program in ``answer`` and return what it is worth by the task in ``expected``.

    ``data`` is the folder of the data files (default: the working folder).

    Raises:
        CallError: ``expected`` is no task, or a data file is not the one that it names.
        SandboxUnavailable: nothing isolates programs here.
    """
    found = extract(answer)
    if not found.code:
        return Verified(0.0, problem=found.problem)
    task = _task(expected, data or Path())
    settings = LoopSettings(sandbox=sandbox, max_rounds=1, ask_at=())
    parts = Parts(writer=GivenWriter([found.code]), store=None)
    outcome = build(settings, parts, kind=task.kind).run_sync(task)
    critique = outcome.critique
    if critique is None:
        return Verified(0.0, problem=outcome.message)
    digest = outcome.best.execution.image_digest if outcome.best else ""
    return Verified((critique.overall or 0.0) / _FULL, outcome.accepted, image_digest=digest)


def _task(expected: str, data: Path) -> Task:
    try:
        told = cast("Mapping[str, object]", json.loads(expected))
        # not strict: keys of JSON are texts, also those of levels, which are numbers
        task = msgspec.convert(told["task"], Task, dec_hook=_path, strict=False)
    except (ValueError, KeyError, TypeError, msgspec.ValidationError) as error:
        raise CallError(f"the column expected is none of ours: {error}") from error
    return replace(task, tables=tuple(_found(table, data) for table in task.tables))


def _found(table: Table, folder: Path) -> Table:
    path = folder / table.path.name
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CallError(
            f"{path}: can't be read ({error.strerror})",
            remedy="The data files of the task are needed: say in which folder they are.",
        ) from error
    if sha256 != table.sha256:
        raise CallError(f"{path}: is not the file that the task is about")
    return replace(table, path=path)


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"no {kind.__name__}")


def sandbox_reward(
    completions: Sequence[Completion], expected: Sequence[str], **_columns: object
) -> list[float]:
    """Return what each answer is worth, as TRL's trainers ask for it: run in the sandbox."""
    return [
        verified(text_of(completion), one).reward
        for completion, one in zip(completions, expected, strict=True)
    ]


def program_reward(completions: Sequence[Completion], **_columns: object) -> list[float]:
    """Return 1 for each answer with one whole program in it, 0 for others; nothing is run."""
    return [float(bool(extract(text_of(completion)).code)) for completion in completions]


def text_of(completion: Completion) -> str:
    """Return the text of an answer, which is a text or a list of messages."""
    if isinstance(completion, str):
        return completion
    return "\n".join(str(message.get("content", "")) for message in completion)


def main() -> None:
    """Judge the one answer on stdin."""
    asked = cast("Mapping[str, str]", json.load(sys.stdin))
    done = verified(asked["answer"], asked["expected"])
    sys.stdout.write(f"{json.dumps(asdict(done))}\n")


if __name__ == "__main__":
    main()
