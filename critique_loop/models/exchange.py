"""One completion: all requests it takes until there is an answer, or none to be had."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

import anyio

from critique_loop.errors import BudgetEnded, ModelError, ModelErrorKind
from critique_loop.ledger import Reservation, current
from critique_loop.models.adapting import longer, notes_of, shorter, with_less
from critique_loop.models.body import Body, Turn, asked_of, body_of, bound_of
from critique_loop.models.candidates import choice_of
from critique_loop.models.gate import Gate
from critique_loop.models.incoming import Incoming
from critique_loop.models.modes import AnswerMode, ServerMemory
from critique_loop.models.options import ModelOptions
from critique_loop.models.redaction import Redactor
from critique_loop.models.refusals import RefusedError
from critique_loop.values import Choice, Price, Reply, Request, Usage

Kind = ModelErrorKind

_OVERLOAD = (Kind.RATE_LIMIT, Kind.OVERLOADED)
_WHILE_FAILING = (Kind.RATE_LIMIT, Kind.OVERLOADED, Kind.SERVER, Kind.CONNECTION)
_ANSWER_TRIES = 3
_ON_BAD_ANSWERS = (Kind.PROTOCOL, Kind.EMPTY)
_CONNECT_TRIES = 4  # where nobody listens, a user waits for the word that nobody does
_MOST_CHANGES = 8
_ANOTHER_DRAW = 1_000_003  # added to the seed: far from those of further samples
_LONGEST_BACKOFF_S = 20.0

Post = Callable[[Body, Incoming], Awaitable[None]]
"""Sends a body and lets what comes back arrive in the second argument, to its end."""


@dataclass(frozen=True, slots=True)
class Link:
    """What every request to one model has in common."""

    model: str
    post: Post
    options: ModelOptions
    memory: ServerMemory
    redactor: Redactor
    price: Price | None = None


@dataclass(slots=True)
class Taken:
    """What requests took; unknown unless told.

    ``charged_tokens`` and ``charged_usd`` are what a budget counts for them.
    """

    usage: Usage = field(default_factory=Usage)
    cost_usd: float | None = None
    charged_tokens: int = 0
    charged_usd: float = 0.0

    def add(self, other: Taken) -> None:
        """Add what another request took."""
        self.usage = self.usage + other.usage
        self.charged_tokens += other.charged_tokens
        self.charged_usd += other.charged_usd
        known = self.cost_usd is not None and other.cost_usd is not None
        self.cost_usd = (self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None

    @classmethod
    def nothing(cls) -> Taken:
        """Return what no request took."""
        return cls(Usage(0, 0), 0.0)


@dataclass(slots=True)
class Exchange:
    """Asks until there is an answer, within the time there is.

    ``deadline_at`` is monotonic time, ``answered`` what is good of several answers so far, by their
    place.
    """

    link: Link
    gate: Gate
    deadline_at: float
    requests: int = 0
    taken: Taken = field(default_factory=Taken.nothing)
    notes: dict[str, None] = field(default_factory=dict[str, None])
    model: str = ""
    incoming: Incoming | None = None
    answered: dict[int, Choice] = field(default_factory=dict[int, Choice])

    async def ask(self, request: Request, mode: AnswerMode) -> Reply:
        """Return ``request.n`` answers as the server gave them.

        Raises:
            ModelError: there is no usable answer, or there are too few; those are its ``choices``.
            BudgetEnded: a request could go over the budget; ``choices`` too.
        """
        before, requests, began = self.taken, self.requests, time.monotonic()
        self.taken = Taken.nothing()
        choices: list[Choice] = []
        try:
            while len(choices) < request.n:
                choices += await self._answered(self._turn(request, mode, len(choices)))
                if mode is AnswerMode.TEXT:
                    self.answered.update(enumerate(choices))
            return Reply(
                choices=tuple(choices[: request.n]),
                model=self.model or self.link.model,
                usage=self.taken.usage,
                cost_usd=self.taken.cost_usd,
                requests=self.requests - requests,
                seconds=time.monotonic() - began,
                notes=tuple(self.notes),
            )
        except (ModelError, BudgetEnded) as error:
            error.choices = dict(enumerate(choices))
            if isinstance(error, ModelError):
                error.attempts = self.requests - requests
            raise
        finally:
            before.add(self.taken)
            self.taken = before

    def _turn(self, request: Request, mode: AnswerMode, have: int) -> Turn:
        if have:
            self.notes["n filled by further requests: the server gave fewer answers"] = None
        length = request.max_tokens or self.link.options.max_tokens
        return Turn(
            request=request,
            mode=mode,
            messages=request.messages,
            n=1 if self.link.memory.ignores_n else request.n - have,
            max_tokens=length,
            wanted_tokens=length,
            seed_offset=request.sample + have,
        )

    async def _answered(self, turn: Turn) -> list[Choice]:
        changes, failed = 0, list[Kind]()
        while True:
            memory = self.link.memory
            asked = asked_of(turn, memory=memory, options=self.link.options)
            body = body_of(asked, self.link.model, memory)
            try:
                choices = await self._once(turn, body)
            except ModelError as error:
                changed = self._changed(turn, body, error) if changes < _MOST_CHANGES else None
                if changed is not None:
                    changes, turn = changes + 1, changed
                    continue
                failed.append(error.kind)
                await self._wait_after(error, failed)
                if error.kind is Kind.EMPTY:  # the same seed would bring the same nothing
                    turn = replace(turn, seed_offset=turn.seed_offset + _ANOTHER_DRAW)
            else:
                self.notes.update(dict.fromkeys(notes_of(turn, asked, memory)))
                return choices

    def _changed(self, turn: Turn, body: Body, error: ModelError) -> Turn | None:
        """Return the turn to send instead, None where only the same one can be sent again."""
        memory = self.link.memory
        match error.kind:
            case Kind.TRUNCATED:
                return longer(turn, memory)
            case Kind.CONTEXT_OVERFLOW:
                return shorter(turn, error, memory)
            case Kind.UNSUPPORTED | Kind.SERVER:
                return turn if with_less(error, body, memory) else None
            case _:
                return None

    async def _wait_after(self, error: ModelError, failed: Sequence[Kind]) -> None:
        """Wait before the same is tried again.

        Raises:
            ModelError: it is not worth it, or there is no time for it.
        """
        options = self.link.options
        bad_answers = sum(kind in _ON_BAD_ANSWERS for kind in failed)
        most = options.max_attempts
        if error.kind is Kind.CONNECTION and isinstance(error, RefusedError):
            most = min(most, _CONNECT_TRIES)
        is_over = len(failed) >= most or bad_answers >= _ANSWER_TRIES
        if is_over or not _may_pass(error):
            raise error
        jitter = 1 - random.random() / 2  # noqa: S311 - spreads load, keeps no secret
        wait = min(_LONGEST_BACKOFF_S, options.backoff_s * 2 ** (len(failed) - 1)) * jitter
        if error.retry_after_s is not None and error.kind in _WHILE_FAILING:
            wait = error.retry_after_s + wait / 10
        if time.monotonic() + wait >= self.deadline_at:
            raise error
        await anyio.sleep(wait)

    async def _once(self, turn: Turn, body: Body) -> list[Choice]:
        link = self.link
        bound = bound_of(body, price=link.price, picture_tokens=link.options.picture_tokens)
        async with (
            self.gate.place(self.deadline_at) as entered_at,
            current().reserved(bound) as reservation,
        ):
            incoming = Incoming(is_stream="stream" in body, redactor=link.redactor)
            self.incoming = incoming
            try:
                await self._send(body, incoming, reservation)
            except ModelError as error:
                error.partial = error.partial or incoming.partial
                if error.kind in _OVERLOAD:
                    self.gate.narrow(entered_at)
                    self.gate.pause(error.retry_after_s or 0.0)
                raise
            self.gate.widen()
        return self._choices(turn, incoming)

    async def _send(self, body: Body, incoming: Incoming, reservation: Reservation) -> None:
        taken = Taken()
        self.requests += 1
        try:
            await self.link.post(body, incoming)
            incoming.finish()
            taken.usage = incoming.usage
            taken.cost_usd = self.link.price.cost(incoming.usage) if self.link.price else None
            reservation.settle(taken.usage, taken.cost_usd)
        except RefusedError as error:
            if error.is_free:
                taken = Taken.nothing()
                reservation.release()
            raise
        finally:  # whatever ended it, what it took is counted: unknown, if nobody told
            taken.charged_tokens = reservation.tokens
            taken.charged_usd = reservation.cost_usd or 0.0
            self.taken.add(taken)

    def _choices(self, turn: Turn, incoming: Incoming) -> list[Choice]:
        link = self.link
        self.model = link.redactor.snippet(incoming.model, 200)
        answers = [incoming.answers[index] for index in sorted(incoming.answers)]
        if not answers:
            raise ModelError(Kind.EMPTY, "the server gave no answer (no choices)")
        if len(answers) < turn.n:
            link.memory.ignores_n = True
        choices: list[Choice] = []
        errors: list[ModelError] = []
        for answer in answers:
            try:
                choices.append(choice_of(answer, turn.mode, link.redactor))
            except ModelError as error:
                errors.append(error)
        if not choices:
            raise errors[0]
        return choices


def _may_pass(error: ModelError) -> bool:
    """Whether it may go better next time: a redirection stays one."""
    is_elsewhere = 300 <= error.status < 400  # noqa: PLR2004 - the statuses of redirections
    return error.kind in (*_WHILE_FAILING, *_ON_BAD_ANSWERS) and not is_elsewhere
