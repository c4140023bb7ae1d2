"""The loop over a real small model on code tasks: few tasks, and no claim of quality.

The critic sees only the examples of each docstring; the oracle runs the hidden tests, which no run
of the loop has, in a sandbox of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from code_task_list import CodeTask, tasks
from loop_value_maths import Interval
from loop_value_runs import NEVER, Figures, Ran, Runs, figures, gain, nobody
from loop_value_strategies import Donor, Strategy, ToldWriter
from loop_value_tables import figures_table, gain_text, plain, verdict

from critique_loop import definitions
from critique_loop import rubric as rubrics
from critique_loop.budget import Budget
from critique_loop.coding import code_task
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.executors.choosing import executor_for
from critique_loop.executors.executor import SandboxExecutor
from critique_loop.ledger import Bound, current
from critique_loop.loop import Loop
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.protocols import Model
from critique_loop.proxy import UserProxy
from critique_loop.values import (
    Call,
    Critique,
    Draft,
    Message,
    Outcome,
    Reply,
    Request,
    Rubric,
    Task,
)
from critique_loop.writers.model import ModelWriter

CALLS = 3
TEMPERATURE = 0.6
MAX_TOKENS = 200
TOKEN_BUDGET = 5000


# What was answered to a question with a seed.
Answers = dict[tuple[tuple[Message, ...], int], Reply]


class Seeded:
    """A model whose every call has a seed of its own, the same in each run with that seed.

    The same question with the same seed is asked once, and counted each time.
    """

    def __init__(self, inner: Model, seed: int, known: Answers) -> None:
        """Number the calls from ``seed`` on; ``known`` is what was answered before."""
        self.name = inner.name
        self._inner = inner
        self._next = 1000 * seed
        self._known = known

    async def complete(self, request: Request) -> Reply:
        """Return the model's answer for the next seed."""
        self._next += 1
        key = (request.messages, self._next)
        reply = self._known.get(key)
        if reply is None:
            reply = await self._inner.complete(replace(request, seed=self._next))
            self._known[key] = reply
            return reply
        async with current().reserved(Bound(reply.usage.total or 0, None)) as reservation:
            reservation.settle(reply.usage, None)
        call = Call(request.role, self.name, usage=reply.usage, cost_usd=None)
        await current().record(call)
        return reply


@dataclass(slots=True)
class Oracle:
    """Runs the hidden tests of one task, each program once."""

    task: Task
    executor: SandboxExecutor
    known: dict[str, bool] = field(default_factory=dict[str, bool])

    async def is_right(self, code: str) -> bool:
        """Say whether all examples and hidden tests pass."""
        if code not in self.known:
            draft = Draft(code, "oracle")
            async with self.executor.session(self.task) as session:
                execution = await session.run(draft)
            critique = await MeasuredCritic().review(self.task, draft, execution, history=())
            self.known[code] = all(score.passed for score in critique.scores)
        return self.known[code]


@dataclass(frozen=True, slots=True)
class Served:
    """What was measured, by strategy. ``drafts`` were run, ``without`` runs had none."""

    model: str
    names: Sequence[str]
    seeds: int
    drafts: int
    without: int
    figures: Mapping[Strategy, Figures]
    gains: Mapping[Strategy, Interval]


@dataclass(slots=True)
class Bench:
    """What all runs share."""

    model: Model
    executor: SandboxExecutor
    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    answers: Answers = field(default_factory=Answers)

    async def column(self, one: CodeTask, strategy: Strategy, donors: Sequence[Donor]) -> list[Ran]:
        """Run one task under one strategy, once for each donor."""
        oracle = Oracle(_task(one, hidden=True), self.executor)
        found: list[Ran] = []
        for seed, donor in enumerate(donors):
            outcome = await self.outcome(one, strategy, seed, donor)
            found.append(await _ran(outcome, oracle))
        return found

    async def outcome(self, one: CodeTask, strategy: Strategy, seed: int, donor: Donor) -> Outcome:
        """Run one task once."""
        agent = replace(
            definitions.load("code_writer"),
            temperature=TEMPERATURE,
            max_tokens=MAX_TOKENS,
            token_budget=TOKEN_BUDGET,
        )
        writer = ModelWriter(Seeded(self.model, seed, self.answers), definition=agent)
        rounds = 1 if strategy is Strategy.ONE_SHOT else None
        budget = Budget(max_rounds=rounds, max_time_s=None, max_calls=CALLS)
        loop = Loop(
            writer=ToldWriter(writer, strategy, donor),
            executor=self.executor,
            critic=MeasuredCritic(),
            proxy=UserProxy(budget=budget, patience=NEVER),
        )
        outcome = await loop.run(_task(one, hidden=False))
        self.outcomes.append(outcome)
        told = f"{one.task_id} {seed} {strategy.value}: {outcome.stopped_because.value}"
        print(told, file=sys.stderr, flush=True)
        return outcome


async def measure(*, base_url: str, name: str, count: int, seeds: int, sandbox: str) -> Served:
    """Run the shortest tasks under every strategy."""
    chosen = shortest(count)
    model = OpenAIModel(name, base_url=base_url, options=ModelOptions(max_tokens=MAX_TOKENS))
    executor = executor_for(sandbox, on_notice=lambda _: None)
    bench = Bench(model, executor)
    columns: dict[Strategy, list[list[Ran]]] = {strategy: [] for strategy in Strategy}
    async with model, executor:
        critiques = [await _critiques(bench, one, seeds) for one in chosen]
        for place, one in enumerate(chosen):
            donors = [_donor(critiques, place, seed) for seed in range(seeds)]
            for strategy in Strategy:
                columns[strategy].append(await bench.column(one, strategy, donors))
    runs: dict[Strategy, Runs] = {
        s: [list(row) for row in zip(*found, strict=True)] for s, found in columns.items()
    }
    best = runs[Strategy.TRUE]
    return Served(
        model=name,
        names=[one.entry_point for one in chosen],
        seeds=seeds,
        drafts=sum(len(outcome.rounds) for outcome in bench.outcomes),
        without=sum(not outcome.rounds for outcome in bench.outcomes),
        figures={s: figures(found) for s, found in runs.items()},
        gains={s: gain(best, found) for s, found in runs.items() if s is not Strategy.TRUE},
    )


def shortest(count: int) -> list[CodeTask]:
    """Return the tasks with examples whose right answers are shortest."""
    with_examples = [one for one in tasks() if one.examples]
    return sorted(with_examples, key=lambda one: (len(one.reference), one.task_id))[:count]


def _task(one: CodeTask, *, hidden: bool) -> Task:
    if hidden:
        task = code_task(one.goal, signature=one.signature, hidden_tests=one.tests)
    else:
        task = code_task(one.goal, signature=one.signature)
    return replace(task, rubric=_gates())


def _gates() -> Rubric:
    """Return what makes a program right, without what makes it well made."""
    whole = rubrics.load("code")
    return replace(whole, dimensions=tuple(d for d in whole.dimensions if d.gate))


async def _critiques(bench: Bench, one: CodeTask, seeds: int) -> list[Critique]:
    """Return what the critic says of the first drafts, seed by seed, where there is one."""
    outcomes = [await bench.outcome(one, Strategy.ONE_SHOT, seed, nobody) for seed in range(seeds)]
    return [turn.critique for outcome in outcomes for turn in outcome.rounds]


def _donor(critiques: Sequence[Sequence[Critique]], place: int, seed: int) -> Donor:
    others = [*critiques[place + 1 :], *critiques[:place]]
    faulty = [row[seed % len(row)] for row in others if row and row[seed % len(row)].findings]
    faulty = faulty or [Critique("none", ())]  # no other task had a program to criticise
    return lambda number: faulty[(number - 1) % len(faulty)]


async def _ran(outcome: Outcome, oracle: Oracle) -> Ran:
    first, best = outcome.rounds[0] if outcome.rounds else None, outcome.best
    return Ran(
        accepted=outcome.accepted,
        right=best is not None and await oracle.is_right(best.code),
        first_right=first is not None and await oracle.is_right(first.code),
        calls=outcome.spend.calls,
        tokens=outcome.spend.tokens,
        rounds=len(outcome.rounds),
    )


def text(found: Served) -> str:
    """Return the table with what it depends on."""
    gains = "; ".join(
        f"{gain_text(gained)} over {way.value}: {verdict(gained)}"
        for way, gained in found.gains.items()
    )
    table = figures_table({s.value: one for s, one in found.figures.items()})
    return f"""#### A real small model

{found.model} on a server of its own, {len(found.names)} of the shortest code tasks ({
        ", ".join(found.names)
    }), {found.seeds} seeds, at most {CALLS} calls, temperature {TEMPERATURE:g}; the shipped agent
"code_writer". The critic runs the examples of the docstring, the oracle the hidden tests too. In
{found.without} runs there was no program in the model's answers; {found.drafts} programs ran. This
says that the loop runs with a real model, and nothing about what it is worth with a better one.

{table}

Share right under the true critique less that of the others: {gains}."""


def as_json(found: Served) -> dict[str, Any]:
    """Return everything as JSON types."""
    return {
        "model": found.model,
        "tasks": list(found.names),
        "seeds": found.seeds,
        "calls": CALLS,
        "drafts": found.drafts,
        "runs_without_a_program": found.without,
        "strategies": {s.value: plain(one) for s, one in found.figures.items()},
        "gains_of_true_critique": {s.value: one._asdict() for s, one in found.gains.items()},
    }
