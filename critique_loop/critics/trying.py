"""Make the calls that are to show a bug, and say which ones do."""

from __future__ import annotations

import ast
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from critique_loop.critics.facts import records_of
from critique_loop.critics.suspecting import Suspicion
from critique_loop.protocols import Executor
from critique_loop.values import (
    CodeSpec,
    Dimension,
    Draft,
    Evidence,
    Execution,
    Rubric,
    Suite,
    SuiteKind,
    Task,
)

_NAME = "suspicions"
_ENDED = re.compile(r"must return .*?, but (returned|raised) (.*)", re.DOTALL)
_ERROR = re.compile(r"([A-Za-z_][\w.]*)(?:: (.*))?", re.DOTALL)
_MISCALLED = re.compile(r"positional argument|unexpected keyword|required keyword-only")


@dataclass(frozen=True, slots=True)
class Ended:
    """How one call ended: "returned", "raised", "timeout", "crashed", "" where nobody knows.

    ``text`` is what it returned (a short ``repr``), or the error.
    """

    how: str = ""
    text: str = ""

    @property
    def error(self) -> str:
        """The name of the error, "" where there is none."""
        found = _ERROR.match(self.text) if self.how == "raised" else None
        return found.group(1).rpartition(".")[2] if found else ""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A suspicion that came true, and in words what the call did.

    ``certain``: a right program, or an example that was given, ends otherwise.
    """

    suspicion: Suspicion
    happened: str
    certain: bool


async def tried(
    executor: Executor,
    task: Task,
    draft: Draft,
    suspicions: Sequence[Suspicion],
    *,
    timeout_s: float,
) -> list[Confirmed]:
    """Return which of the suspicions come true in a sandbox of their own.

    Where there is a right program, it has to end otherwise: an input that it can't take, either, is
    no bug. Else an error counts that neither goal nor signature speak of, and a call without end;
    a wrong result only counts against an example that was given.

    Raises:
        SandboxUnavailable: isolation can't be had.
    """
    spec = task.code or CodeSpec()
    mark = hashlib.sha256(draft.code.encode("utf-8", "surrogatepass")).hexdigest()
    trial = _trial(task, spec, suspicions, mark=mark, timeout_s=timeout_s)
    async with executor.session(trial) as session:
        mine = _ends(await session.run(draft), len(suspicions))
        right: list[Ended] = []
        if spec.reference:
            right = _ends(await session.run(Draft(spec.reference, "reference")), len(suspicions))
    examples = _examples(spec)
    announced = f"{task.goal}\n{spec.signature}"
    confirmed: list[Confirmed] = []
    for number, suspicion in enumerate(suspicions):
        call = f"{spec.entry_point}({', '.join(map(repr, suspicion.arguments))})"
        expected = right[number] if right else examples.get(json.dumps(suspicion.arguments))
        happened = (
            _otherwise(mine[number], expected) if expected else _alone(mine[number], announced)
        )
        if happened:
            confirmed.append(Confirmed(suspicion, f"{call} {happened}", expected is not None))
    return confirmed


def _trial(
    task: Task, spec: CodeSpec, suspicions: Sequence[Suspicion], *, mark: str, timeout_s: float
) -> Task:
    """Return the task whose only tests are the calls; each one is to return what nothing does."""
    calls = [{"input": suspicion.arguments, "output": mark} for suspicion in suspicions]
    suite = Suite(SuiteKind.CALLS, json.dumps(calls), name=_NAME, timeout_s=timeout_s)
    rubric = Rubric(_NAME, (Dimension("tests", "Do they pass?", checks={"tests_failed": 10.0}),))
    return replace(task, rubric=rubric, code=replace(spec, suites=(suite,), reference=""))


def _ends(execution: Execution, number: int) -> list[Ended]:
    records = records_of((execution.evidence or Evidence()).facts)
    ends = [_ended(record) for record in records if record.get("suite") == _NAME]
    return [*ends, *[Ended()] * number][:number]


def _ended(record: Mapping[str, object]) -> Ended:
    status, message = str(record.get("status")), str(record.get("message") or "")
    if status in ("timeout", "crashed"):
        return Ended(status, message)
    found = _ENDED.search(message) if status == "failed" else None
    return Ended(found.group(1), found.group(2).strip()) if found else Ended()


def _examples(spec: CodeSpec) -> dict[str, Ended]:
    """Return how the calls end that the task itself gives as examples."""
    found: dict[str, Ended] = {}
    for suite in spec.suites:
        if suite.kind is not SuiteKind.CALLS or suite.hidden:
            continue
        for entry in cast("list[dict[str, object]]", json.loads(suite.source)):
            if "output" in entry and not entry.get("kwargs"):
                key = json.dumps(entry.get("input", []))
                found[key] = Ended("returned", repr(entry["output"]))
    return found


def _otherwise(mine: Ended, right: Ended) -> str:
    """Return what ``mine`` did that ``right`` does not, "" for nothing or nothing certain."""
    if not mine.how or not right.how or right.how in ("timeout", "crashed"):
        return ""
    if mine.how != "returned":
        return "" if right.how == "raised" else f"{_did(mine)}; it should return {right.text}"
    if right.how == "raised":
        return f"returns {mine.text}; it should raise {right.error}"
    differs = _differ(mine.text, right.text)
    return f"returns {mine.text}; it should return {right.text}" if differs else ""


def _alone(mine: Ended, announced: str) -> str:
    """Return what went wrong where no right program tells what is right, "" for nothing certain."""
    if mine.how in ("timeout", "crashed"):
        return _did(mine)
    if mine.how != "raised" or _MISCALLED.search(mine.text):
        return ""
    return "" if mine.error and mine.error in announced else _did(mine)


def _did(ended: Ended) -> str:
    words = {"timeout": "does not end in time", "crashed": "ends the process"}
    return words.get(ended.how) or f"raises {ended.text}"


def _differ(one: str, other: str) -> bool:
    """Return whether two values surely differ; what was shortened or is no plain value may not."""
    try:
        return not _alike(ast.literal_eval(one), ast.literal_eval(other))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False


def _alike(one: object, other: object) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        ones, others = cast("Sequence[object]", one), cast("Sequence[object]", other)
        return len(ones) == len(others) and all(map(_alike, ones, others))
    if isinstance(one, dict) and isinstance(other, dict):
        mine, right = cast("dict[object, object]", one), cast("dict[object, object]", other)
        return mine.keys() == right.keys() and all(_alike(mine[k], right[k]) for k in mine)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other
