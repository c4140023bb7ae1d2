"""A batch from its tasks to its outcomes: opened, worked on, watched, and told of."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import cast

import anyio
import anyio.to_thread

from critique_loop.batch.configuration import Config
from critique_loop.batch.keys import Contents
from critique_loop.batch.leaving import remove_leftovers
from critique_loop.batch.making import Actors, Workshop
from critique_loop.batch.opening import Opened, opened
from critique_loop.batch.outcomes import OutcomeFile
from critique_loop.batch.plan import (
    BatchEnd,
    BatchReport,
    Listening,
    Plan,
    python,
    require_settings_alone,
)
from critique_loop.batch.processes import RESTARTS_EACH, Processes, worker_command
from critique_loop.batch.progress import Tally
from critique_loop.batch.results import result_of
from critique_loop.batch.sandboxes import Room, SharedExecutor
from critique_loop.batch.working import Desk, Pace, Watch, Worker
from critique_loop.budget import Budget
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError, CritiqueLoopError, StoreError
from critique_loop.ledger import Ledger
from critique_loop.protocols import Executor
from critique_loop.store.batches import Batch, Batches
from critique_loop.store.charges import Charged
from critique_loop.store.leases import Leases
from critique_loop.values import Spend, StopReason

_LOOK_S = 0.5


async def run_plan(plan: Plan, listening: Listening) -> BatchReport:
    """Run a batch as far as it goes; what was out of order is in the report.

    Raises:
        CallError: a task can't be run, the configuration was changed, the folder can't be written,
            or another process runs the batch: nothing was started.
        StoreError: the store can't be written.
    """
    with Batches(plan.store.path) as batches:
        workshop = Workshop(config_of(plan), plan.actors, plan.store)
        found = await anyio.to_thread.run_sync(opened, plan, batches, workshop)
        run = _Running(plan, listening, batches, found)
        try:
            return await run.run()
        finally:
            with anyio.CancelScope(shield=True), suppress(StoreError):
                await anyio.to_thread.run_sync(batches.leave, found.batch)


def config_of(plan: Plan) -> Config:
    """Return the configuration of all loops; errors as for ``Config.of``."""
    return Config.of(plan.settings, Contents(), rubric=plan.rubric, parts=plan.actors.names)


@asynccontextmanager
async def shared_executor(
    settings: LoopSettings, actors: Actors, room: Room
) -> AsyncGenerator[Executor]:
    """Lend the executor of all loops of one process, with sandboxes that wait for them."""
    executor = actors.executor
    if executor is None:
        from critique_loop.executors.choosing import executor_for  # noqa: PLC0415 - msgspec loads
        from critique_loop.executors.executor import Reuse  # noqa: PLC0415 - as above

        reuse = Reuse(warm=max(1, room.running // 2))
        executor = executor_for(settings.sandbox, reuse=reuse, on_notice=actors.on_notice)
    if not isinstance(executor, AbstractAsyncContextManager):
        yield SharedExecutor(executor, room)
        return
    async with cast("AbstractAsyncContextManager[object]", executor):
        yield SharedExecutor(cast("Executor", executor), room)


async def work_on(
    batch: Batch, batches: Batches, *, plan: Plan, listening: Listening, ledger: Ledger
) -> Worker:
    """Be a worker of a batch in this process, until nothing is left to do; return it.

    ``ledger`` counts what this worker's loops take.

    Raises:
        StoreError: the store can't be written any more.
    """
    room = plan.width.room()
    config = Config.from_text(batch.config)
    live = plan.width.live_of_each(config.settings, room)
    store = plan.store
    async with shared_executor(config.settings, plan.actors, room) as executor:
        workshop = Workshop(config, replace(plan.actors, executor=executor), store)
        desk = Desk(store, batches, Leases(batches, batch), workshop, ledger)
        watch = Watch(listening.stop_requested, listening.on_event, remove_leftovers)
        worker = Worker(desk, Pace(live, plan.pauses_s), watch)
        await worker.work()
    return worker


def ledger_of(budget: Budget, batches: Batches, batch: Batch) -> Ledger:
    """Return the ledger of a batch: what its loops have taken before counts."""
    charged = batches.charged(batch)
    spent = Spend(calls=charged.calls, tokens=charged.tokens, charged_usd=charged.usd)
    return Ledger(budget, spent=spent)


class _Running:
    """One command at work on one batch."""

    def __init__(self, plan: Plan, listening: Listening, batches: Batches, found: Opened) -> None:
        self._plan = plan
        self._listening = listening
        self._batches = batches
        self._found = found
        self._tally = Tally(0)
        self._begun: dict[str, Charged] = {}
        self._last = 0
        self._outcomes = (
            OutcomeFile(plan.out, store=plan.store if plan.files else None) if plan.out else None
        )
        self._failure: CritiqueLoopError | None = None
        self._limit: StopReason | None = None

    async def run(self) -> BatchReport:
        if self._outcomes is not None:
            self._outcomes.begin()
        counts = await anyio.to_thread.run_sync(self._batches.counts, self._found.batch)
        self._tally.total = counts.total
        self._tally.begin(await self._charged())
        self._begun = await anyio.to_thread.run_sync(self._batches.begun, self._found.batch)
        await self._look(kept=True)
        if not self._tally.now().complete:
            async with anyio.create_task_group() as group:
                ended = anyio.Event()
                group.start_soon(self._observe, ended)
                try:
                    await self._work()
                except CritiqueLoopError as error:  # a group would wrap it
                    self._failure = error
                ended.set()
        self._tally.running = 0
        await self._look()
        self._tally.taken = await self._charged()  # also what has not come to an end
        return self._report()

    async def _charged(self) -> Charged:
        return await anyio.to_thread.run_sync(self._batches.charged, self._found.batch)

    async def _work(self) -> None:
        plan, batch = self._plan, self._found.batch
        if plan.width.workers > 1:
            require_settings_alone(self._found.config)
            await self._work_in_processes()
            return
        ledger = await anyio.to_thread.run_sync(ledger_of, plan.budget, self._batches, batch)
        worker = await work_on(
            batch, self._batches, plan=plan, listening=self._listening, ledger=ledger
        )
        self._failure, self._limit = worker.failure or self._failure, worker.budget_ended

    async def _work_in_processes(self) -> None:
        plan, batch = self._plan, self._found.batch
        ledger = ledger_of(plan.budget, self._batches, batch)
        options = worker_options(plan, self._found.config.settings, ledger)
        command = worker_command(python(), batch.id, plan.store.path.absolute(), options)
        # A successor would begin with the whole share of one that had used some of it.
        restarts = 0 if is_limited(plan.budget) else RESTARTS_EACH
        workers = Processes(command, plan.width.workers, on_death=self._bury, restarts=restarts)
        await workers.run(self._listening.stop_requested)
        left = await anyio.to_thread.run_sync(self._batches.counts, batch)
        if left.waiting + left.leased and not self._listening.stop_requested():
            self._failure = workers.failure
            spent = ledger_of(plan.budget, self._batches, batch)
            self._limit = None if self._failure else _limit(plan.budget, spent)

    def _bury(self) -> None:
        """Give back what dead workers had, and remove their containers."""
        if Leases(self._batches, self._found.batch).reap():
            remove_leftovers()

    async def _observe(self, ended: anyio.Event) -> None:
        while not ended.is_set():
            try:
                await self._look()
            except CritiqueLoopError as error:
                self._failure = error
                self._outcomes = None  # the store has all of it; the same command writes it again
            with anyio.move_on_after(_LOOK_S):
                await ended.wait()

    async def _look(self, *, kept: bool = False) -> None:
        """Take in what has finished since the last look."""
        batch, batches = self._found.batch, self._batches
        while found := await anyio.to_thread.run_sync(partial(batches.finished, batch, self._last)):
            self._last = found[-1].number
            for one in found:
                counted = self._begun.pop(one.item, Charged())
                self._tally.add(result_of(one), kept=kept, counted=counted)
            if self._outcomes is not None:
                await self._outcomes.add(found)
        self._tally.running = await anyio.to_thread.run_sync(batches.leased, batch)
        if self._listening.on_progress is not None:
            self._listening.on_progress(self._tally.now())

    def _report(self) -> BatchReport:
        progress = self._tally.now()
        if self._failure is not None:
            ended = BatchEnd.FAILED
        elif progress.complete:
            ended = BatchEnd.COMPLETE
        elif self._limit is not None:
            ended = BatchEnd.BUDGET
        else:
            ended = BatchEnd.INTERRUPTED
        return BatchReport(
            batch=self._found.batch.id,
            title=self._plan.source.title,
            progress=progress,
            ended=ended,
            limit=self._limit if ended is BatchEnd.BUDGET else None,
            failure=self._failure,
            outcomes=self._outcomes.path if self._outcomes else None,
            repeated=self._found.repeated,
        )


def worker_options(plan: Plan, settings: LoopSettings, ledger: Ledger) -> list[str]:
    """Return the options of each worker: its part of the width and of what is left of the budget.

    Raises:
        CallError: too little of the budget is left to be shared.
    """
    width, number = plan.width, plan.width.workers
    room = width.room()
    options = ["--concurrency", str(width.live_of_each(settings, room))]
    options += ["--sandboxes", str(room.running)]
    left, spent = plan.budget, ledger.spend()
    if left.max_calls is not None:
        options += ["--total-calls", str(max(0, left.max_calls - spent.calls) // number)]
    if left.max_tokens is not None:
        options += ["--total-tokens", str(max(0, left.max_tokens - spent.tokens) // number)]
    if left.max_cost_usd is not None:
        share = max(0.0, left.max_cost_usd - spent.counted_usd) / number
        options += ["--total-cost", f"{share:.9f}"]
    if left.max_time_s is not None:
        options += ["--total-time", f"{left.max_time_s:g}"]
    return options


def is_limited(budget: Budget) -> bool:
    """Whether workers share out what may be spent."""
    spending = (budget.max_calls, budget.max_tokens, budget.max_cost_usd)
    return any(most is not None for most in spending)


def _limit(budget: Budget, ledger: Ledger) -> StopReason | None:
    """Return the limit that a budget is at, or else the first that it has.

    Workers end at their share of it, which need not be the whole.
    """
    found = budget.ended_by(ledger.spend())
    limits = (
        (StopReason.COST, budget.max_cost_usd),
        (StopReason.TOKENS, budget.max_tokens),
        (StopReason.CALLS, budget.max_calls),
        (StopReason.TIME, budget.max_time_s),
    )
    return found or next((reason for reason, most in limits if most is not None), None)


def require_one_worker(plan: Plan) -> None:
    """Refuse workers in other processes for what only this process can build.

    Raises:
        CallError: actors were given as objects, and more than one worker is wanted.
    """
    if plan.width.workers > 1 and (plan.actors.names or plan.actors.executor is not None):
        raise CallError(
            "actors given as objects can't be handed to other processes",
            remedy="Run with one worker.",
        )
