"""Runs of the loop under each strategy, and what is counted of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from loop_value_maths import Grid, Interval, difference, ratio
from loop_value_models import SimulatedModel
from loop_value_strategies import Donor, Strategy, ToldWriter
from loop_value_worlds import Case, SimulatedExecutor, World

from critique_loop.budget import Budget
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.definitions import load
from critique_loop.loop import Loop
from critique_loop.proxy import Asking, UserProxy
from critique_loop.values import Critique, Outcome
from critique_loop.writers.model import ModelWriter

NEVER = 10**6  # rounds of patience
AGENT = "chart_writer"


@dataclass(frozen=True, slots=True)
class Way:
    """A strategy, and how the user proxy goes about it."""

    strategy: Strategy
    gates_first: bool = False
    patience: int = NEVER
    label: str = ""

    @property
    def name(self) -> str:
        """What the tables call it."""
        return self.label or self.strategy.value


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one run. ``first_right`` is the oracle's word on its first draft."""

    accepted: bool
    right: bool
    first_right: bool
    calls: int
    tokens: int
    rounds: int


Runs = Sequence[Sequence[Ran]]  # one row a seed, one column a task


def ran(outcome: Outcome, is_right: Callable[[str], bool]) -> Ran:
    """Return what is counted of an outcome; where nothing was written, nothing is right."""
    first, best = outcome.rounds[0] if outcome.rounds else None, outcome.best
    return Ran(
        accepted=outcome.accepted,
        right=best is not None and is_right(best.code),
        first_right=first is not None and is_right(first.code),
        calls=outcome.spend.calls,
        tokens=outcome.spend.tokens,
        rounds=len(outcome.rounds),
    )


async def simulate(
    world: World, way: Way, found: Sequence[Case], *, seed: int, budget: Budget
) -> list[Ran]:
    """Run every task of a world once."""
    is_shuffled = way.strategy is Strategy.SHUFFLED
    donors = [await _critique(world, case, seed) for case in found] if is_shuffled else []
    return [
        ran(
            await _outcome(world, way, case, seed, _Run(budget, _donor(donors, case))),
            case.is_right,
        )
        for case in found
    ]


@dataclass(frozen=True, slots=True)
class _Run:
    budget: Budget
    donor: Donor


async def _outcome(world: World, way: Way, case: Case, seed: int, run: _Run) -> Outcome:
    writer = ModelWriter(SimulatedModel(world, case, seed), definition=load(AGENT))
    once = way.strategy is Strategy.ONE_SHOT
    proxy = UserProxy(
        budget=replace(run.budget, max_rounds=1) if once else run.budget,
        patience=way.patience,
        asking=Asking(gates_first=way.gates_first),
    )
    loop = Loop(
        writer=ToldWriter(writer, way.strategy, run.donor),
        executor=SimulatedExecutor(case),
        critic=MeasuredCritic(),
        proxy=proxy,
    )
    return await loop.run(case.task)


async def _critique(world: World, case: Case, seed: int) -> Critique:
    """Return what the critic says of the task's first draft."""
    run = _Run(Budget(max_time_s=None), nobody)
    outcome = await _outcome(world, Way(Strategy.ONE_SHOT), case, seed, run)
    return outcome.rounds[0].critique


def nobody(number: int) -> Critique:
    """Stand for a donor where none is asked.

    Raises:
        ValueError: it was asked.
    """
    raise ValueError(f"round {number} has nobody's critique")


def _donor(critiques: Sequence[Critique], case: Case) -> Donor:
    """Return critiques of other tasks that found fault, another one for each round."""
    if not critiques:
        return nobody
    others = [*critiques[case.number + 1 :], *critiques[: case.number]]
    faulty = [critique for critique in others if critique.findings] or others
    return lambda number: faulty[(number - 1) % len(faulty)]


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one strategy, with their intervals.

    ``lost`` and ``gained``: right first drafts that ended wrong, wrong ones that ended right, of
    all runs. The costs are for one result that is accepted and right.
    """

    accepted: Interval
    right: Interval
    wrongly_accepted: Interval
    lost: Interval
    gained: Interval
    calls: Interval
    tokens: Interval
    calls_a_result: Interval
    tokens_a_result: Interval


def figures(runs: Runs) -> Figures:
    """Return all figures of one strategy."""

    def grid(value: Callable[[Ran], float]) -> Grid:
        return [[float(value(one)) for one in row] for row in runs]

    good = grid(lambda one: one.accepted and one.right)
    return Figures(
        accepted=ratio(grid(lambda one: one.accepted)),
        right=ratio(grid(lambda one: one.right)),
        wrongly_accepted=ratio(grid(lambda one: one.accepted and not one.right)),
        lost=ratio(grid(lambda one: one.first_right and not one.right)),
        gained=ratio(grid(lambda one: one.right and not one.first_right)),
        calls=ratio(grid(lambda one: one.calls)),
        tokens=ratio(grid(lambda one: one.tokens)),
        calls_a_result=ratio(grid(lambda one: one.calls), good),
        tokens_a_result=ratio(grid(lambda one: one.tokens), good),
    )


def gain(
    one: Runs, other: Runs, value: Callable[[Ran], float] = lambda found: found.right
) -> Interval:
    """Return by how much a mean (default: the share right) is higher, task by task."""
    rows = [[[float(value(ran)) for ran in row] for row in runs] for runs in (one, other)]
    return difference(*rows)
