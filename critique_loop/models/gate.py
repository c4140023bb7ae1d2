"""One gate per host: how many requests may be under way, and since when everybody has to wait.

Additive increase, multiplicative decrease (Chiu and Jain 1989), as TCP does it: each answer widens
the gate by a part of a place, a server that is overloaded halves it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
from anyio.lowlevel import RunVar

from critique_loop.errors import ModelError, ModelErrorKind

_LONGEST_PAUSE_S = 60.0
_SHRINK = 0.5


class Gate:
    """Lets a changing number of requests pass; first come, first served."""

    def __init__(self, most: int) -> None:
        """Begin with the widest: ``most`` requests at once."""
        self.most = most
        self.limit: float = float(most)
        self.active: int = 0
        self._waiting: deque[anyio.Event] = deque()
        self._paused_until = 0.0
        self._shrunk_at = 0.0

    @property
    def pause_s(self) -> float:
        """How long nobody may send, because the server said so."""
        return max(0.0, self._paused_until - time.monotonic())

    @asynccontextmanager
    async def place(self, deadline_at: float) -> AsyncGenerator[float]:
        """Wait for a place and for the end of any pause; yields the time of entry.

        Raises:
            ModelError: the pause goes beyond ``deadline_at`` (monotonic time).
        """
        self._refuse_late(deadline_at)
        await self._enter()
        try:
            while self.pause_s > 0:
                self._refuse_late(deadline_at)
                await anyio.sleep(self.pause_s)
            yield time.monotonic()
        finally:
            self._leave()

    def pause(self, seconds: float) -> None:
        """Let nobody send for that long; at most a minute, then the server is tried again."""
        until = time.monotonic() + min(seconds, _LONGEST_PAUSE_S)
        self._paused_until = max(self._paused_until, until)

    def widen(self) -> None:
        """Take in that a request was answered."""
        self.limit = min(float(self.most), self.limit + 1 / self.limit)
        self._admit()

    def narrow(self, entered_at: float) -> None:
        """Take in that the server was overloaded.

        Requests that entered before the last narrowing tell nothing new.
        """
        if entered_at >= self._shrunk_at:
            self.limit = max(1.0, self.limit * _SHRINK)
            self._shrunk_at = time.monotonic()

    def _refuse_late(self, deadline_at: float) -> None:
        if self.pause_s > 0 and self._paused_until >= deadline_at:
            error = ModelError(
                ModelErrorKind.RATE_LIMIT,
                f"the server asked everybody to wait; {self.pause_s:.0f} s of it are left",
                remedy="Wait, then resume the run; or allow a longer deadline.",
            )
            error.retry_after_s = self.pause_s
            raise error

    async def _enter(self) -> None:
        if self._has_room() and not self._waiting:
            self.active += 1
            return
        turn = anyio.Event()
        self._waiting.append(turn)
        try:
            await turn.wait()
        except anyio.get_cancelled_exc_class():
            if turn.is_set():  # the place came with the cancellation: it goes to the next
                self._leave()
            else:
                self._waiting.remove(turn)
            raise

    def _leave(self) -> None:
        self.active -= 1
        self._admit()

    def _has_room(self) -> bool:
        return self.active < min(self.most, int(self.limit))

    def _admit(self) -> None:
        while self._waiting and self._has_room():
            self.active += 1
            self._waiting.popleft().set()


_GATES: RunVar[dict[str, Gate]] = RunVar("critique_loop_gates")


def gate_for(host: str, most: int) -> Gate:
    """Return the gate of ``host`` in this event loop; the smallest ``most`` of its users holds."""
    gates = _GATES.get(None)
    if gates is None:
        gates = dict[str, Gate]()
        _GATES.set(gates)
    gate = gates.setdefault(host, Gate(most))
    gate.most = min(gate.most, most)
    return gate
