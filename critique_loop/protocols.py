"""The doors of the loop: what a part must do to take part. Any object that fulfils one fits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

from critique_loop.values import (
    Critique,
    Decision,
    Draft,
    Event,
    Execution,
    Lesson,
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
            WriterGaveUp: it has no (further) draft; nothing else is raised.
        """
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
        """
        ...


@runtime_checkable
class UserProxy(Protocol):
    """Stands in for the user."""

    async def decide(self, task: Task, rounds: Sequence[Round], *, spent: Spend) -> Decision:
        """Say what happens after the last of ``rounds``, whose own decision is still pending."""
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
