"""The loop over real chart goals: the grammar writer with parts off, and a real sandbox.

Right is what the goal oracle says: it runs the program outside of any sandbox and compares what is
drawn with values written down beforehand; it shares nothing with the critic.
"""

from __future__ import annotations

import random
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import goal_oracle
from goal_oracle import Goal
from loop_value_maths import Interval
from loop_value_oracle import TABLES, Drawing, Oracle
from loop_value_parts import OFF_RATE, PartsWriter, without_number
from loop_value_runs import NEVER, Figures, Ran, Runs, figures, gain
from loop_value_strategies import Donor, Strategy, ToldWriter
from loop_value_tables import figures_table, gain_text, plain, verdict

from critique_loop import rubric as rubrics
from critique_loop.budget import Budget
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.data import profile
from critique_loop.executors.choosing import executor_for
from critique_loop.loop import Loop
from critique_loop.protocols import Session
from critique_loop.proxy import UserProxy
from critique_loop.values import Critique, Draft, Execution, Outcome, Task

HERE = Path(__file__).resolve().parent
ROUNDS = 5
# Goals whose charts have several parts that can be off, on six tables.
GOALS = (*("cars-1", "stocks-9", "airports-4", "barley-4", "gapminder-5", "tips-4"),)


@dataclass(slots=True)
class Remembering:
    """Runs each program of a task once, in a real sandbox, and answers the same again.

    The line that numbers a draft changes nothing that is measured.
    """

    inner: Session
    known: dict[str, Execution] = field(default_factory=dict[str, Execution])
    name: str = "remembering"

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[Remembering]:
        """Open a session, which is this object."""
        del task
        yield self

    async def run(self, draft: Draft) -> Execution:
        """Return what happened when the program was run first."""
        code = without_number(draft.code)
        if code not in self.known:
            self.known[code] = await self.inner.run(replace(draft, code=code))
        return self.known[code]


@dataclass(frozen=True, slots=True)
class Charts:
    """What was measured, by strategy."""

    goals: Sequence[str]
    seeds: int
    sandbox: str
    figures: Mapping[Strategy, Figures]
    gains: Mapping[Strategy, Interval]


async def measure(*, seeds: int, sandbox: str, names: Sequence[str] = GOALS) -> Charts:
    """Run every goal under every strategy."""
    goals = [goal for goal in _goals() if goal.id in names]
    columns: dict[Strategy, list[list[Ran]]] = {strategy: [] for strategy in Strategy}
    executor = executor_for(sandbox, on_notice=lambda _: None)
    async with AsyncExitStack() as stack:
        drawing = stack.enter_context(Drawing())
        sessions = [
            Remembering(await stack.enter_async_context(executor.session(task_of(goal))))
            for goal in goals
        ]
        critiques = await _first_critiques(goals, seeds, sessions)
        for place, (goal, session) in enumerate(zip(goals, sessions, strict=True)):
            oracle = Oracle(goal, drawing)
            for strategy in Strategy:
                donors = [_donor(critiques, place, seed) for seed in range(seeds)]
                outcomes = [
                    await _outcome(goal, strategy, session, seed, donor)
                    for seed, donor in enumerate(donors)
                ]
                columns[strategy].append([_ran(outcome, oracle) for outcome in outcomes])
                print(f"{goal.id} {strategy.value}", file=sys.stderr, flush=True)
    runs = {strategy: _transposed(found) for strategy, found in columns.items()}
    best = runs[Strategy.TRUE]
    return Charts(
        goals=[goal.id for goal in goals],
        seeds=seeds,
        sandbox=sandbox,
        figures={strategy: figures(found) for strategy, found in runs.items()},
        gains={s: gain(best, found) for s, found in runs.items() if s is not Strategy.TRUE},
    )


def _goals() -> list[Goal]:
    files = ("goals.toml", "goals_more.toml")
    return [goal for name in files for goal in goal_oracle.load(HERE / "goals" / name)]


def task_of(goal: Goal) -> Task:
    """Return the task of drawing a goal, judged by the shipped rubric."""
    table = profile(TABLES / f"{goal.table}.csv")
    return Task(goal.text, rubrics.load("charts"), tables=(table,))


async def _outcome(
    goal: Goal, strategy: Strategy, session: Remembering, seed: int, donor: Donor | None
) -> Outcome:
    chance = random.Random(f"{seed} {goal.id}")  # noqa: S311 - a simulation
    rounds = 1 if strategy is Strategy.ONE_SHOT else ROUNDS
    loop = Loop(
        writer=ToldWriter(PartsWriter(chance), strategy, donor),
        executor=session,
        critic=MeasuredCritic(),
        proxy=UserProxy(budget=Budget(max_rounds=rounds, max_time_s=None), patience=NEVER),
    )
    return await loop.run(task_of(goal))


async def _first_critiques(
    goals: Sequence[Goal], seeds: int, sessions: Sequence[Remembering]
) -> list[list[Critique]]:
    """Return what the critic says of the first drafts: one row a goal, one column a seed."""
    rows: list[list[Critique]] = []
    for goal, session in zip(goals, sessions, strict=True):
        outcomes = [
            await _outcome(goal, Strategy.ONE_SHOT, session, seed, None) for seed in range(seeds)
        ]
        rows.append([outcome.rounds[0].critique for outcome in outcomes])
    return rows


def _donor(critiques: Sequence[Sequence[Critique]], place: int, seed: int) -> Donor:
    """Return critiques of other goals' first drafts that found fault, another for each round."""
    others = [*critiques[place + 1 :], *critiques[:place]]
    faulty = [row[seed] for row in others if row[seed].findings]
    return lambda number: faulty[(number - 1) % len(faulty)]


def _ran(outcome: Outcome, oracle: Oracle) -> Ran:
    first, best = outcome.rounds[0], outcome.best
    return Ran(
        accepted=outcome.accepted,
        right=best is not None and oracle.is_right(best.code),
        first_right=oracle.is_right(first.code),
        calls=len(outcome.rounds),
        tokens=0,
        rounds=len(outcome.rounds),
    )


def _transposed(columns: Sequence[Sequence[Ran]]) -> Runs:
    return [list(row) for row in zip(*columns, strict=True)]


def text(found: Charts) -> str:
    """Return the table with what it depends on."""
    gains = "; ".join(
        f"{gain_text(gained)} over {way.value}: {verdict(gained)}"
        for way, gained in found.gains.items()
    )
    table = figures_table({s.value: one for s, one in found.figures.items()}, tokens=False)
    return f"""#### The grammar writer with parts switched off

{len(found.goals)} chart goals on real tables ({", ".join(found.goals)}), {found.seeds} seeds, at
most {ROUNDS} drafts; programs run in {found.sandbox}, the measured critic with the shipped rubric
"charts" decides, the goal oracle says what is right. Each of title, axis labels, legend, baseline,
filter, aggregate and date parsing is off in a fresh draft with probability {OFF_RATE:g}, by lot; a
refinement switches on what the findings name, and nothing else. No model, so a call is a draft, and
there are no tokens. Where nothing that is named can be switched on, the writer gives up.

{table}

Share right under the true critique less that of the others: {gains}."""


def as_json(found: Charts) -> dict[str, Any]:
    """Return everything as JSON types."""
    return {
        "goals": list(found.goals),
        "seeds": found.seeds,
        "rounds": ROUNDS,
        "off_rate": OFF_RATE,
        "sandbox": found.sandbox,
        "strategies": {s.value: plain(one) for s, one in found.figures.items()},
        "gains_of_true_critique": {s.value: one._asdict() for s, one in found.gains.items()},
    }
