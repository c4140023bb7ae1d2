"""A verifiable reward: whatever a row says must come of a program is run and measured again.

A row holds plain columns, no pickled function: the digest of the image in which drafts were run,
the command that judges an answer, and as JSON what is asked of it. The command reads one JSON
object on stdin, ``{"answer": ..., "expected": ...}``, and prints ``{"reward": 0.0 to 1.0, ...}``;
the reward is null where nobody can tell, and ``problem`` says why.
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

from critique_loop import rubric as rubrics
from critique_loop.building.loops import Parts, build
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError
from critique_loop.values import (
    Critique,
    ExecutionStatus,
    Round,
    Rubric,
    Scorer,
    Table,
    Task,
    TaskKind,
)
from critique_loop.writers.extracting import extract
from critique_loop.writers.given import GivenWriter

_FULL = 10.0
Completion = str | Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Verified:
    """What an answer is worth (0 to 1), whether it is accepted, and why it is worth nothing.

    ``reward`` is None where a program ran, fails no gate, and still can't be scored: ``problem``
    names the dimensions that are not. ``image_digest`` is that of the image it was judged in:
    compare it with the row's.
    """

    reward: float | None
    accepted: bool = False
    problem: str = ""
    image_digest: str = ""


def verified(
    answer: str,
    expected: str,
    *,
    data: Path | None = None,
    sandbox: str = "auto",
    gated: bool | None = None,
) -> Verified:
    """Run the program in ``answer`` and return what it is worth by the task in ``expected``.

    ``data`` is the folder of the data files (default: the working folder). A program that fails a
    gate of the rubric is worth nothing where it is ``gated`` (default: programs for tests are,
    charts are not), else it is worth the weighted mean like every other one.

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
    if outcome.best is None:
        return Verified(None, problem=outcome.message)
    is_gated = task.kind is TaskKind.CODE if gated is None else gated
    worth = worth_of(outcome.best, outcome.task.rubric, gated=is_gated)
    digest = outcome.best.execution.image_digest
    return replace(worth, accepted=outcome.accepted, image_digest=digest)


def worth_of(turn: Round, rubric: Rubric, *, gated: bool) -> Verified:
    """Return what a judged program is worth by the marks it has."""
    critique, status = turn.critique, turn.execution.status
    failed = _failed_gates(rubric, critique)
    if failed and (gated or critique.overall is None):
        return Verified(0.0, problem=f"fails the gate: {', '.join(failed)}")
    if critique.overall is not None:
        return Verified(critique.overall / _FULL)
    if status is not ExecutionStatus.OK:
        return Verified(0.0, problem=f"the program did not run to its end: {status.value}")
    missing = [f"{s.dimension} ({s.unscored})" for s in critique.scores if s.value is None]
    return Verified(None, problem=f"not scored: {', '.join(missing)}")


def _failed_gates(rubric: Rubric, critique: Critique) -> list[str]:
    gates = {dimension.name for dimension in rubric.dimensions if dimension.gate}
    found = (s for s in critique.scores if s.dimension in gates and s.value is not None)
    return [score.dimension for score in found if not score.passed]


def _task(expected: str, data: Path) -> Task:
    task = _told(expected)
    return replace(task, tables=tuple(_found(table, data) for table in task.tables))


def _told(expected: str) -> Task:
    try:
        told = cast("Mapping[str, object]", json.loads(expected))
        # not strict: keys of JSON are texts, also those of levels, which are numbers
        return msgspec.convert(told["task"], Task, dec_hook=_path, strict=False)
    except (ValueError, KeyError, TypeError, msgspec.ValidationError) as error:
        raise CallError(f"the column expected is none of ours: {error}") from error


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
    completions: Sequence[Completion],
    expected: Sequence[str],
    *,
    gated: bool | None = None,
    **_columns: object,
) -> list[float | None]:
    """Return what each answer is worth, as TRL's trainers ask for it: run in the sandbox.

    None stands for an answer that could not be scored: TRL leaves it out of the means, and it moves
    the model nowhere (https://huggingface.co/docs/trl/grpo_trainer). ``gated`` is as in
    ``verified``.

    Raises:
        CallError: a row's rubric has a dimension that no measurement scores, so that no answer
            would ever get a reward; or what ``verified`` refuses.
    """
    for one in set(expected):
        _refuse_unmeasured(one)
    return [
        verified(text_of(completion), one, gated=gated).reward
        for completion, one in zip(completions, expected, strict=True)
    ]


def _refuse_unmeasured(expected: str) -> None:
    task = _told(expected)
    dimensions = rubrics.applicable(task.rubric, task.kind).dimensions
    names = [d.name for d in dimensions if not d.checks or Scorer.MEASURED not in d.scorers]
    if names:
        raise CallError(
            f"the rubric {task.rubric.name!r} has dimensions that only a model or a person can "
            f"score: {', '.join(names)}",
            remedy="Export rows of a rubric whose dimensions are all measured.",
        )


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
