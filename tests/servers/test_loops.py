"""Whole runs with models that say nothing of sense: each ends in an outcome that says so.

Nothing here is about quality. What must hold: no exception comes out, what was cut off never runs,
what has no valid score is unscored, and the trace holds every call.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop import definitions
from critique_loop import rubric as rubrics
from critique_loop.budget import Budget
from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.model import ModelCritic
from critique_loop.data import profile
from critique_loop.executors.docker import DockerExecutor
from critique_loop.loop import Loop
from critique_loop.protocols import Executor
from critique_loop.proxy import UserProxy
from critique_loop.testing import MemoryStore, ScriptedExecutor, ScriptedWriter
from critique_loop.values import Call, EventKind, ExecutionStatus, Outcome, StopReason, Task
from critique_loop.writers.model import ModelWriter
from tests.servers.places import AGENTS, Place

pytestmark = [pytest.mark.anyio, pytest.mark.servers, pytest.mark.slow]

AIRPORTS = Path(__file__).parents[2] / "recipes" / "data" / "airports.csv"
BUDGET = Budget(max_rounds=2, max_time_s=90.0)
UNFINISHED = {
    StopReason.ROUNDS,
    StopReason.TIME,
    StopReason.STUCK,
    StopReason.WRITER_GAVE_UP,
}
A_PROGRAM = "print('a program')"


def chart_of_airports() -> Task:
    rubric = rubrics.load("charts-judged")
    return Task("number of airports by state", rubric, tables=(profile(AIRPORTS),))


async def run_with(place: Place, executor: Executor, *, written: bool = True, seed: int = 2) -> Run:
    """Run the loop with a model as critic and, unless a script writes, as writer."""
    store = MemoryStore()
    definition = replace(definitions.load(AGENTS / "writer.md"), seed=seed)
    async with place.open(max_tokens=160) as model:
        writer = ModelWriter(model, definition=definition)
        loop = Loop(
            writer=writer if written else ScriptedWriter([A_PROGRAM]),
            executor=executor,
            critic=CombinedCritic(
                [MeasuredCritic(), ModelCritic(model, definition=AGENTS / "critic.md")]
            ),
            proxy=UserProxy(budget=BUDGET),
            store=store,
        )
        outcome = await loop.run(chart_of_airports())
    return Run(outcome, store, is_scripted=not written)


class Run:
    """What came of a run, and its trace."""

    def __init__(self, outcome: Outcome, store: MemoryStore, *, is_scripted: bool) -> None:
        self.is_scripted = is_scripted
        self.outcome = outcome
        self.kinds = [event.kind for event in store.kept]
        self.calls = [event.body for event in store.kept if isinstance(event.body, Call)]


def assert_is_told_in_full(run: Run) -> None:
    spend = run.outcome.spend
    assert run.outcome.stopped_because in UNFINISHED  # nothing such a model says is accepted
    assert run.kinds[0] is EventKind.STARTED
    assert run.kinds[-1] is EventKind.ENDED
    assert sum(call.requests for call in run.calls) == spend.calls
    assert spend.calls > 0
    assert spend.seconds < (BUDGET.max_time_s or 0) + 15
    if run.outcome.stopped_because is StopReason.WRITER_GAVE_UP and not run.is_scripted:
        assert "complete program" in run.outcome.message or "no program" in run.outcome.message


def assert_scores_are_valid(run: Run) -> None:
    for turn in run.outcome.rounds:
        for score in turn.critique.scores:
            assert (score.value is None) is bool(score.unscored)
            assert score.value is None or 0 <= score.value <= 10


async def test_a_run_with_scripted_executions_ends_with_an_honest_reason(place: Place) -> None:
    run = await run_with(place, ScriptedExecutor())

    assert_is_told_in_full(run)
    assert_scores_are_valid(run)
    assert all(ast.parse(turn.code) for turn in run.outcome.rounds)


async def test_a_critic_that_says_nothing_of_sense_scores_nothing_wrongly(place: Place) -> None:
    run = await run_with(place, ScriptedExecutor(), written=False)

    assert_is_told_in_full(run)
    assert_scores_are_valid(run)
    assert run.outcome.rounds
    for score in run.outcome.rounds[0].critique.scores:
        assert score.value is None or score.evidence  # nothing is scored without a reason


@pytest.mark.docker
async def test_a_run_in_the_real_sandbox_ends_with_an_honest_reason(place: Place) -> None:
    run = await run_with(place, DockerExecutor())
    for seed in (1, 3, 4) if place.shown.writes else ():
        if not run.outcome.rounds:
            run = await run_with(place, DockerExecutor(), seed=seed)

    assert_is_told_in_full(run)
    assert bool(run.outcome.rounds) is place.shown.writes
    assert_scores_are_valid(run)
    for turn in run.outcome.rounds:
        assert turn.execution.sandbox == "docker"
        if turn.execution.status is not ExecutionStatus.OK:
            assert all(not score.passed for score in turn.critique.scores)
