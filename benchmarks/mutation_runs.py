"""Which mutants are wrong at all: by the task's tests, or on some input where the reference is not.

Each mutant runs in a child process of its own, within limits of time and memory.
"""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from code_task_list import CodeTask
from mutation import Mutant
from mutation_calls import Outcome, TooLongError, alike, called, limited, loaded, same
from mutation_inputs import Arguments, inputs

MEMORY_BYTES = 1 << 31
CPU_S = 20
TESTS_S = 1.0


class Kind(StrEnum):
    """What is known of a mutant."""

    KILLED = "killed"
    DIFFERS = "differs"
    MAYBE_EQUIVALENT = "maybe equivalent"


@dataclass(frozen=True, slots=True)
class Judged:
    """A mutant, and what is known of it."""

    task: CodeTask
    mutant: Mutant
    kind: Kind

    @property
    def is_wrong(self) -> bool:
        """Whether it certainly does not do what was asked."""
        return self.kind is not Kind.MAYBE_EQUIVALENT


@cache
def expected(task: CodeTask) -> tuple[tuple[Arguments, Outcome], ...]:
    """Return inputs with how the reference answers them."""
    reference = loaded(task.reference, task.entry_point)
    return tuple((arguments, called(reference, arguments)) for arguments in inputs(task))


def judge(task: CodeTask, mutant: Mutant) -> Judged:
    """Say whether the task's tests kill a mutant, or else whether it differs from the reference."""
    survives = in_child(lambda: "passed" if passes_tests(mutant.source, task) else "")
    if not survives:
        return Judged(task, mutant, Kind.KILLED)
    expected(task)
    return Judged(task, mutant, Kind(in_child(lambda: _kind(task, mutant.source)) or Kind.DIFFERS))


def passes_tests(source: str, task: CodeTask) -> bool:
    """Return whether a program passes all tests of its task; it runs in this very process."""
    names: dict[str, object] = {}
    try:
        with limited(TESTS_S):
            names[task.entry_point] = loaded(source, task.entry_point)
            exec(compile(task.tests, "tests", "exec"), names)  # noqa: S102 - our own tests
    except (Exception, TooLongError):  # noqa: BLE001 - whatever a mutant raises, it fails
        return False
    return True


def _kind(task: CodeTask, source: str) -> Kind:
    function = loaded(source, task.entry_point)
    found = (alike(called(function, given), outcome) for given, outcome in expected(task))
    return Kind.MAYBE_EQUIVALENT if all(found) else Kind.DIFFERS


def changes_arguments(task: CodeTask, mutant: Mutant) -> bool:
    """Return whether a mutant changes an argument that the reference leaves as it was."""
    expected(task)

    def work() -> str:
        function = loaded(mutant.source, task.entry_point)
        calls = ((called(function, given), outcome) for given, outcome in expected(task))
        return "changed" if any(_left_otherwise(one, right) for one, right in calls) else ""

    return bool(in_child(work))


def _left_otherwise(one: Outcome, right: Outcome) -> bool:
    return not (one.error or right.error or same(one.arguments, right.arguments))


def in_child(work: Callable[[], str]) -> str:
    """Return what ``work`` returns in a child with limits; "" where the child did not survive."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _answer(work, write)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return json.loads(answer) if answer else ""


def _answer(work: Callable[[], str], write: int) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        os.write(write, json.dumps(work()).encode())
    finally:
        os._exit(0)
