"""Simulated worlds of the loop's benchmark: tasks, what may be wrong with a program, who sees it.

A program carries its defects in its text. The executor reads them off and tells what a judge would
have measured, as far as it sees it; the oracle reads them all. So the critic may miss a defect, and
may see one where there is none, and the share of right programs does not depend on its word.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from critique_loop.values import (
    Column,
    ColumnKind,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Rubric,
    Severity,
    Table,
    Task,
)

CODES = tuple(f"defect_{number:02}" for number in range(24))
MANNERS = tuple(f"manner_{number:02}" for number in range(8))
MANNERS_A_TASK = 3
MANNER_SKILL = 0.5
CRASHING = 4  # every so many defects, one raises an error
_POINTS = 3.0
_STATE = re.compile(r"^STATE = \[(.*)\]$", re.MULTILINE)
_LINES = 45
# A table of middling size, so that prompts are as long as those of real tasks.
_TABLE = Table(
    Path("records.csv"),
    "records.csv",
    10_000,
    "0" * 64,
    rows=400,
    columns=tuple(
        Column(f"measure_{n}", ColumnKind.NUMBER, minimum=0.0, maximum=99.5, distinct=300)
        for n in range(8)
    ),
)


def _half(place: int) -> dict[str, float]:
    return dict.fromkeys(CODES[place::2], _POINTS)


RUBRIC = Rubric(
    "simulated",
    (
        Dimension(
            "correctness",
            "Is it right?",
            weight=2.0,
            pass_mark=8.0,
            gate=True,
            checks={"run_error": 10.0, **_half(0)},
        ),
        Dimension(
            "robustness",
            "Does it stay right on odd input?",
            weight=2.0,
            pass_mark=8.0,
            gate=True,
            checks=_half(1),
        ),
        Dimension("manner", "Is it well made?", weight=1.5, checks=dict.fromkeys(MANNERS, _POINTS)),
    ),
    target=9.0,
)


@dataclass(frozen=True, slots=True)
class World:
    """What is set.

    ``skill``: the probability that a fresh draft for a middling task has none of its ``defects``
    (independent of each other, equally likely); its logit has the standard deviation ``spread``
    over the tasks. ``fix``: that a refinement mends a thing that the advice names;
    a writer minds ``attention`` things at a time, and with more each is as much less likely.
    ``breaks``: that work on one named thing, there or not, puts a defect in that was not there.
    ``sees``: the share of defects that the critic sees. ``false_alarms``: the share of tasks in
    which it finds one whatever the program.
    """

    skill: float = 0.3
    spread: float = 1.0
    defects: int = 4
    fix: float = 0.6
    breaks: float = 0.1
    attention: int = 3
    sees: float = 0.8
    false_alarms: float = 0.1


@dataclass(frozen=True, slots=True)
class Case:
    """One task: which defects it may have, which of them the critic sees or only fancies.

    ``defect_rate``: how likely each defect is in a fresh draft.
    """

    number: int
    task: Task
    codes: tuple[str, ...]
    manners: tuple[str, ...]
    seen: frozenset[str]
    fancied: tuple[str, ...]
    defect_rate: float

    @property
    def crashing(self) -> frozenset[str]:
        """The defects that raise an error."""
        return frozenset(self.codes[::CRASHING])

    def is_right(self, code: str) -> bool:
        """Say, as the oracle, whether a program has none of the defects; manners don't count."""
        return not set(state_of(code)) & set(CODES)


def cases(world: World, count: int) -> list[Case]:
    """Return the first ``count`` tasks of a world; seeds of writers don't change them."""
    return [_case(world, number) for number in range(count)]


def _case(world: World, number: int) -> Case:
    chance = random.Random(f"case {number}")  # noqa: S311 - a simulation
    codes = tuple(chance.sample(CODES, world.defects))
    manners = tuple(chance.sample(MANNERS, MANNERS_A_TASK))
    seen = frozenset(code for code in codes if chance.random() < world.sees)
    others = [code for code in CODES if code not in codes]
    fancied = (chance.choice(others),) if chance.random() < world.false_alarms else ()
    skill = _shifted(world.skill, world.spread * chance.gauss(0.0, 1.0))
    task = Task(f"Solve problem {number} of the collection.", RUBRIC, tables=(_TABLE,))
    rate = 1 - skill ** (1 / world.defects)
    return Case(number, task, codes, manners, seen, fancied, rate)


def _shifted(probability: float, by: float) -> float:
    """Return a probability whose logit is moved."""
    odds = probability / (1 - probability) * math.exp(by)
    return odds / (1 + odds)


def program(state: Collection[str], chance: random.Random) -> str:
    """Return a program with these defects, as long as real ones are, no two of them alike."""
    names = ", ".join(f'"{code}"' for code in sorted(state))
    body = "\n".join(f"value_{line} = {chance.randrange(10**6)}" for line in range(_LINES))
    return f"import math\n\nSTATE = [{names}]\n{body}\nprint(math.fsum([value_0, value_1]))\n"


def state_of(text: str) -> tuple[str, ...]:
    """Return the defects of the first program in a text."""
    found = _STATE.search(text)
    return tuple(re.findall(r'"(\w+)"', found[1])) if found else ()


class SimulatedExecutor:
    """Measures what is to be seen of the programs of one task."""

    name = "simulated"

    def __init__(self, case: Case) -> None:
        """Know the task's defects."""
        self._case = case

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[SimulatedExecutor]:
        """Open a session, which is this object."""
        del task
        yield self

    async def run(self, draft: Draft) -> Execution:
        """Return a traceback where a defect raises an error, and what a judge would find."""
        case, state = self._case, state_of(draft.code)
        crash = next((code for code in state if code in case.crashing), "")
        seen = [code for code in state if code in case.seen or code in case.manners]
        findings = tuple(_finding(code) for code in (*seen, *case.fancied))
        checks = (*CODES, *MANNERS)
        status = ExecutionStatus.ERROR if crash else ExecutionStatus.OK
        stderr = f"Traceback (most recent call last):\nRuntimeError: {crash}\n" if crash else ""
        return Execution(status, stderr=stderr, evidence=Evidence(findings, checks))


def _finding(code: str) -> Finding:
    severity = Severity.ERROR if code in CODES else Severity.WARNING
    return Finding(code, severity, f"the program has {code}", advice=f"mend {code}")
