"""One thread that writes what many loops append, as many steps per commit as are waiting."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import weakref
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Protocol, cast

import anyio
import anyio.lowlevel

from critique_loop.errors import CallError, CritiqueLoopError, StoreError
from critique_loop.store.journal import Journal, Step

# More per commit brought no more steps per second (SQLite WAL, synchronous NORMAL).
_MOST_PER_COMMIT = 64


class Committer:
    """Appends events and replies through one thread, which starts with the first of them.

    A step that comes alone is committed at once; steps that come while a commit is under way share
    the next one. So nobody waits on a clock, and the busier it is the larger the commits.
    """

    def __init__(self, journal: Journal) -> None:
        """Take over the journal: only the thread touches it from now on."""
        self._steps: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(
            target=_commit_steps, args=(journal, self._steps), name="trace-store", daemon=True
        )
        self._queueing = threading.Lock()
        # A store that is dropped without close() ends its thread, too.
        self._finish = weakref.finalize(self, self._steps.put, None)

    async def append(self, step: Step) -> None:
        """Return when the step is committed.

        Cancelled, it stops waiting; the step is stored all the same.

        Raises:
            StoreError: it could not be stored.
            CallError: it holds what can't be stored, or the store is closed.
        """
        waiting = _Waiting(step)
        self._queue(waiting)
        await waiting.settled.wait()
        fault = waiting.fault
        if fault is not None:
            raise type(fault)(fault.problem, remedy=fault.remedy) from fault

    def close(self) -> None:
        """Return when all that was appended is committed and the files are closed."""
        with self._queueing:
            self._finish()
        if self._thread.is_alive():
            self._thread.join()

    def _queue(self, step: _Waiting) -> None:
        with self._queueing:
            if not self._finish.alive:
                raise CallError("the trace store is closed", remedy="Open another one.")
            if self._thread.ident is None:
                self._thread.start()
            self._steps.put(step)


class _Waiting:
    """One step on its way to the disk, and the task that waits for it."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.loop = anyio.lowlevel.current_token().native_token
        self.settled = anyio.Event()
        self.fault: CritiqueLoopError | None = None


class _TrioToken(Protocol):
    """What of trio's token is used; trio itself is not needed."""

    def run_sync_soon(self, sync_fn: Callable[[], object], /) -> None:
        """Call the function in the event loop's thread."""
        ...


def _commit_steps(journal: Journal, waiting: SimpleQueue[_Waiting | None]) -> None:
    """Write until told to finish (None)."""
    finished = False
    while not finished:
        step = waiting.get()
        batch: list[_Waiting] = []
        while step is not None:
            batch.append(step)
            if len(batch) == _MOST_PER_COMMIT:
                break
            try:
                step = waiting.get_nowait()
            except Empty:
                break
        finished = step is None
        if batch:
            _settle(batch, _keep(journal, batch))
    journal.close()


def _keep(journal: Journal, batch: Sequence[_Waiting]) -> Sequence[CritiqueLoopError | None]:
    try:
        return journal.keep([waiting.step for waiting in batch])
    except Exception as error:  # noqa: BLE001 - raised again in each task that waits
        fault = StoreError(f"a step could not be stored: {type(error).__name__}: {error}")
        fault.__cause__ = error
        return [fault] * len(batch)


def _settle(batch: Sequence[_Waiting], faults: Sequence[CritiqueLoopError | None]) -> None:
    """Wake the waiting tasks, with one call per event loop."""
    by_loop: dict[object, list[_Waiting]] = {}
    for step, fault in zip(batch, faults, strict=True):
        step.fault = fault
        by_loop.setdefault(step.loop, []).append(step)
    for loop, steps in by_loop.items():
        _call_soon(loop, [step.settled for step in steps])


def _call_soon(loop: object, settled: Sequence[anyio.Event]) -> None:
    def wake() -> None:
        for event in settled:
            event.set()

    # An event loop that has closed meanwhile (RuntimeError) has nobody left who waits.
    with contextlib.suppress(RuntimeError):
        if isinstance(loop, asyncio.AbstractEventLoop):
            loop.call_soon_threadsafe(wake)
        else:
            cast("_TrioToken", loop).run_sync_soon(wake)
