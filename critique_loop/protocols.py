"""The doors of the loop: what a part must do to take part. Any object that fulfils one fits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

from critique_loop.errors import BudgetEnded
from critique_loop.values import (
    Critique,
    Decision,
    Draft,
    Event,
    Execution,
    Lesson,
    Reply,
    Request,
    Round,
    Spend,
    Task,
)


@runtime_checkable
class Writer(Protocol):
    """Produces programs."""

    @property
    def name(self) -> str:
        """How screens and traces call it."""
        ...

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        """Return the next program for ``task``, given all rounds so far, oldest first.

        Raises:
            WriterGaveUp: it has no (further) draft.
            ModelError: the model it asks can't be reached, or refuses to work.
            BudgetEnded: asking could go over the budget.
        """
        ...


@runtime_checkable
class CandidateWriter(Protocol):
    """A writer that can draft several programs at once, for the best to be carried on."""

    async def candidates(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Sequence[Draft]:
        """Return different programs (at least one) for the same turn; errors as for ``draft``."""
        ...


@runtime_checkable
class Session(Protocol):
    """The isolated place of one task."""

    async def run(self, draft: Draft) -> Execution:
        """Run ``draft`` and measure what happened. Never raises for what the draft does.

        Raises:
            SandboxUnavailable: isolation can't be had (any more); nothing was run.
        """
        ...


@runtime_checkable
class Executor(Protocol):
    """Opens isolated places."""

    @property
    def name(self) -> str:
        """The kind of isolation, e.g. "docker"."""
        ...

    def session(self, task: Task) -> AbstractAsyncContextManager[Session]:
        """Open the place of one task; leaving the context removes it and all it held.

        Raises:
            SandboxUnavailable: isolation can't be had; nothing was run.
        """
        ...


@runtime_checkable
class Critic(Protocol):
    """Scores what really happened."""

    @property
    def name(self) -> str:
        """How screens and traces call it."""
        ...

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        """Score ``execution`` on the dimensions of ``task.rubric``.

        What it can't know stays unscored.

        Raises:
            ModelError: the model it asks can't be reached; an answer that is of no use is no error.
            BudgetEnded: asking could go over the budget.
        """
        ...


@runtime_checkable
class UserProxy(Protocol):
    """Stands in for the user."""

    async def decide(self, task: Task, rounds: Sequence[Round], *, spent: Spend) -> Decision:
        """Say what happens after the last of ``rounds``, whose own decision is still pending."""
        ...


@runtime_checkable
class Approver(Protocol):
    """A user proxy that is asked before each program runs."""

    async def approve(
        self, task: Task, draft: Draft, *, history: Sequence[Round]
    ) -> Decision | None:
        """Return None to let ``draft`` run, else what is to happen instead: refine or stop."""
        ...


@runtime_checkable
class Extender(Protocol):
    """A user proxy that is asked when a call of a model does not fit into the budget any more."""

    async def put_off(self, task: Task, history: Sequence[Round], *, ended: BudgetEnded) -> bool:
        """Return whether the step may be tried again; the run's ledger then has more budget."""
        ...


@runtime_checkable
class Model(Protocol):
    """Answers."""

    @property
    def name(self) -> str:
        """How screens and traces call it."""
        ...

    async def complete(self, request: Request) -> Reply:
        """Return the answer, with exactly ``request.n`` choices.

        What it takes is reserved in and reported to ``ledger.current()``.

        Raises:
            ModelError: there is no usable answer; ``kind`` says why.
            BudgetEnded: the call could go over the budget; nothing was sent.
        """
        ...


@runtime_checkable
class ReplyStore(Protocol):
    """Keeps what models answered, so that the same question is not paid for twice."""

    async def reply(self, key: str) -> Reply | None:
        """Return what is kept under ``key`` (a SHA-256 in hexadecimal), or None."""
        ...

    async def keep_reply(self, key: str, reply: Reply) -> None:
        """Keep ``reply``; it is on disk when this returns. The latest one of a key counts."""
        ...


@runtime_checkable
class TraceStore(Protocol):
    """Keeps every step of every run, for good."""

    async def append(self, event: Event) -> None:
        """Keep ``event``.

        It is on disk when this returns. The same (run_id, seq) twice is harmless.
        """
        ...

    def events(self, run_id: str) -> AsyncIterator[Event]:
        """Yield the events of a run in order."""
        ...

    async def blob(self, sha256: str) -> bytes:
        """Return the bytes with this hash."""
        ...
