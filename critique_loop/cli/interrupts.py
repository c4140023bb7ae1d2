"""Ctrl-C once finishes the round and stops; twice stops now. Nothing is lost either way."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskStatus

from critique_loop.cli.screen import Screen
from critique_loop.errors import CritiqueLoopError
from critique_loop.loop import RunOptions
from critique_loop.store import SqliteStore
from critique_loop.values import Outcome

Start = Callable[[RunOptions], Awaitable[Outcome]]


def run_with_signals(start: Start, *, run_id: str, store: SqliteStore, screen: Screen) -> Outcome:
    """Run a loop; SIGINT stops after the round, a second one, SIGTERM or SIGHUP at once.

    ``start`` begins the run, or goes on with it, given what it is to listen to. A run that was
    stopped at once is read back from the store: what it had is its outcome.
    """
    return anyio.run(_Interruptible(start, store, screen).run, run_id)


class Stopping:
    """What signals have asked for: ``requested`` after the first SIGINT; then all is cancelled."""

    def __init__(self, say: Callable[[str], None], *, unit: str = "round") -> None:
        """``say`` prints a line; ``unit`` is what is finished after the first SIGINT."""
        self.requested: bool = False
        self._say = say
        self._unit = unit

    async def watch(
        self,
        scope: anyio.CancelScope,
        *,
        task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Wait for signals until it is cancelled; ``scope`` is what is to stop at once."""
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            task_status.started()
            async for number in signals:
                if number == signal.SIGINT and not self.requested:
                    self.requested = True
                    self._say(f"finishing this {self._unit}; Ctrl-C again stops now")
                    continue
                self._say("stopping now")
                scope.cancel()


class _Interruptible:
    def __init__(self, start: Start, store: SqliteStore, screen: Screen) -> None:
        self._start = start
        self._store = store
        self._screen = screen
        self._stopping = Stopping(screen.say)

    async def run(self, run_id: str) -> Outcome:
        outcome: Outcome | None = None
        failure: CritiqueLoopError | None = None
        async with anyio.create_task_group() as group:
            await group.start(self._stopping.watch, group.cancel_scope)
            try:
                options: RunOptions = {
                    "run_id": run_id,
                    "on_event": self._screen.on_event,
                    "stop_requested": lambda: self._stopping.requested,
                }
                outcome = await self._start(options)
            except CritiqueLoopError as error:  # the group would wrap it
                failure = error
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure
        return outcome or await self._store.outcome(run_id)
