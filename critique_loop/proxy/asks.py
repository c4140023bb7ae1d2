"""Ways of getting an answer that need nobody: never asking, asking later, not waiting for ever."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import anyio

from critique_loop.errors import CallError, Paused
from critique_loop.values import Answer, Question

Ask = Callable[[Question], Awaitable[Answer]]


@runtime_checkable
class Withdrawing(Protocol):
    """An ask that leaves something behind when it is given up."""

    async def withdraw(self, question: Question) -> None:
        """Take back a question that has been decided without an answer."""
        ...


@runtime_checkable
class Acknowledging(Protocol):
    """An ask that keeps its answer where it can be read again, until the answer is stored."""

    async def acknowledge(self, question: Question) -> None:
        """Take note that the answer to this question is stored, or that it came from elsewhere."""
        ...


async def acknowledge(ask: Ask, question: Question) -> None:
    """Tell ``ask``, if it wants to know, that the answer is stored."""
    if isinstance(ask, Acknowledging):
        await ask.acknowledge(question)


def default_answer(question: Question) -> Answer:
    """Return the answer that holds when nobody answers."""
    return Answer(question.default, by="default")


async def never(question: Question) -> Answer:
    """Ask nobody: every question gets its default."""
    return default_answer(question)


async def pause(question: Question) -> Answer:
    """Ask later: end the run with the question open, to be resumed with an answer.

    Raises:
        Paused: always.
    """
    raise Paused(
        f"question {question.id} is open: {question.prompt}",
        remedy=f"Resume the run with an answer: {', '.join(question.choices)}.",
    )


def with_timeout(ask: Ask, seconds: float) -> Ask:
    """Return ``ask``, with the question's default where no answer comes within ``seconds``.

    Raises:
        CallError: no time is given to answer.
    """
    if not seconds > 0:
        raise CallError(f"{seconds:g} seconds leave no time to answer")

    return _Limited(ask, seconds)


def first_answer(answer: Answer, *, then: Ask) -> Ask:
    """Return an ask that gives ``answer`` to the first question, and asks ``then`` after it."""
    return _First([answer], then)


@dataclass(frozen=True, slots=True)
class _Limited:
    """Asks, and gives up after a while."""

    ask: Ask
    seconds: float

    async def __call__(self, question: Question) -> Answer:
        with anyio.move_on_after(self.seconds):
            return await self.ask(question)
        if isinstance(self.ask, Withdrawing):
            await self.ask.withdraw(question)
        return default_answer(question)

    async def acknowledge(self, question: Question) -> None:
        await acknowledge(self.ask, question)


@dataclass(frozen=True, slots=True)
class _First:
    """Has one answer left to give, or none any more."""

    answers: list[Answer]
    then: Ask

    async def __call__(self, question: Question) -> Answer:
        return self.answers.pop() if self.answers else await self.then(question)

    async def acknowledge(self, question: Question) -> None:
        await acknowledge(self.then, question)
