"""How far a run has come, read from its events: for its outcome, and for going on with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from critique_loop.errors import StoreError
from critique_loop.ledger import Ledger
from critique_loop.values import (
    Answer,
    Asked,
    Call,
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Ended,
    Event,
    Execution,
    Question,
    Resumed,
    Round,
    Spend,
    Started,
)


@dataclass(slots=True)
class Parts:
    """What has been stored of one round so far."""

    draft: Draft | None = None
    execution: Execution | None = None
    critique: Critique | None = None
    decision: Decision = field(default_factory=lambda: Decision(DecisionKind.PENDING))
    writer_s: float = 0.0
    sandbox_s: float = 0.0
    critic_s: float = 0.0

    def round(self, number: int) -> Round | None:
        """Return the round, once it has its critique."""
        if self.draft is None or self.execution is None or self.critique is None:
            return None
        turn = Round(
            number=number,
            draft=self.draft,
            execution=self.execution,
            critique=self.critique,
            writer_s=self.writer_s,
            sandbox_s=self.sandbox_s,
            critic_s=self.critic_s,
        )
        return decided(turn, self.decision)

    def add(self, event: Event) -> None:
        """Take in a step of this round."""
        match event.body:
            case Draft():
                self.draft, self.writer_s = event.body, event.seconds
            case Execution():
                self.execution, self.sandbox_s = event.body, event.seconds
                self.critique = None  # that of a run before, which was forbidden then
            case Critique():
                self.critique, self.critic_s = event.body, event.seconds
            case Decision():
                self.decision = event.body
            case _:
                pass


def decided(turn: Round, decision: Decision) -> Round:
    """Return ``turn`` with its decision; a person's critique takes the place of the critic's."""
    if decision.critique is None:
        return replace(turn, decision=decision)
    return replace(turn, decision=decision, critique=decision.critique, overruled=turn.critique)


@dataclass(slots=True)
class Checkpoint:
    """One run as its events tell it.

    ``started_at`` is Unix time. ``rounds`` are those with a critique, the last one maybe without a
    decision. ``open`` is what there is of a round that has no critique yet. ``ended`` is None while
    the run goes on, also after it was resumed. ``parts`` is what there is of each round.
    ``question`` waits for an answer. ``answers`` (by question id) were given in a step that
    is not finished. ``next_seq`` is free. ``settings``, ``writer`` and ``critic`` are those that
    held last, ``decided_with`` the settings at its last decision. ``is_copying``: it is a branch,
    and nothing but copies of another run's steps so far; their cost is that
    run's.
    """

    run_id: str
    started: Started
    started_at: float = 0.0
    ended: Ended | None = None
    question: Question | None = None
    next_seq: int = 1
    parts: dict[int, Parts] = field(default_factory=dict[int, Parts])
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    settings: Mapping[str, object] = field(init=False)
    decided_with: Mapping[str, object] = field(init=False)
    writer: str = field(init=False)
    critic: str = field(init=False)
    is_copying: bool = field(init=False)
    _ledger: Ledger = field(default_factory=Ledger)
    _person_s: float = 0.0
    _finished_s: float = 0.0
    _began_at: float = field(init=False)
    _last_at: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin with what the start says."""
        self._began_at = self._last_at = self.started_at
        self.settings = self.decided_with = self.started.settings
        self.writer, self.critic = self.started.writer, self.started.critic
        self.is_copying = _copies(self.started)

    @classmethod
    def of(cls, run_id: str, events: Iterable[Event]) -> Checkpoint:
        """Read the events of a run, in order.

        Raises:
            StoreError: they don't begin with its start.
        """
        found: Checkpoint | None = None
        for event in events:
            if isinstance(event.body, Started):
                found = cls(run_id, event.body, event.at)
            elif found is not None:
                found._add(event)
        if found is None:
            raise StoreError(f"run {run_id}: its first step is missing")
        return found

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds that have a critique, in order."""
        found = (parts.round(number) for number, parts in sorted(self.parts.items()))
        return tuple(turn for turn in found if turn is not None)

    @property
    def open(self) -> Parts | None:
        """What there is of a round without a critique, or None."""
        last = self.parts[max(self.parts)] if self.parts else None
        return last if last is not None and last.critique is None else None

    @property
    def open_number(self) -> int:
        """The number of the last round of which there is anything, 0 where there is nothing."""
        return max(self.parts, default=0)

    @property
    def spend(self) -> Spend:
        """What the run has spent so far."""
        if self.ended is not None:
            return self.ended.spend
        spent = self._ledger.spend(len(self.rounds))
        seconds = self._finished_s + self._last_at - self._began_at - self._person_s
        return replace(spent, seconds=max(0.0, seconds), person_s=self._person_s)

    def _add(self, event: Event) -> None:
        self.next_seq = event.seq + 1
        body = event.body
        if isinstance(body, Resumed):
            self._finished_s += self._last_at - self._began_at
            self._began_at = event.at
            self.ended = None
            self._go_on(body)
        elif isinstance(body, Ended):
            self.ended = body
        elif isinstance(body, Call):
            self._ledger.add(body)
        elif isinstance(body, Asked):
            self._person_s += body.waited_s
            self.question = None if body.answer is not None else body.question
            if body.answer is not None:
                self.answers[body.question.id] = body.answer
        else:
            self._add_part(event)
        self._last_at = event.at

    def _go_on(self, body: Resumed) -> None:
        self.is_copying = False
        self.settings = body.settings or self.settings
        self.writer = body.writer or self.writer
        self.critic = body.critic or self.critic

    def _add_part(self, event: Event) -> None:
        self.question = None
        if isinstance(event.body, Decision):
            self.decided_with = self.settings
        if isinstance(event.body, Draft | Decision):
            self.answers.clear()  # they were about another program, or have had their effect
        if isinstance(event.body, Draft):  # whatever there was followed from another draft
            self.parts[event.round] = Parts()
            self._ledger.charge(0.0 if self.is_copying else event.body.cost_usd)
        parts = self.parts.get(event.round)
        if parts is None:
            parts = self.parts[event.round] = Parts()
        parts.add(event)


def own(events: Iterable[Event]) -> Iterator[Event]:
    """Yield the steps of a run without those that a branch copied from another run.

    Sums over several runs (drafts, rounds, seconds) count nothing twice when they count these.
    """
    copying = False
    for event in events:
        body = event.body
        if isinstance(body, Started):
            copying = _copies(body)
        elif isinstance(body, Resumed):
            copying = False
        elif copying:
            continue
        yield event


def _copies(started: Started) -> bool:
    """Return whether the first steps after this start are copies of another run's."""
    return started.origin is not None and not started.origin.rescored


def rescored(rounds: Iterable[Round], scores: Checkpoint) -> tuple[Round, ...]:
    """Return the ``rounds`` of which ``scores``, a rescoring of their run, has a critique, with it.

    What the critics had said before is no part of them any more, nor is a person's overruling.
    """
    found = {number: parts.critique for number, parts in scores.parts.items()}
    return tuple(
        replace(turn, critique=critique, overruled=None)
        for turn in rounds
        if (critique := found.get(turn.number)) is not None
    )


def asked(events: Iterable[Event]) -> tuple[Asked, ...]:
    """Return every question of a run with its answer, in order; open ones have none.

    A question that was asked again before anybody answered is there once.
    """
    found: list[Asked] = []
    for event in events:
        if not isinstance(event.body, Asked):
            continue
        last = found[-1] if found else None
        if last is not None and last.answer is None and last.question.id == event.body.question.id:
            found.pop()
        found.append(event.body)
    return tuple(found)
