"""The steps of one run, numbered and stored one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable

import anyio

from critique_loop.ledger import Entry
from critique_loop.protocols import TraceStore
from critique_loop.values import Asked, Call, Event, EventBody, EventKind

_OUTSIDE = (EventKind.STARTED, EventKind.RESUMED, EventKind.ENDED)
_BETWEEN = (EventKind.CALLED, EventKind.ASKED)


class Recorder:
    """Numbers the steps of a run, times them and keeps them."""

    def __init__(
        self,
        run_id: str,
        *,
        store: TraceStore | None,
        on_event: Callable[[Event], None] | None,
        next_seq: int = 0,
    ) -> None:
        """Begin with step ``next_seq``; ``round`` is the round that the next steps belong to."""
        self.round = 1
        self._run_id = run_id
        self._store = store
        self._on_event = on_event
        self._seq = next_seq
        self._step_began = time.monotonic()
        self._lock = anyio.Lock()

    async def record(self, kind: EventKind, body: EventBody) -> float:
        """Store the step that has just ended and return its seconds.

        Storing is not part of them. Calls and questions happen within a step and don't end it.
        """
        seconds = time.monotonic() - self._step_began
        if isinstance(body, Call | Asked):
            seconds = body.seconds if isinstance(body, Call) else body.waited_s
        async with self._lock:  # models may be called side by side
            event = Event(
                run_id=self._run_id,
                seq=self._seq,
                kind=kind,
                round=0 if kind in _OUTSIDE else self.round,
                at=time.time(),
                seconds=seconds,
                body=body,
            )
            self._seq += 1
            if self._store is not None:
                await self._store.append(event)
        if self._on_event is not None:
            self._on_event(event)
        if kind not in _BETWEEN:
            self._step_began = time.monotonic()
        elif isinstance(body, Asked):
            self._step_began += seconds  # the person took it, not the step
        return seconds

    async def record_entry(self, entry: Entry) -> None:
        """Store a call of a model, or a question."""
        kind = EventKind.CALLED if isinstance(entry, Call) else EventKind.ASKED
        await self.record(kind, entry)
