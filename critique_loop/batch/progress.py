"""How far a batch is: counted from what the store says has finished, by whichever process."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from critique_loop.batch.results import Result
from critique_loop.store.charges import Charged

_RECENT = 200
_RECENT_S = 120.0
_LONGEST_REASON = 120
_NOTHING = Charged()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is.

    ``kept`` of the done ones were done before this command. ``calls``, ``tokens`` and ``cost_usd``
    (None once a price was not known) are what all commands together have taken for this batch;
    while it goes on, that of a loop counts once the loop has come to an end. ``before`` is what was
    taken before this command. ``reasons`` says how often which reason kept a loop from being
    accepted, ``failures`` which problem kept one from coming to an end, the most frequent first.
    ``left_s`` is what the rest takes at the present pace, None while nothing tells.
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
    before: Charged = _NOTHING
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
    """Counts results as they come. ``before`` is what the batch had taken when that began."""

    total: int
    clock: Callable[[], float] = time.monotonic
    running: int = 0
    before: Charged = _NOTHING
    taken: Charged = _NOTHING
    _done: int = 0
    _failed: int = 0
    _accepted: int = 0
    _kept: int = 0
    _reasons: Counter[str] = field(default_factory=Counter[str])
    _failures: Counter[str] = field(default_factory=Counter[str])
    _recent: deque[float] = field(default_factory=lambda: deque[float](maxlen=_RECENT))
    _began: float = 0.0

    def __post_init__(self) -> None:
        """Begin to count the time."""
        self._began = self.clock()

    def begin(self, before: Charged) -> None:
        """Take in what the batch has taken so far, which no kept result is counted for again."""
        self.before = self.taken = before

    def add(self, result: Result, *, kept: bool = False, counted: Charged = _NOTHING) -> None:
        """Take in an item that has finished.

        ``kept``: before this command began. ``counted`` is what of it was counted as it began.
        """
        if result.failed:
            self._failed += 1
            self._failures[_short(result.message)] += 1
        else:
            self._done += 1
            self._accepted += result.accepted
            self._kept += kept
            if not result.accepted:
                self._reasons[result.stopped_because] += 1
        if not kept:
            self.taken = _sum(self.taken, result, counted)
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
            calls=self.taken.calls,
            tokens=self.taken.tokens,
            cost_usd=self.taken.cost_usd,
            before=self.before,
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


def _sum(taken: Charged, result: Result, counted: Charged) -> Charged:
    known = taken.cost_usd is not None and result.cost_usd is not None
    usd = max(0.0, result.charged_usd + result.earlier.charged_usd - counted.usd)
    cost_usd = (result.cost_usd or 0.0) + result.earlier.charged_usd - (counted.cost_usd or 0.0)
    return Charged(
        taken.calls + max(0, result.calls + result.earlier.calls - counted.calls),
        taken.tokens + max(0, result.tokens + result.earlier.tokens - counted.tokens),
        taken.usd + usd,
        (taken.cost_usd or 0.0) + max(0.0, cost_usd) if known else None,
    )


def _short(message: str) -> str:
    line = message.splitlines()[0] if message else "no reason told"
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 1]}…"
