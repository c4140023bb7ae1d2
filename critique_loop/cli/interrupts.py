"""Ctrl-C once finishes the round and stops; twice stops now. Nothing is lost either way."""

from __future__ import annotations

import signal

import anyio
from anyio.abc import TaskStatus

from critique_loop.cli.screen import Screen
from critique_loop.errors import CritiqueLoopError
from critique_loop.loop import Loop
from critique_loop.store import SqliteStore
from critique_loop.values import Outcome, Task


def run_with_signals(
    loop: Loop, task: Task, *, store: SqliteStore, run_id: str, screen: Screen
) -> Outcome:
    """Run ``task``; SIGINT stops after the round, a second one, SIGTERM or SIGHUP at once.

    A run that was stopped at once is read back from the store: what it had is its outcome.
    """
    return anyio.run(_Interruptible(loop, store, screen).run, task, run_id)


class _Interruptible:
    def __init__(self, loop: Loop, store: SqliteStore, screen: Screen) -> None:
        self._loop = loop
        self._store = store
        self._screen = screen
        self._stopping = False

    async def run(self, task: Task, run_id: str) -> Outcome:
        outcome: Outcome | None = None
        failure: CritiqueLoopError | None = None
        async with anyio.create_task_group() as group:
            await group.start(self._watch, group.cancel_scope)
            try:
                outcome = await self._loop.run(
                    task,
                    run_id=run_id,
                    on_event=self._screen.on_event,
                    stop_requested=lambda: self._stopping,
                )
            except CritiqueLoopError as error:  # the group would wrap it
                failure = error
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure
        return outcome or await self._store.outcome(run_id)

    async def _watch(
        self,
        scope: anyio.CancelScope,
        *,
        task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            task_status.started()
            async for number in signals:
                if number == signal.SIGINT and not self._stopping:
                    self._stopping = True
                    self._screen.say("finishing this round; Ctrl-C again stops now")
                    continue
                self._screen.say("stopping now")
                scope.cancel()
