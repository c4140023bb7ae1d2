"""What the product's critic can be asked about a program, one signal beside the other.

A signal is some finding codes and what has to be known for them. It is asked for as a user asks: by
a task whose rubric lists those codes. Where a program runs is the executor's business.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from code_task_list import CodeTask

from critique_loop.protocols import Executor
from critique_loop.values import (
    CodeSpec,
    Dimension,
    Draft,
    Evidence,
    Execution,
    Rubric,
    Severity,
    Suite,
    SuiteKind,
    Task,
    TaskKind,
)


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that may tell a wrong program from a right one.

    ``suite`` names the tests it is about, if any; ``compares``: it needs the reference.
    """

    name: str
    codes: tuple[str, ...]
    suite: str = ""
    compares: bool = False

    def fits(self, task: CodeTask) -> bool:
        """Return whether the task has what it needs."""
        return self.suite != "examples" or bool(task.examples)


TESTS = Signal("the task's own tests", ("tests_failed", "entry_missing"), "tests")
EXAMPLES = Signal("examples in the docstring", ("tests_failed", "entry_missing"), "examples")
RUFF = Signal("ruff", ("lint_error",))
MYPY = Signal("mypy", ("type_error",))
COMPLEXITY = Signal("complexity and length", ("too_complex", "too_long"))
FUZZING = Signal("fuzzing from the signature", ("crash_on_input",))
COMPARISON = Signal("comparison with the reference", ("differs_from_reference",), compares=True)
GROWTH = Signal("growth of time and memory", ("slow_growth", "memory_growth"))
ARGUMENTS = Signal("arguments changed", ("argument_mutated",))

SIGNALS = (*(TESTS, EXAMPLES, RUFF, MYPY, COMPLEXITY, FUZZING, COMPARISON, GROWTH, ARGUMENTS),)
# What is asked for in one run: that which knows the answers, and that which a bare stub allows.
INFORMED = (TESTS, EXAMPLES, COMPARISON, GROWTH, ARGUMENTS)
BARE = (RUFF, MYPY, COMPLEXITY, FUZZING)
# What there is where nobody has written tests or a reference.
AT_HAND = (EXAMPLES, RUFF, MYPY, FUZZING)


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of one program.

    ``codes`` of the findings that are more than a note, ``judged`` of the checks that came to an
    end, ``failed_suites`` with a test that didn't pass, ``status`` of the run itself. ``cpu_s`` is
    the judge's where programs are judged on this machine.
    """

    codes: frozenset[str]
    judged: frozenset[str]
    failed_suites: frozenset[str]
    status: str
    cpu_s: float
    not_judged: tuple[str, ...] = ()
    advice: str = field(default="", repr=False)

    def fires(self, signal: Signal) -> bool:
        """Return whether the signal says that something is wrong."""
        if signal.suite:
            return signal.suite in self.failed_suites or "entry_missing" in self.codes
        return not self.codes.isdisjoint(signal.codes)

    def can_judge(self, signal: Signal) -> bool:
        """Return whether the signal fires, or one of its checks came to an end in silence."""
        return self.fires(signal) or not self.judged.isdisjoint(signal.codes)


def task_for(task: CodeTask, signals: Sequence[Signal]) -> Task:
    """Return the product's task in which only these signals are asked for."""
    wanted = {signal.suite for signal in signals}
    suites: list[Suite] = []
    if "tests" in wanted:
        suites.append(Suite(SuiteKind.ASSERTS, task.tests, name="tests", hidden=True))
    if "examples" in wanted and task.examples:
        suites.append(Suite(SuiteKind.DOCTEST, task.examples, name="examples"))
    compares = any(signal.compares for signal in signals)
    spec = CodeSpec(
        entry_point=task.entry_point,
        signature=task.signature,
        suites=tuple(suites),
        reference=task.reference if compares else "",
    )
    codes = dict.fromkeys(code for signal in signals for code in signal.codes)
    return Task(task.goal, rubric_of(codes), TaskKind.CODE, code=spec)


def rubric_of(codes: Iterable[str]) -> Rubric:
    """Return a rubric of one dimension that these codes feed."""
    checks = dict.fromkeys(codes, 10.0)
    return Rubric("signals", (Dimension("right", "Is it right?", gate=True, checks=checks),))


async def ask(executor: Executor, task: Task, programs: Iterable[str]) -> AsyncGenerator[Told]:
    """Yield what is said of each program, all in one session."""
    async with executor.session(task) as session:
        for program in programs:
            yield told_of(await session.run(Draft(program, writer="mutation")))


def told_of(execution: Execution) -> Told:
    """Return what a judged execution says."""
    evidence = execution.evidence or Evidence(facts={"failed_checks": ["nothing was judged"]})
    told = [f for f in evidence.findings if f.severity is not Severity.NOTE]
    return Told(
        codes=frozenset(finding.code for finding in told),
        judged=frozenset(evidence.checks),
        failed_suites=frozenset(_failed_suites(evidence.facts)),
        status=execution.status.value,
        cpu_s=execution.cpu_s,
        not_judged=tuple(map(str, cast("list[object]", evidence.facts.get("failed_checks", ())))),
        advice="\n".join(finding.advice or finding.message for finding in told),
    )


def _failed_suites(facts: Mapping[str, object]) -> list[str]:
    """Return the names of the suites with a test that didn't pass; hidden ones have none."""
    records = cast("list[dict[str, object]]", facts.get("tests", ()))
    failed = [record for record in records if record["status"] != "passed"]
    return [TESTS.suite if record["hidden"] else str(record["suite"]) for record in failed]
