"""The loop: draft, run, criticise, decide, again; every step kept before the next one begins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Unpack

import anyio
import anyio.from_thread

from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import CallError
from critique_loop.loop.run import Run, RunOptions
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
        async with aclosing(Run(self, task, options).rounds()) as turns:
            async for turn in turns:
                yield turn

    async def run(self, task: Task, **options: Unpack[RunOptions]) -> Outcome:
        """Run the task to its end and return the outcome; options and errors as for ``rounds``."""
        return await _to_its_end(Run(self, task, options))

    async def resume(self, run: str, **options: Unpack[RunOptions]) -> Outcome:
        """Go on with a run that is in the store, where it had stopped, and return its outcome.

        What it has is not done again: stored drafts, executions and critiques stand, and a reply
        that a model gave is in the cache. What it spent counts against the budget. The decision
        that stopped it is asked for anew.

        Raises:
            CallError: there is no store or no such run, or it was accepted.
            StoreError: a step could not be stored, or another process goes on with the same run.
        """
        if self.store is None:
            raise CallError("a loop without a store has no runs to resume")
        events = [event async for event in self.store.events(run)]
        if not events:
            raise CallError(f"no run has the id {run!r}", remedy="List them: critique-loop ls")
        found = Checkpoint.of(run, events)
        if found.ended is not None and found.ended.stopped_because is StopReason.ACCEPTED:
            raise CallError(f"run {run} was accepted: there is nothing left to do")
        options["run_id"] = run
        return await _to_its_end(Run(self, found.started.task, options, found))

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
