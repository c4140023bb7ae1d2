"""What the participants of one team share: the task, the budget and the trace."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import cast

import anyio.to_thread
import msgspec
from autogen_agentchat.messages import BaseAgentEvent, BaseChatMessage

from critique_loop import rubric as rubrics
from critique_loop._version import __version__
from critique_loop.budget import UNLIMITED, Budget
from critique_loop.integrations.autogen.transcript import Transcript
from critique_loop.ledger import Ledger
from critique_loop.loop import Loop
from critique_loop.loop.recording import Recorder
from critique_loop.protocols import TraceStore
from critique_loop.values import (
    Critique,
    Decision,
    Draft,
    Ended,
    EventBody,
    EventKind,
    Execution,
    Outcome,
    Resumed,
    Round,
    Spend,
    Started,
    StopReason,
    Task,
)

TaskOf = Callable[[str], Task]

_KINDS: dict[type[EventBody], EventKind] = {
    Draft: EventKind.DRAFTED,
    Execution: EventKind.EXECUTED,
    Critique: EventKind.CRITIQUED,
    Decision: EventKind.DECIDED,
    Ended: EventKind.ENDED,
}


class TeamRun:
    """Makes the task of the team's first message, counts what is spent, and keeps each step.

    All participants of a team share one, and no two teams do.
    """

    def __init__(
        self,
        task_of: TaskOf,
        *,
        budget: Budget = UNLIMITED,
        store: TraceStore | None = None,
        run_id: str = "",
        people: Collection[str] = (),
    ) -> None:
        """``task_of`` makes a task of a goal sentence, e.g. ``partial(chart_task, "cars.csv")``.

        Without a ``store`` the trace is in the team's messages only. ``people`` are the names of
        the team's agents that speak for a person ("user" is who gives tasks to a team): what they
        say is believed, what they write runs unasked.
        """
        self.people: frozenset[str] = frozenset(people)
        self.names: dict[str, str] = {}
        self._task_of = task_of
        self._budget = budget
        self._store = store
        self._tasks: dict[str, Task] = {}
        self._begin(run_id or _new_id())

    @classmethod
    def of(cls, loop: Loop, task_of: TaskOf, *, people: Collection[str] = ()) -> TeamRun:
        """Return one with the budget of the loop's user proxy, and its store."""
        budget: object = getattr(loop.proxy, "budget", None)
        known = budget if isinstance(budget, Budget) else UNLIMITED
        return cls(task_of, budget=known, store=loop.store, people=people)

    def _begin(self, run_id: str, *, next_seq: int = 0, spent: Spend | None = None) -> None:
        self.run_id: str = run_id
        self._seq = next_seq
        self._over = next_seq > 0
        self._recorder = Recorder(
            run_id, store=self._store, on_event=self._count, next_seq=next_seq
        )
        self.ledger: Ledger = Ledger(
            self._budget, spent=spent, on_entry=self._recorder.record_entry
        )

    async def task(self, goal: str) -> Task:
        """Return the task of ``goal``; reading a table may take a while, and happens once."""
        if goal not in self._tasks:
            self._tasks[goal] = await anyio.to_thread.run_sync(self._task_of, goal)
        return self._tasks[goal]

    async def enter(self, task: Task, number: int) -> None:
        """Say that what follows belongs to round ``number`` of the run."""
        if not self._seq:
            started = Started(
                task=task,
                writer=self.names.get("writer", ""),
                critic=self.names.get("critic", ""),
                sandbox=self.names.get("executor", ""),
                version=__version__,
            )
            await self._recorder.record(EventKind.STARTED, started)
        elif self._over:
            await self._recorder.record(EventKind.RESUMED, Resumed(__version__))
        self._over = False
        self._recorder.round = number

    async def keep(self, steps: Sequence[EventBody]) -> None:
        """Store steps that have just been done."""
        for step in steps:
            await self._recorder.record(_KINDS[type(step)], step)
            if isinstance(step, Draft):
                self.ledger.charge(step.cost_usd)
            self._over = isinstance(step, Ended)

    def ending(
        self, task: Task, rounds: Sequence[Round], reason: StopReason, message: str
    ) -> Ended:
        """Return the step that ends the run."""
        best = rubrics.best(task.rubric, rounds)
        spend = self.ledger.spend(len(rounds))
        return Ended(reason, best.number if best else 0, spend, message)

    async def outcome(self, messages: Sequence[BaseAgentEvent | BaseChatMessage]) -> Outcome:
        """Return what a team has come to, from the messages of its result."""
        transcript = Transcript(messages, people=self.people)
        task = await self.task(transcript.goal)
        rounds = transcript.rounds
        ended = transcript.ended or self.ending(task, rounds, StopReason.INTERRUPTED, "")
        return Outcome(
            run_id=self.run_id,
            task=task,
            rounds=rounds,
            best=rubrics.best(task.rubric, rounds),
            stopped_because=ended.stopped_because,
            spend=ended.spend,
            message=ended.message,
        )

    def reset(self) -> None:
        """Begin another run, with the whole budget."""
        if self._seq:
            self._begin(_new_id())

    def dump(self) -> dict[str, object]:
        """Return how far the run has come as JSON types."""
        spent = cast("dict[str, object]", msgspec.to_builtins(self.ledger.spend()))
        return {"run_id": self.run_id, "next_seq": self._seq, "spent": spent}

    def load(self, state: Mapping[str, object]) -> None:
        """Go on where ``dump`` was called; each participant of the team asks for it."""
        run_id, next_seq = str(state["run_id"]), cast("int", state["next_seq"])
        if run_id == self.run_id and next_seq <= self._seq:
            return
        spent = msgspec.convert(state["spent"], Spend)
        self._begin(run_id, next_seq=next_seq, spent=spent)

    def _count(self, event: object) -> None:
        del event
        self._seq += 1


def _new_id() -> str:
    return uuid.uuid4().hex[:12]
