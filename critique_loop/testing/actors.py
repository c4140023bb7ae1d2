"""Scripted writer, executor and critic, and a store in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from critique_loop import rubric as rubrics
from critique_loop.errors import StoreError, WriterGaveUp
from critique_loop.values import (
    Critique,
    Draft,
    Event,
    Execution,
    ExecutionStatus,
    Lesson,
    Reply,
    Round,
    Score,
    Task,
)

_OK = Execution(ExecutionStatus.OK, exit_code=0, sandbox="scripted")


class ScriptedWriter:
    """Writes the given programs in order, then gives up."""

    name = "scripted"

    def __init__(self, programs: Sequence[str]) -> None:
        """``programs`` are the drafts to come, first round first."""
        self._programs = tuple(programs)

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        """Return the program of this round.

        Raises:
            WriterGaveUp: the script has ended.
        """
        del task, lessons
        if len(history) >= len(self._programs):
            raise WriterGaveUp("the script has no further program")
        return Draft(code=self._programs[len(history)], writer=self.name)


class ScriptedExecutor:
    """Answers each program with the execution written down for it; runs nothing.

    ``opened`` and ``closed`` count sessions. ``before`` sees each draft first, and may raise.
    """

    name = "scripted"

    def __init__(
        self,
        executions: Mapping[str, Execution] | None = None,
        *,
        before: Callable[[Draft], None] | None = None,
    ) -> None:
        """``executions`` maps code to its execution; any other code ends with status ok."""
        self._executions = dict(executions or {})
        self._before = before
        self.opened: int = 0
        self.closed: int = 0

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[ScriptedExecutor]:
        """Open a session, which is this object."""
        del task
        self.opened += 1
        try:
            yield self
        finally:
            self.closed += 1

    async def run(self, draft: Draft) -> Execution:
        """Return the execution written down for ``draft``."""
        if self._before is not None:
            self._before(draft)
        return self._executions.get(draft.code, _OK)


class ScriptedCritic:
    """Gives every dimension of the rubric the mark written down for the program, or none."""

    name = "scripted"

    def __init__(self, marks: Mapping[str, float | None]) -> None:
        """``marks`` maps code to a mark from 0 to 10; code that is not in it stays unscored."""
        self._marks = dict(marks)

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        """Score every dimension with the program's mark."""
        del execution, history
        mark = self._marks.get(draft.code)
        unscored = "no mark in the script" if mark is None else ""
        scores = tuple(
            Score(dimension=d.name, value=mark, pass_mark=d.pass_mark, unscored=unscored)
            for d in task.rubric.dimensions
        )
        return Critique(
            critic=self.name, scores=scores, overall=rubrics.overall(task.rubric, scores)
        )


class MemoryStore:
    """Keeps the trace and the models' replies in memory."""

    def __init__(self) -> None:
        """Begin empty; ``kept`` is every event in the order of arrival."""
        self.kept: list[Event] = []
        self.replies: dict[str, Reply] = {}

    async def reply(self, key: str) -> Reply | None:
        """Return the reply kept last under ``key``, or None."""
        return self.replies.get(key)

    async def keep_reply(self, key: str, reply: Reply) -> None:
        """Keep ``reply`` under ``key``."""
        self.replies[key] = reply

    async def append(self, event: Event) -> None:
        """Keep ``event``."""
        self.kept.append(event)

    async def events(self, run_id: str) -> AsyncIterator[Event]:
        """Yield the events of one run."""
        for event in [e for e in self.kept if e.run_id == run_id]:
            yield event

    async def blob(self, sha256: str) -> bytes:
        """Raise: nothing is kept apart from the events.

        Raises:
            StoreError: always.
        """
        raise StoreError(f"no blob {sha256}")
