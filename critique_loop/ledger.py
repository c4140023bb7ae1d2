"""What a run has spent: reserved before each request to a model, settled after it.

The loop makes a ledger for each run and lends it to whatever it awaits; models find it by
``current()``. A batch's ledger is the parent of its runs' ledgers: a request must fit into both.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

import anyio

from critique_loop.budget import UNLIMITED, Budget
from critique_loop.errors import BudgetEnded, CallError
from critique_loop.values import Answer, Asked, Call, RoleSpend, Spend, StopReason, Usage

Entry = Call | Asked


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that one request can take: tokens of input and output, and US dollars.

    ``cost_usd`` is None where the price is unknown.
    """

    tokens: int
    cost_usd: float | None


class Reservation:
    """Room for one request. Unless it is settled or released, all of it counts as spent."""

    def __init__(self, bound: Bound, *, give_back: Callable[[], None] | None = None) -> None:
        """Begin with the whole bound as what was taken; ``give_back`` frees the room."""
        self.bound = bound
        self.tokens: int = bound.tokens
        self.cost_usd: float | None = bound.cost_usd
        self.is_open: bool = True
        self._give_back = give_back

    def settle(self, usage: Usage, cost_usd: float | None) -> None:
        """Say what the request took; what is not known stays at its bound."""
        if usage.total is not None:
            self.tokens = usage.total
        if cost_usd is not None:
            self.cost_usd = cost_usd

    def release(self) -> None:
        """Say that the request was refused and took nothing."""
        self.tokens, self.cost_usd = 0, 0.0

    def withdraw(self) -> None:
        """Say that there is no request, and give the room back at once: nothing is counted."""
        if self.is_open and self._give_back is not None:
            self._give_back()
        self.is_open = False


class Ledger:
    """Counts what is spent, and never lets a request begin that could go over the budget.

    One belongs to one event loop. ``ended`` names the limit of its own budget that a request last
    did not fit into, None while all of them did.
    """

    def __init__(
        self,
        budget: Budget = UNLIMITED,
        *,
        parent: Ledger | None = None,
        spent: Spend | None = None,
        on_entry: Callable[[Entry], Awaitable[None]] | None = None,
        answers: Mapping[str, Answer] | None = None,
    ) -> None:
        """Begin with ``spent`` (default: nothing). ``on_entry`` keeps each call and question.

        ``answers`` are those (by the question's id) that a step had which was not finished.
        """
        before = spent or Spend()
        self.budget = budget
        self.ended: StopReason | None = None
        self._parent = parent
        self._on_entry = on_entry
        self._answers = dict(answers or {})
        self._began = time.monotonic() - before.seconds - before.person_s
        self._person_s = before.person_s
        self._waiting_since: float | None = None
        self._calls = before.calls
        self._tokens = before.tokens
        self._charged_usd = before.counted_usd
        self._known = before.cost_usd is not None
        self._reserved: list[Bound] = []
        self._freed = anyio.Event()
        self._roles = {role.role: role for role in before.roles}

    @property
    def seconds(self) -> float:
        """Wall time since the run began, without that a person was waited for."""
        now = time.monotonic()
        waiting = 0.0 if self._waiting_since is None else now - self._waiting_since
        return now - self._began - self._person_s - waiting

    @property
    def remaining_s(self) -> float | None:
        """The time that is left, the parent's too; None: no limit."""
        most = self.budget.max_time_s
        mine = None if most is None else max(0.0, most - self.seconds)
        theirs = self._parent.remaining_s if self._parent else None
        return min((left for left in (mine, theirs) if left is not None), default=None)

    def spend(self, rounds: int = 0) -> Spend:
        """Return what has been spent, for a run that has come to ``rounds``."""
        return Spend(
            rounds=rounds,
            seconds=self.seconds,
            calls=self._calls,
            tokens=self._tokens,
            cost_usd=self._charged_usd if self._known else None,
            person_s=self._person_s,
            roles=tuple(self._roles.values()),
            charged_usd=self._charged_usd,
        )

    @contextmanager
    def active(self) -> Generator[None]:
        """Make this the ``current()`` ledger for what runs inside."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)

    @contextmanager
    def waiting_for_person(self) -> Generator[None]:
        """Leave the time inside out of the run's seconds."""
        self._waiting_since = began = time.monotonic()
        try:
            yield
        finally:
            self._person_s += time.monotonic() - began
            self._waiting_since = None

    @asynccontextmanager
    async def reserved(self, bound: Bound) -> AsyncGenerator[Reservation]:
        """Hold room for one request while it is made.

        Where it would fit but for requests under way, it waits until they are settled.

        Raises:
            BudgetEnded: the request could go over a budget; it must not be made.
            CallError: there is a budget in dollars, and the price is not known.
        """
        chain = tuple(self._chain())
        while not all(ledger._has_room(bound) for ledger in chain):  # noqa: SLF001 - ledgers of one chain
            await next(ledger for ledger in chain if not ledger._has_room(bound))._freed.wait()  # noqa: SLF001 - as above

        def give_back() -> None:
            for ledger in chain:
                ledger._give_back(bound)  # noqa: SLF001 - as above

        reservation = Reservation(bound, give_back=give_back)
        for ledger in chain:
            ledger._take(bound)  # noqa: SLF001 - as above
        try:
            yield reservation
        finally:
            if reservation.is_open:
                reservation.is_open = False
                for ledger in chain:
                    ledger._settle(reservation)  # noqa: SLF001 - as above

    def answered(self, question_id: str) -> Answer | None:
        """Return, once, what was answered before the run was cut off, so nobody is asked twice."""
        return self._answers.pop(question_id, None)

    async def record(self, entry: Entry) -> None:
        """Count a finished call on its role's account, and keep it or a question in the trace.

        A call inside ``marked`` is kept with that mark.
        """
        if isinstance(entry, Call):
            entry = _with_marks(entry)
        if isinstance(entry, Call) and not entry.from_cache:
            for ledger in self._chain():
                ledger._count(entry)  # noqa: SLF001 - ledgers of one chain
        if self._on_entry is not None:
            await self._on_entry(entry)

    def charge(self, cost_usd: float | None) -> None:
        """Count dollars that no call tells of, None: an unknown amount."""
        for ledger in self._chain():
            ledger._charged_usd += cost_usd or 0.0  # noqa: SLF001 - ledgers of one chain
            ledger._known = ledger._known and cost_usd is not None  # noqa: SLF001 - as above

    def add(self, call: Call) -> None:
        """Count a call that is over, with what it took as it was told; for reading a trace."""
        if call.from_cache:
            return
        self._calls += call.requests
        told = call.usage.total or 0, call.cost_usd or 0.0
        self._tokens += told[0] if call.charged_tokens is None else call.charged_tokens
        self._charged_usd += told[1] if call.charged_usd is None else call.charged_usd
        self._count(call)

    def _chain(self) -> Generator[Ledger]:
        ledger: Ledger | None = self
        while ledger is not None:
            yield ledger
            ledger = ledger._parent  # noqa: SLF001 - ledgers of one chain

    def _has_room(self, bound: Bound) -> bool:
        """Return whether ``bound`` fits beside what is under way.

        Raises:
            BudgetEnded: it does not fit beside what is spent already.
        """
        budget = self.budget
        if budget.max_cost_usd is not None and bound.cost_usd is None:
            raise CallError(
                "there is a budget in dollars, and the model's price is not known",
                remedy="Give the model a price, or limit calls, tokens or time instead.",
            )
        if budget.max_time_s is not None and self.seconds >= budget.max_time_s:
            raise self._ended(StopReason.TIME, f"the time is over ({budget.max_time_s:g} s)")
        limits = (
            (StopReason.CALLS, budget.max_calls, self._calls, 1),
            (StopReason.TOKENS, budget.max_tokens, self._tokens, bound.tokens),
            (StopReason.COST, budget.max_cost_usd, self._charged_usd, bound.cost_usd or 0.0),
        )
        for reason, most, spent, wanted in limits:
            if most is not None and spent + wanted > most:
                raise self._ended(reason, _over(reason, most, spent, wanted), wanted)
        flying = (
            float(len(self._reserved)),
            float(sum(b.tokens for b in self._reserved)),
            sum(b.cost_usd or 0.0 for b in self._reserved),
        )
        return all(
            most is None or spent + under_way + wanted <= most
            for (_, most, spent, wanted), under_way in zip(limits, flying, strict=True)
        )

    def _ended(self, reason: StopReason, problem: str, wanted: float = 0.0) -> BudgetEnded:
        error = BudgetEnded(reason, problem)
        error.wanted, error.ledger = wanted, self
        self.ended = reason
        return error

    def _take(self, bound: Bound) -> None:
        self._reserved.append(bound)

    def _settle(self, reservation: Reservation) -> None:
        self._calls += 1
        self._tokens += reservation.tokens
        self._charged_usd += reservation.cost_usd or 0.0
        self._give_back(reservation.bound)

    def _give_back(self, bound: Bound) -> None:
        self._reserved.remove(bound)
        freed, self._freed = self._freed, anyio.Event()
        freed.set()

    def _count(self, call: Call) -> None:
        if call.cost_usd is None:
            self._known = False
        role = self._roles.get(call.role, RoleSpend(call.role))
        unknown = role.cost_usd is None or call.cost_usd is None
        self._roles[call.role] = replace(
            role,
            calls=role.calls + call.requests,
            tokens=role.tokens + (call.usage.total or 0),
            cost_usd=None if unknown else (role.cost_usd or 0.0) + (call.cost_usd or 0.0),
            seconds=role.seconds + call.seconds,
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """What calls are marked with, and those that were recorded with it."""

    reason: str
    key: str
    calls: list[Call] = field(default_factory=list[Call])


_MARKS: ContextVar[tuple[Mark, ...]] = ContextVar("critique_loop_marks", default=())


@contextmanager
def marked(*, reason: str = "", key: str = "") -> Generator[Mark]:
    """Give the calls recorded inside, by whatever model, a reason and the key of their request.

    Reasons of nested marks are joined, the outermost first; the innermost key counts.
    """
    mark = Mark(reason, key)
    token = _MARKS.set((*_MARKS.get(), mark))
    try:
        yield mark
    finally:
        _MARKS.reset(token)


def _with_marks(call: Call) -> Call:
    marks = _MARKS.get()
    reasons = [*(mark.reason for mark in marks), call.reason]
    keys = [call.key, *(mark.key for mark in reversed(marks))]
    call = replace(
        call,
        reason="; ".join(reason for reason in reasons if reason),
        key=next((key for key in keys if key), ""),
    )
    for mark in marks:
        mark.calls.append(call)
    return call


def _over(reason: StopReason, most: float, spent: float, wanted: float) -> str:
    if reason is StopReason.COST:
        return f"the next call may cost ${wanted:.4f}; ${spent:.4f} of ${most:g} are spent"
    if reason is StopReason.TOKENS:
        return f"the next call may take {wanted} tokens; {spent} of {most} are used"
    return f"{spent} of {most} calls are made"


_CURRENT: ContextVar[Ledger | None] = ContextVar("critique_loop_ledger", default=None)


def current() -> Ledger:
    """Return the ledger of the run this code runs in; outside of any run a new, unlimited one."""
    return _CURRENT.get() or Ledger()
