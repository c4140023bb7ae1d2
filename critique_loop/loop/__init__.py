"""The loop: draft, run, criticise, decide, again; every step kept before the next one begins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Unpack

import anyio
import anyio.from_thread
from anyio import to_thread

from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import CallError, OptionError
from critique_loop.loop import branching
from critique_loop.loop.beginning import RunOptions, new_run_id
from critique_loop.loop.claiming import claimed
from critique_loop.loop.data import check_data
from critique_loop.loop.run import Run
from critique_loop.protocols import Critic, Executor, TraceStore, UserProxy, Writer
from critique_loop.values import Outcome, Round, StopReason, Task

__all__ = ["Loop", "RunOptions", "run_blocking"]


class Loop:
    """Runs tasks. One loop may run many, also at the same time; none sees anything of another."""

    def __init__(
        self,
        *,
        writer: Writer,
        executor: Executor,
        critic: Critic,
        proxy: UserProxy,
        store: TraceStore | None = None,
    ) -> None:
        """Keep the actors. Without a ``store`` the trace is in the outcome only.

        Where the writer drafts several candidates a turn, each is run and scored as a round of its
        own, until one is accepted. A user proxy's budget holds for the models, too.
        """
        self.writer = writer
        self.executor = executor
        self.critic = critic
        self.proxy = proxy
        self.store = store

    async def rounds(self, task: Task, **options: Unpack[RunOptions]) -> AsyncGenerator[Round]:
        """Yield each round of a new run when its decision has been made and stored.

        Leaving the iteration early ends the run there; the trace says so.

        Raises:
            StoreError: a step could not be stored; no further step was begun.
        """
        run = Run(self, task, options)
        with claimed(self.store, run.id):
            async with aclosing(run.rounds()) as turns:
                async for turn in turns:
                    yield turn

    async def run(self, task: Task, **options: Unpack[RunOptions]) -> Outcome:
        """Run the task to its end and return the outcome; options and errors as for ``rounds``."""
        run = Run(self, task, options)
        with claimed(self.store, run.id):
            return await _to_its_end(run)

    async def resume(self, run: str, **options: Unpack[RunOptions]) -> Outcome:
        """Go on with a run that is in the store, where it had stopped, and return its outcome.

        What it has is not done again: stored drafts, executions and critiques stand, and a reply
        that a model gave is in the cache. What it spent counts against the budget. The decision
        that stopped it is asked for anew. Where writer or critic are others than before, the trace
        says so; ``settings``, where given, take the place of those that the run had.

        Raises:
            CallError: there is no store or no such run, or it was accepted; or its data is gone or
                changed; or somebody else goes on with it at this moment: then nothing was asked or
                run here.
            StoreError: a step could not be stored.
        """
        OptionError.refuse(options, RunOptions.__annotations__)
        with claimed(self.store, run):
            found = await self._unfinished(run, options)
            options["run_id"] = run
            return await _to_its_end(Run(self, found.started.task, options, found))

    async def _unfinished(self, run: str, options: RunOptions) -> Checkpoint:
        store, found = await self._found(run)
        branching.refuse_rescoring(found)
        if found.ended is not None and found.ended.stopped_because is StopReason.ACCEPTED:
            raise CallError(
                f"run {run} was accepted: there is nothing left to do",
                remedy=f"Try something else from one of its rounds: critique-loop resume {run} "
                "--from ROUND.",
            )
        if found.is_copying:
            await branching.completed(store, found, options.get("on_event"))
            _, found = await self._found(run)
        await to_thread.run_sync(check_data, found.started)
        return found

    async def branch(self, run: str, *, from_round: int, **options: Unpack[RunOptions]) -> Outcome:
        """Try something else from a round of a run in the store, and return the new run's outcome.

        The new run (``run_id`` names it) begins with copies of the rounds up to ``from_round``: its
        decision too, unless that ended the run; then it is asked for anew. The old run stays as it
        is, and an accepted one may be branched, too. What the copies cost is told in the old run
        alone, and does not count against the branch's budget; its limit of rounds counts them.

        Raises:
            CallError: there is no store, no such run or round; its data is gone or changed.
            StoreError: a step could not be stored.
        """
        OptionError.refuse(options, RunOptions.__annotations__)
        store, found = await self._found(run)
        branching.check_round(found, from_round)
        await to_thread.run_sync(check_data, found.started)
        options["run_id"] = options.get("run_id") or new_run_id()
        with claimed(store, options["run_id"]):
            events = await branching.begun(self, store, found, from_round, options)
            begun = Checkpoint.of(options["run_id"], events)
            options.pop("settings", None)  # they are in its start
            return await _to_its_end(Run(self, begun.started.task, options, begun))

    async def _found(self, run: str) -> tuple[TraceStore, Checkpoint]:
        if self.store is None:
            raise CallError(
                "a loop without a store has no runs to go on with",
                remedy="Give it the store that the run is in: Loop(store=...).",
            )
        events = [event async for event in self.store.events(run)]
        if not events:
            raise CallError(f"no run has the id {run!r}", remedy="List them: critique-loop ls")
        return self.store, Checkpoint.of(run, events)

    def run_sync(self, task: Task, **options: Unpack[RunOptions]) -> Outcome:
        """Do as ``run`` does, from code that is not async.

        Works inside a notebook, too: where an event loop is running in this thread, the run gets a
        thread and an event loop of its own.
        """
        return run_blocking(lambda: self.run(task, **options))


async def _to_its_end(run: Run) -> Outcome:
    async with aclosing(run.rounds()) as turns:
        async for _ in turns:
            pass
    return run.outcome()


def run_blocking(main: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Run an async function to its end, in this thread or, where an event loop runs, in another."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return anyio.run(main)
    with anyio.from_thread.start_blocking_portal() as portal:
        future = portal.start_task_soon(main)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C in a notebook: the run cleans up before the portal closes
            raise
