"""Another model for as long as the first one's server is out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from critique_loop.errors import CallError, ModelError, ModelErrorKind
from critique_loop.ledger import marked
from critique_loop.models.totals import with_calls
from critique_loop.protocols import Model
from critique_loop.values import Call, Reply, Request

# What passes by itself; a wrong key, a missing model or a bad answer does not.
_OUTAGES = frozenset(
    {
        ModelErrorKind.RATE_LIMIT,
        ModelErrorKind.OVERLOADED,
        ModelErrorKind.SERVER,
        ModelErrorKind.TIMEOUT,
        ModelErrorKind.CONNECTION,
    }
)


class Fallback:
    """Asks the first model, and another one only while those before it are out.

    A model is out when its own retries have ended with an overloaded, failing, silent or
    unreachable server, or with a rate limit whose wait is too long. It is then left alone for as
    long as its server asks, else for ``rest_s`` seconds; after that one request tries it again
    while the others still go past it. Where all are out, all are asked. A bad answer never leads
    to another model: that is what a cascade is for.

    One object may serve many runs, which then share what is known of the servers.
    """

    def __init__(
        self,
        models: Sequence[Model],
        *,
        rest_s: float = 60.0,
        on_quota: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``on_quota``: another model is asked also where an account has nothing left to spend.

        Raises:
            CallError: there is no model.
        """
        if not models:
            raise CallError("a fallback needs at least one model")
        self.name: str = " | ".join(model.name for model in models)
        outages = _OUTAGES | {ModelErrorKind.QUOTA} if on_quota else _OUTAGES
        self.models: Sequence[Model] = tuple(models)
        self._breakers = [_Breaker(model, outages, rest_s, clock) for model in models]

    async def complete(self, request: Request) -> Reply:
        """Return the answer of the first model that is not out; ``notes`` name those that are.

        Of a deadline, each model that may still be asked gets an equal share.

        Raises:
            ModelError: all are out (the last one's error), or one failed in another way.
            BudgetEnded: the call could go over the budget.
        """
        began = time.monotonic()
        asked = [breaker for breaker in self._breakers if breaker.lets_through()] or self._breakers
        problems = {b.name: b.problem for b in self._breakers if b not in asked}
        spent: list[Call] = []
        for number, breaker in enumerate(asked):
            part = request
            if request.deadline_s is not None:
                left_s = max(0.0, request.deadline_s - (time.monotonic() - began))
                part = replace(request, deadline_s=left_s / (len(asked) - number))
            before = self._breakers[: self._breakers.index(breaker)]
            why = ", ".join(problems[other.name] for other in before)
            with marked(reason=why and f"fallback: {why}") as mark:
                reply = await breaker.ask(part, or_raise=breaker is asked[-1])
            if reply is not None:
                notes = (f"{why}: {breaker.name} was asked",) if why else ()
                reply = replace(reply, notes=(*reply.notes, *notes))
                return replace(with_calls(reply, spent), seconds=time.monotonic() - began)
            problems[breaker.name] = breaker.problem
            spent.extend(mark.calls)
        raise AssertionError("the last model answers or raises")


class _Breaker:
    """One model, and whether it may be asked (a circuit breaker with a half-open state)."""

    def __init__(
        self,
        model: Model,
        outages: frozenset[ModelErrorKind],
        rest_s: float,
        clock: Callable[[], float],
    ) -> None:
        self.name = model.name
        self.problem = ""  # what put it out, "" while it works
        self._model = model
        self._outages = outages
        self._rest_s = rest_s
        self._clock = clock
        self._rests_until = 0.0
        self._is_tried = False

    def lets_through(self) -> bool:
        """Return whether it works, or it is time for one request to find out."""
        if not self.problem:
            return True
        return not self._is_tried and self._clock() >= self._rests_until

    async def ask(self, request: Request, *, or_raise: bool) -> Reply | None:
        """Return the answer, or None where the model is out.

        Raises:
            ModelError: it failed in another way; with ``or_raise`` also that it is out.
        """
        is_trial = bool(self.problem)
        self._is_tried = self._is_tried or is_trial
        try:
            reply = await self._model.complete(request)
        except ModelError as error:
            self._learn_from(error)
            if or_raise or error.kind not in self._outages:
                raise
            return None
        finally:
            self._is_tried = self._is_tried and not is_trial
        self.problem = ""
        return reply

    def _learn_from(self, error: ModelError) -> None:
        if error.kind in self._outages:
            self.problem = f"{self.name} is out ({error.kind.value})"
            rest_s = self._rest_s if error.retry_after_s is None else error.retry_after_s
            self._rests_until = self._clock() + rest_s
        elif error.kind.is_answer:
            self.problem = ""
