"""How far a batch is: counted from what the store says has finished, by whichever process."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from critique_loop.batch.results import Result

_RECENT = 200
_RECENT_S = 120.0
_LONGEST_REASON = 120


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is.

    ``kept`` of the done ones were done before this command. ``cost_usd`` is None once a price was
    not known. ``reasons`` says how often which reason kept a loop from being accepted, ``failures``
    which problem kept one from coming to an end, the most frequent first. ``left_s`` is what the
    rest takes at the present pace, None while nothing tells.
    """

    total: int
    done: int = 0
    running: int = 0
    failed: int = 0
    accepted: int = 0
    kept: int = 0
    seconds: float = 0.0
    per_second: float = 0.0
    left_s: float | None = None
    calls: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0
    reasons: tuple[tuple[str, int], ...] = ()
    failures: tuple[tuple[str, int], ...] = ()

    @property
    def waiting(self) -> int:
        """How many have not begun, or were given back."""
        return max(0, self.total - self.done - self.failed - self.running)

    @property
    def complete(self) -> bool:
        """Whether every item is done or has failed."""
        return self.done + self.failed >= self.total


@dataclass(slots=True)
class Tally:
    """Counts results as they come."""

    total: int
    clock: Callable[[], float] = time.monotonic
    running: int = 0
    _done: int = 0
    _failed: int = 0
    _accepted: int = 0
    _kept: int = 0
    _calls: int = 0
    _tokens: int = 0
    _cost_usd: float | None = 0.0
    _reasons: Counter[str] = field(default_factory=Counter[str])
    _failures: Counter[str] = field(default_factory=Counter[str])
    _recent: deque[float] = field(default_factory=lambda: deque[float](maxlen=_RECENT))
    _began: float = 0.0

    def __post_init__(self) -> None:
        """Begin to count the time."""
        self._began = self.clock()

    def add(self, result: Result, *, kept: bool = False) -> None:
        """Take in an item that has finished; ``kept``: before this command began."""
        if result.failed:
            self._failed += 1
            self._failures[_short(result.message)] += 1
        else:
            self._done += 1
            self._accepted += result.accepted
            self._kept += kept
            if not result.accepted:
                self._reasons[result.stopped_because] += 1
        self._calls += result.calls + result.earlier.calls
        self._tokens += result.tokens + result.earlier.tokens
        known = self._cost_usd is not None and result.cost_usd is not None
        cost_usd = (result.cost_usd or 0.0) + result.earlier.charged_usd
        self._cost_usd = (self._cost_usd or 0.0) + cost_usd if known else None
        if not kept:
            self._recent.append(self.clock())

    def now(self) -> Progress:
        """Return how far it is."""
        left = self.total - self._done - self._failed
        pace = self._pace()
        return Progress(
            total=self.total,
            done=self._done,
            running=self.running,
            failed=self._failed,
            accepted=self._accepted,
            kept=self._kept,
            seconds=self.clock() - self._began,
            per_second=pace,
            left_s=left / pace if pace and left else None,
            calls=self._calls,
            tokens=self._tokens,
            cost_usd=self._cost_usd,
            reasons=tuple(self._reasons.most_common()),
            failures=tuple(self._failures.most_common()),
        )

    def _pace(self) -> float:
        """Return how many finish in a second, by those of the last two minutes."""
        now = self.clock()
        while self._recent and now - self._recent[0] > _RECENT_S:
            self._recent.popleft()
        if not self._recent:
            return 0.0
        full = len(self._recent) == _RECENT
        since = self._recent[0] if full else max(self._began, now - _RECENT_S)
        return len(self._recent) / max(now - since, 1e-9)


def _short(message: str) -> str:
    line = message.splitlines()[0] if message else "no reason told"
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 1]}…"
