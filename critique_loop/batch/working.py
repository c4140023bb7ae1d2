"""One worker: takes items of a batch, runs their loops, and says what became of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from critique_loop.batch.lines import TaskLine, parse
from critique_loop.batch.making import Workshop
from critique_loop.batch.results import UNAVAILABLE, Result, is_final
from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import (
    CallError,
    CritiqueLoopError,
    ModelError,
    ModelErrorKind,
    SandboxUnavailable,
    StoreError,
)
from critique_loop.ledger import Ledger
from critique_loop.loop import RunOptions
from critique_loop.store import SqliteStore
from critique_loop.store.batches import Batches
from critique_loop.store.leases import Lease, Leases
from critique_loop.values import Event, Outcome, StopReason, Task

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_MOST_UNAVAILABLE = 5
_BEATS_PER_LEASE = 6


@dataclass(frozen=True, slots=True)
class Pace:
    """How many loops are live at once, and how often one that failed is tried again, after what.

    ``poll_s`` is how often somebody who has nothing to do looks for items that others gave back.
    """

    live: int = 4
    pauses_s: tuple[float, ...] = (2.0, 15.0)
    poll_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Watch:
    """Who may end the work after the rounds under way, and who sees every step of every run.

    ``on_gone`` is called in a thread when another worker turns out to have ended.
    """

    stop_requested: Callable[[], bool] = bool
    on_event: Callable[[Event], None] | None = None
    on_gone: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """What a worker works with: the store, the batch's items in it, what makes tasks and loops."""

    store: SqliteStore
    batches: Batches
    leases: Leases
    workshop: Workshop
    ledger: Ledger


class Worker:
    """Works on the items of a batch until none waits, or it is to stop.

    ``failure`` is what kept it from going on; ``budget_ended`` whether the batch's budget did.
    """

    def __init__(self, desk: Desk, pace: Pace, watch: Watch) -> None:
        """Nothing is claimed yet."""
        self.failure: CritiqueLoopError | None = None
        self.running: int = 0
        self._desk = desk
        self._pace = pace
        self._watch = watch
        self._freed = anyio.Event()
        self._unavailable = 0
        self._one_at_a_time = anyio.CapacityLimiter(1)

    @property
    def budget_ended(self) -> StopReason | None:
        """The limit of the batch's budget that was reached."""
        ledger = self._desk.ledger
        return ledger.ended or ledger.budget.ended_by(ledger.spend())

    async def work(self) -> None:
        """Work. What is unfinished in the end waits for another worker, or for the next command.

        Raises:
            StoreError: the store can't be written any more, or others took over what it had.
        """
        leases = self._desk.leases
        await self._stored(leases.enter)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._beat, group.cancel_scope)
                await self._claim_all(group)
                while self.running:
                    await self._freed.wait()
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._kept(leases.leave)
        if isinstance(self.failure, StoreError):
            raise self.failure

    def _stopping(self) -> bool:
        return (
            self.failure is not None
            or self._watch.stop_requested()
            or self.budget_ended is not None
        )

    async def _claim_all(self, group: TaskGroup) -> None:
        while not self._stopping():
            free = self._pace.live - self.running
            if not free:
                await self._freed_within(self._pace.poll_s)
                continue
            claimed = await self._kept(partial(self._desk.leases.claim, free)) or []
            for lease in claimed:
                self.running += 1
                group.start_soon(self._one, lease)
            if not claimed and not self.failure:
                if not self.running and not await self._others_work():
                    return
                await self._freed_within(self._pace.poll_s)

    async def _others_work(self) -> bool:
        """Whether there is something left to wait for: items of others, or given back by now."""
        desk = self._desk
        await self._reap()
        counts = await self._kept(lambda: desk.batches.counts(desk.leases.batch))
        return counts is not None and counts.waiting + counts.leased > 0

    async def _beat(self, scope: anyio.CancelScope) -> None:
        """Say now and then that this worker lives, and take back what dead ones had."""
        while not isinstance(self.failure, StoreError):
            await anyio.sleep(self._desk.leases.lease_s / _BEATS_PER_LEASE)
            await self._kept(self._desk.leases.heartbeat)
            await self._reap()
        scope.cancel()  # nothing that is done now could be kept

    async def _reap(self) -> None:
        if await self._kept(self._desk.leases.reap) and self._watch.on_gone is not None:
            await anyio.to_thread.run_sync(self._watch.on_gone)

    async def _one(self, lease: Lease) -> None:
        """Run the loop of one item, and say what became of it."""
        line = TaskLine()
        try:
            line = parse(lease.spec)
            result, finished = await self._result(lease, line)
        except StoreError as error:
            self.failure = error
        except CritiqueLoopError as error:
            await self._finish(lease, line, error.problem)
        except Exception as error:  # noqa: BLE001 - one task must not take the others with it
            _log.exception("the loop of item %s crashed", lease.item)
            await self._finish(lease, line, f"{type(error).__name__}: {error}")
        else:
            step = self._desk.leases.complete if finished else self._desk.leases.release
            await self._kept(partial(step, lease.item, result.text))
        finally:
            self.running -= 1
            self._wake()

    async def _finish(self, lease: Lease, line: TaskLine, why: str) -> None:
        name = str(line.id) if line.given("id") else lease.item
        run = None if lease.is_fresh else lease.run_id
        result = Result(id=name, run=run, message=why, goal=line.goal)
        await self._kept(partial(self._desk.leases.complete, lease.item, result.text, failed=True))

    async def _result(self, lease: Lease, line: TaskLine) -> tuple[Result, bool]:
        """Return what became of an item, and whether that is the end of it.

        Raises:
            CritiqueLoopError: the loop can't be run.
        """
        task = await self._desk.workshop.task(line, lease.item)
        outcome = await self._tried(lease, line, task)
        if not is_final(outcome, self._desk.ledger.ended):
            if outcome.stopped_because in UNAVAILABLE and not self._stopping():
                raise CallError(outcome.message)
            return Result.spent(outcome.spend), False
        name = str(line.id) if line.given("id") else lease.item
        return Result.of(outcome, name), True

    async def _tried(self, lease: Lease, line: TaskLine, task: Task) -> Outcome:
        """Run it, again after a while where it crashed or what it needs could not be had."""
        for pause_s in self._pace.pauses_s:
            try:
                outcome = await self._run(lease, line, task)
            except CritiqueLoopError:
                raise
            except Exception:  # noqa: BLE001 - tried again; the last time it is told
                _log.warning("the loop of item %s crashed and is tried again", lease.item)
            else:
                if outcome.stopped_because not in UNAVAILABLE:
                    self._unavailable = 0
                    return outcome
                self._count_unavailable(outcome)
                if self._stopping():
                    return outcome
                await anyio.sleep(pause_s)
            lease = replace(lease, is_fresh=False)
        return await self._run(lease, line, task)

    def _count_unavailable(self, outcome: Outcome) -> None:
        """Give up all where nothing but failures to reach something come in."""
        self._unavailable += 1
        if self._unavailable < max(_MOST_UNAVAILABLE, self._pace.live):
            return
        if outcome.stopped_because is StopReason.SANDBOX_UNAVAILABLE:
            self.failure = SandboxUnavailable(outcome.message)
        else:
            self.failure = ModelError(ModelErrorKind.CONNECTION, outcome.message)

    async def _run(self, lease: Lease, line: TaskLine, task: Task) -> Outcome:
        """Run a loop, or go on with it where the store has something of it."""
        desk = self._desk
        loop = desk.workshop.loop(line)
        options: RunOptions = {
            "run_id": lease.run_id,
            "ledger": desk.ledger,
            "stop_requested": self._stopping,
        }
        if self._watch.on_event is not None:
            options["on_event"] = self._watch.on_event
        events = [] if lease.is_fresh else [e async for e in desk.store.events(lease.run_id)]
        if not events:
            options["settings"] = desk.workshop.settings(line).plain()
            options["batch"], options["item"] = desk.leases.batch.id, lease.item
            return await loop.run(task, **options)
        found = Checkpoint.of(lease.run_id, events)
        if found.ended is not None:
            outcome = await desk.store.outcome(lease.run_id)
            if is_final(outcome, None) and not self._may_go_on(outcome, line):
                return outcome
        return await loop.resume(lease.run_id, **options)

    def _may_go_on(self, outcome: Outcome, line: TaskLine) -> bool:
        """Whether it was the batch's budget, not its own, that ended a run before."""
        own = self._desk.workshop.settings(line).budget
        most = {
            StopReason.CALLS: own.max_calls,
            StopReason.TOKENS: own.max_tokens,
            StopReason.COST: own.max_cost_usd,
            StopReason.TIME: own.max_time_s,
        }
        reason = outcome.stopped_because
        if reason is StopReason.TIME:
            return own.max_time_s is not None and outcome.spend.seconds < own.max_time_s
        return reason in most and most[reason] is None

    async def _kept(self, step: Callable[[], _T]) -> _T | None:
        """Do something with the store; where that fails, the worker ends."""
        try:
            return await self._stored(step)
        except StoreError as error:
            self.failure = error
            self._wake()
            return None

    async def _stored(self, step: Callable[[], _T]) -> _T:
        return await anyio.to_thread.run_sync(step, limiter=self._one_at_a_time)

    async def _freed_within(self, seconds: float) -> None:
        with anyio.move_on_after(seconds):
            await self._freed.wait()

    def _wake(self) -> None:
        freed, self._freed = self._freed, anyio.Event()
        freed.set()
