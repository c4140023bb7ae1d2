"""Outcomes rebuilt from the events of a run, also of one that was killed half-way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from critique_loop import rubric as rubrics
from critique_loop.errors import StoreError
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Ended,
    Event,
    Execution,
    Outcome,
    Round,
    Spend,
    Started,
    StopReason,
    Task,
)

_PENDING = Decision(DecisionKind.PENDING)


def rebuild(run_id: str, events: Iterable[Event]) -> Outcome:
    """Return the outcome of the run these events (in order) tell of.

    A round counts once it has its critique. A run without an end is INTERRUPTED; its best round is
    chosen as the loop does, and its message says what else there was.

    Raises:
        StoreError: the events don't begin with the start of a run.
    """
    run = _Run()
    for event in events:
        run.add(event)
    if run.started is None:
        raise StoreError(f"run {run_id}: its first step is missing")
    task = run.started.task
    rounds = run.rounds()
    if run.ended is not None:
        best_round = run.ended.best_round
        return Outcome(
            run_id=run_id,
            task=task,
            rounds=rounds,
            best=next((turn for turn in rounds if turn.number == best_round), None),
            stopped_because=run.ended.stopped_because,
            spend=run.ended.spend,
            message=run.ended.message,
        )
    return _unended(run_id, task, rounds, run)


def _unended(run_id: str, task: Task, rounds: tuple[Round, ...], run: _Run) -> Outcome:
    costs = [parts.draft.cost_usd for parts in run.parts.values() if parts.draft]
    known = [cost for cost in costs if cost is not None]
    return Outcome(
        run_id=run_id,
        task=task,
        rounds=rounds,
        best=rubrics.best(task.rubric, rounds),
        stopped_because=StopReason.INTERRUPTED,
        spend=Spend(
            rounds=len(rounds),
            seconds=run.last_at - run.first_at,
            cost_usd=sum(known) if len(known) == len(costs) else None,
        ),
        message=run.what_was_left(),
    )


@dataclass(slots=True)
class _Parts:
    """What has been stored of one round so far."""

    draft: Draft | None = None
    execution: Execution | None = None
    critique: Critique | None = None
    decision: Decision = _PENDING
    writer_s: float = 0.0
    sandbox_s: float = 0.0
    critic_s: float = 0.0

    def add(self, event: Event) -> None:
        match event.body:
            case Draft():
                self.draft, self.writer_s = event.body, event.seconds
            case Execution():
                self.execution, self.sandbox_s = event.body, event.seconds
            case Critique():
                self.critique, self.critic_s = event.body, event.seconds
            case Decision():
                self.decision = event.body
            case Started() | Ended():
                pass

    def finished(self, number: int) -> Round | None:
        if self.draft is None or self.execution is None or self.critique is None:
            return None
        return Round(
            number=number,
            draft=self.draft,
            execution=self.execution,
            critique=self.critique,
            decision=self.decision,
            writer_s=self.writer_s,
            sandbox_s=self.sandbox_s,
            critic_s=self.critic_s,
        )


class _Run:
    """The events of one run, sorted by what they tell."""

    def __init__(self) -> None:
        self.started: Started | None = None
        self.ended: Ended | None = None
        self.parts: dict[int, _Parts] = {}
        self.first_at = self.last_at = 0.0

    def add(self, event: Event) -> None:
        self.last_at = event.at
        if isinstance(event.body, Started):
            self.started, self.first_at = event.body, event.at
        elif isinstance(event.body, Ended):
            self.ended = event.body
        else:
            if isinstance(event.body, Draft):  # whatever there was followed from another draft
                self.parts[event.round] = _Parts()
            self.parts.setdefault(event.round, _Parts()).add(event)

    def rounds(self) -> tuple[Round, ...]:
        found = (parts.finished(number) for number, parts in sorted(self.parts.items()))
        return tuple(turn for turn in found if turn is not None)

    def what_was_left(self) -> str:
        message = "the run has no end: it was killed, or it is still running"
        if not self.parts:
            return f"{message}; no draft was stored"
        number = max(self.parts)
        last = self.parts[number]
        if last.critique is not None:
            return message
        held = "a draft and its execution" if last.execution is not None else "a draft"
        return f"{message}; round {number} has {held}, but no critique"
