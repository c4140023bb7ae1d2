"""The loop with the mechanical repairer, told the truth and told other things."""

from __future__ import annotations

import ast
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, product

from code_critic_repair import Misleading, Repairer
from code_task_list import CodeTask
from mutation import Mutant, chosen, mutants, normal
from mutation_runs import judge

from critique_loop.budget import Budget
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.loop import Loop
from critique_loop.protocols import Critic, Executor
from critique_loop.proxy import UserProxy
from critique_loop.values import (
    CodeSpec,
    Dimension,
    Finding,
    Outcome,
    Rubric,
    StopReason,
    Suite,
    SuiteKind,
    Task,
    TaskKind,
)

ROUNDS = 6
POOL = 24


class Arm(StrEnum):
    """What the writer is told after each draft."""

    TRUE = "the critique of its own draft"
    OTHER_MUTANT = "that of another mutant of the same task"
    OTHER_TASK = "that of a mutant of another task"
    NOTHING = "only that it is not accepted"


@dataclass(frozen=True, slots=True)
class Case:
    """A mutant that a loop begins with."""

    seed: int
    task: CodeTask
    mutant: Mutant

    @property
    def is_in_reach(self) -> bool:
        """Whether one edit gives the reference back."""
        right = normal(self.task.reference)
        return any(edit.source == right for edit in mutants(self.mutant.source))


@dataclass(frozen=True, slots=True)
class Repair:
    """How the loop of one case ended in one arm; ``right`` is the word of the hidden oracle."""

    case: Case
    arm: Arm
    accepted: bool
    right: bool
    drafts: int
    named: int
    findings: tuple[Finding, ...] = field(default=(), repr=False)


def cases(tasks: Sequence[CodeTask], *, seeds: int, each: int = 1) -> list[Case]:
    """Return ``each`` mutants of every task for every seed, all of them wrong for certain."""
    found: list[Case] = []
    for task in tasks:
        faults = [mutant for mutant in mutants(task.reference) if not mutant.is_slower]
        for seed in range(seeds):
            wrong = (m for m in chosen(faults, POOL, seed=seed) if judge(task, m).is_wrong)
            found += [Case(seed, task, mutant) for mutant in islice(wrong, each)]
    return found


def task_to_repair(task: CodeTask) -> Task:
    """Return the product's task: examples and every other assert are shown, the rest is hidden."""
    statements = ast.parse(task.tests).body
    is_shown = _shown(statements)
    shown, hidden = (
        "\n".join(
            ast.unparse(statement)
            for statement, is_one in zip(statements, is_shown, strict=True)
            if is_one is wanted or not isinstance(statement, ast.Assert)
        )
        for wanted in (True, False)
    )
    suites = [Suite(SuiteKind.ASSERTS, shown, name="tests")]
    if task.examples:
        suites.insert(0, Suite(SuiteKind.DOCTEST, task.examples, name="examples"))
    suites.append(Suite(SuiteKind.ASSERTS, hidden, name="hidden tests", hidden=True))
    spec = CodeSpec(task.entry_point, task.signature, tuple(suites))
    return Task(task.goal, _rubric(), TaskKind.CODE, code=spec)


def _shown(statements: Sequence[ast.stmt]) -> list[bool]:
    """Say of each statement whether it is the first, third, fifth of the asserts."""
    shown, number = [False] * len(statements), 0
    for place, statement in enumerate(statements):
        if isinstance(statement, ast.Assert):
            shown[place] = number % 2 == 0
            number += 1
    return shown


def _rubric() -> Rubric:
    checks = {"run_error": 10.0, "entry_missing": 10.0, "tests_failed": 8.0}
    correctness = Dimension(
        "correctness", "Does it pass its tests?", pass_mark=9.0, gate=True, checks=checks
    )
    return Rubric("tests alone", (correctness,), target=9.0)


async def repairs(executor: Executor, found: Sequence[Case]) -> list[Repair]:
    """Run every case in every arm; what others are told is known after the first one."""
    true = [one async for one in _in_arms(executor, found, (Arm.TRUE,), [])]
    other_arms = tuple(arm for arm in Arm if arm is not Arm.TRUE)
    return [*true, *[one async for one in _in_arms(executor, found, other_arms, true)]]


async def _in_arms(
    executor: Executor, found: Sequence[Case], arms: Sequence[Arm], true: Sequence[Repair]
) -> AsyncGenerator[Repair]:
    for task in dict.fromkeys(case.task for case in found):
        asked = task_to_repair(task)
        for case, arm in product((case for case in found if case.task is task), arms):
            critic = _critic(case, arm, true)
            writer = Repairer(case.mutant.source, task.entry_point, seed=case.seed)
            proxy = UserProxy(budget=Budget(max_rounds=ROUNDS), patience=ROUNDS)
            loop = Loop(writer=writer, executor=executor, critic=critic, proxy=proxy)
            yield _repair(case, arm, writer, await loop.run(asked))


def _critic(case: Case, arm: Arm, true: Sequence[Repair]) -> Critic:
    if arm is Arm.TRUE:
        return MeasuredCritic()
    told = {
        Arm.OTHER_MUTANT: [
            one.findings
            for one in true
            if one.case.task is case.task and one.case.mutant.source != case.mutant.source
        ],
        Arm.OTHER_TASK: [one.findings for one in true if one.case.task is not case.task],
        Arm.NOTHING: [],
    }
    return Misleading(told[arm], seed=case.seed)


def _repair(case: Case, arm: Arm, writer: Repairer, outcome: Outcome) -> Repair:
    best = outcome.best
    code = best.code if best else ""
    edit = Mutant("repaired", 0, "", "", code)
    return Repair(
        case=case,
        arm=arm,
        accepted=outcome.stopped_because is StopReason.ACCEPTED,
        right=not judge(case.task, edit).is_wrong,
        drafts=len(outcome.rounds),
        named=writer.named,
        findings=outcome.rounds[0].critique.findings if outcome.rounds else (),
    )
