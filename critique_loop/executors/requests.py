"""What a sandbox is told about a task: how a draft is run first, and what its judge is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from critique_loop.executors.limits import Limits
from critique_loop.values import CodeSpec, Draft, Evidence, SuiteKind, Table, Task, TaskKind

FirstRun = Literal["main", "module", "compile"]
# What the judge does besides tests: linting, types, calls of its own.
_ANY_NUMBER = 50


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about each draft of a task.

    ``request`` is for the judge; where ``tested`` is true the draft's own code goes
    along. ``first`` says how the draft is run before that, see sandbox/orders.py; ``judge_wall_s``
    is how long the judge may take.
    """

    request: Mapping[str, object]
    judge_wall_s: float
    tested: bool = False
    first: FirstRun = "main"
    module: str = "solution"

    def about(self, draft: Draft, previous: str) -> Mapping[str, object]:
        """Return the judge's request for one draft; ``previous`` is an earlier one, or ""."""
        if not self.tested:
            return self.request
        code = draft.code.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        return {**self.request, "code": code, "previous": previous}


def question_of(task: Task, limits: Limits) -> Question:
    """Return what is asked about each draft of ``task``."""
    request: dict[str, object] = {
        "goal": task.goal,
        "tables": [_told(table) for table in task.tables],
        "units": dict(task.units),
    }
    if task.kind is not TaskKind.CODE:
        return Question(request, limits.judge_wall_s)
    spec = task.code or CodeSpec()
    wall_s = limits.judge_wall_s + _tests_wall_s(spec, limits)
    request |= {
        "kind": task.kind.value,
        "entry_point": spec.entry_point,
        "signature": spec.signature,
        "module": spec.module,
        "suites": [
            {
                "kind": suite.kind.value,
                "source": suite.source,
                "name": suite.name,
                "hidden": suite.hidden,
                "timeout_s": suite.timeout_s,
            }
            for suite in spec.suites
        ],
        "reference": spec.reference,
        "checks": _checks(task),
        "wall_s": wall_s,
    }
    return Question(request, wall_s, tested=True, first=_first_run(spec), module=spec.module)


def _told(table: Table) -> dict[str, object]:
    """Return how to read an untouched table."""
    return {
        "name": table.name,
        "separator": table.dialect.separator,
        "encoding": table.dialect.encoding,
        "decimal": table.dialect.decimal,
        "thousands": table.dialect.thousands,
    }


def _checks(task: Task) -> list[str]:
    """Return the codes that the rubric's dimensions for this kind of task ask for."""
    dimensions = (
        d for d in task.rubric.dimensions if not d.applies_to or task.kind in d.applies_to
    )
    return sorted({code for dimension in dimensions for code in dimension.checks})


def _tests_wall_s(spec: CodeSpec, limits: Limits) -> float:
    """Return how long all tests may take: each its time, up to the limit for all together."""
    wanted = sum(suite.timeout_s * _most_tests(suite.kind, suite.source) for suite in spec.suites)
    return min(wanted, limits.tests_wall_s)


def _most_tests(kind: SuiteKind, source: str) -> int:
    """Return no fewer than there are, by rough count; a parametrised one may be any number."""
    if kind is SuiteKind.PYTEST:
        return _ANY_NUMBER + source.count("def test")
    marks = {SuiteKind.DOCTEST: ">>>", SuiteKind.CALLS: "{", SuiteKind.PROGRAM: "{"}
    return 1 + source.count(marks.get(kind, "assert"))


def _first_run(spec: CodeSpec) -> FirstRun:
    """Return how the draft is run before its tests.

    Tests import it, so that is what must work. A program that is run whole by its tests waits for
    input that only they have: without it would end with an error that says nothing about it.
    """
    whole = [suite.kind is SuiteKind.PROGRAM for suite in spec.suites]
    return "compile" if whole and all(whole) else "module"


@dataclass(slots=True)
class BestSoFar:
    """The program of a session that passed the most tests, for comparison with later ones."""

    code: str = ""
    passed: int = field(default=-1)

    def take(self, draft: Draft, evidence: Evidence | None) -> None:
        """Keep the draft if its tests went better than those of all before it."""
        passed = evidence.facts.get("tests_passed") if evidence is not None else None
        if isinstance(passed, int) and passed > self.passed:
            self.code, self.passed = draft.code, passed
