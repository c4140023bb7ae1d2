"""Ways of getting an answer that need nobody: never asking, asking later, not waiting for ever."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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

    async def limited(question: Question) -> Answer:
        with anyio.move_on_after(seconds):
            return await ask(question)
        if isinstance(ask, Withdrawing):
            await ask.withdraw(question)
        return default_answer(question)

    return limited


def first_answer(answer: Answer, *, then: Ask) -> Ask:
    """Return an ask that gives ``answer`` to the first question, and asks ``then`` after it."""
    answers = [answer]

    async def ask(question: Question) -> Answer:
        return answers.pop() if answers else await then(question)

    return ask
