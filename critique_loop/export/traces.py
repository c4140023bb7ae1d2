"""A stored run as an export sees it: its rounds, each with the judgement that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from statistics import median

from critique_loop import rubric as rubrics
from critique_loop.agreement.ratings import code_hash
from critique_loop.checkpoint import decided
from critique_loop.store import StoredRun
from critique_loop.values import (
    Call,
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Ended,
    Event,
    EventKind,
    Execution,
    ExecutionStatus,
    Label,
    Message,
    Preference,
    Preferred,
    Round,
    Score,
    Started,
    Task,
)

PERSON = "person"
_WITHOUT_RESULT = 0.0
_PENDING = Decision(DecisionKind.PENDING)


class Executions:
    """The executions of a run, decoded when the first of them is asked for: they are large."""

    def __init__(self, run: StoredRun) -> None:
        """Decode nothing yet."""
        self._run = run
        self._found: dict[int, Execution] | None = None

    def at(self, seq: int) -> Execution:
        """Return the execution that is step ``seq``."""
        if self._found is None:
            events = self._run.events_of(EventKind.EXECUTED)
            self._found = {e.seq: e.body for e in events if isinstance(e.body, Execution)}
        return self._found[seq]


@dataclass(frozen=True, slots=True)
class Judged:
    """One round and what counts of it.

    ``said`` is what the critics of the loop said, ``critique`` holds the marks that count: a
    person's where one said something, also later and apart from the loop. ``accepted`` is the last
    word on it, ``by`` whose word: "measured", "model", "panel" or "person". ``persons`` are the
    dimensions that a person scored.
    """

    number: int
    draft: Draft
    said: Critique
    decision: Decision
    critique: Critique
    accepted: bool
    by: str
    persons: frozenset[str]
    executions: Executions
    executed: int

    @property
    def code(self) -> str:
        """The program."""
        return self.draft.code

    @property
    def execution(self) -> Execution:
        """What happened when it was run."""
        return self.executions.at(self.executed)

    @property
    def round(self) -> Round:
        """The round as writers are told of it."""
        turn = Round(self.number, self.draft, self.execution, self.said)
        return decided(turn, self.decision)

    @property
    def ran(self) -> bool:
        """Whether the program came to its end without an error."""
        return self.execution.status is ExecutionStatus.OK

    @property
    def score(self) -> float | None:
        """The weighted mean; 0 for a program that failed, None where a dimension is unscored."""
        if self.critique.overall is None and not self.ran:
            return _WITHOUT_RESULT
        return self.critique.overall


@dataclass(frozen=True, slots=True)
class Trace:
    """One run.

    ``at`` is when it began (Unix time), ``end`` reads how it ended. ``told`` is what a model was
    asked for each round's draft, where that is known. ``preferred`` are pairs of rounds, (better,
    worse), of which persons said so. Rounds up to ``copied`` are copies of another run's.
    """

    run_id: str
    at: float
    started: Started
    turns: tuple[Judged, ...]
    end: Callable[[], Ended | None] = lambda: None
    told: Mapping[int, tuple[Message, ...]] = field(default_factory=dict[int, tuple[Message, ...]])
    preferred: frozenset[tuple[int, int]] = frozenset()

    @property
    def task(self) -> Task:
        """What was asked."""
        return self.started.task

    @property
    def cost_usd(self) -> float | None:
        """What it cost, None where that is not known, also because it has no end."""
        ended = self.end()
        return ended.spend.cost_usd if ended else None

    @property
    def copied(self) -> int:
        """The last round that this run has from another one, 0: none."""
        return self.started.origin.round if self.started.origin else 0

    @property
    def accepted(self) -> Judged | None:
        """The last round that was accepted, or None."""
        return next((turn for turn in reversed(self.turns) if turn.accepted), None)

    def before(self, number: int) -> tuple[Judged, ...]:
        """Return the rounds that the writer of round ``number`` was told of.

        Of several candidates of one turn none was told of the others.
        """
        found = [turn for turn in self.turns if turn.number < number]
        while found and found[-1].decision.kind is DecisionKind.COMPARE:
            found.pop()
        return tuple(found)


class Labels:
    """What persons said of stored drafts, found by run; later labels supersede earlier ones."""

    def __init__(self, labels: Iterable[Label | Preference] = ()) -> None:
        """Sort them by run."""
        self._marks: dict[str, dict[tuple[int, str, str, str], float | None]] = {}
        self._pairs: dict[str, dict[tuple[str, frozenset[tuple[int, str]]], Preference]] = {}
        for label in labels:
            if isinstance(label, Label):
                shown = label.shown
                key = (shown.round, shown.code, label.dimension, label.by)
                self._marks.setdefault(shown.run_id, {})[key] = label.value
            elif label.first.run_id == label.second.run_id:
                drafts = tuple((s.round, s.code) for s in (label.first, label.second))
                of_run = self._pairs.setdefault(label.first.run_id, {})
                of_run[f"{label.by}\0{label.dimension}", frozenset(drafts)] = label

    def marks(self, run_id: str, turn: _Parts) -> dict[str, float]:
        """Return the median mark of each dimension of a draft that somebody scored."""
        found = self._marks.get(run_id)
        if not found:
            return {}
        code = code_hash(turn.draft.code)
        values: dict[str, list[float]] = {}
        for (number, sha256, dimension, _), value in found.items():
            if number == turn.number and sha256 == code and value is not None:
                values.setdefault(dimension, []).append(value)
        return {dimension: median(marks) for dimension, marks in values.items()}

    def preferred(self, run_id: str, rounds: Iterable[_Parts]) -> frozenset[tuple[int, int]]:
        """Return the pairs (better, worse) of rounds on which more persons said so than not."""
        found = self._pairs.get(run_id)
        if not found:
            return frozenset()
        codes = {turn.number: code_hash(turn.draft.code) for turn in rounds}
        votes: dict[tuple[int, int], int] = {}
        for label in found.values():
            first, second = label.first, label.second
            known = codes.get(first.round) == first.code and codes.get(second.round) == second.code
            if known and label.preferred in (Preferred.FIRST, Preferred.SECOND):
                is_first = label.preferred is Preferred.FIRST
                better, worse = (first, second) if is_first else (second, first)
                votes[better.round, worse.round] = votes.get((better.round, worse.round), 0) + 1
        return frozenset(
            (better, worse)
            for (better, worse), number in votes.items()
            if number > votes.get((worse, better), 0)
        )


def trace_of(run: StoredRun, *, told: bool = False) -> Trace:
    """Return the run as an export sees it; with ``told`` what models were asked is read, too.

    Raises:
        StoreError: a step of it can't be read.
    """
    started, rounds, executions = run.started, _rounds(run), Executions(run)
    labels = Labels(run.labels)
    return Trace(
        run_id=run.run_id,
        at=run.started_at,
        started=started,
        turns=tuple(
            _judged(started, turn, executions, labels.marks(run.run_id, turn)) for turn in rounds
        ),
        end=lambda: run.ended,
        told=_told(run.events_of(EventKind.CALLED)) if told else {},
        preferred=labels.preferred(run.run_id, rounds),
    )


@dataclass(slots=True)
class _Parts:
    """What there is of a round; its execution by the number of its step."""

    number: int
    draft: Draft
    executed: int | None = None
    critique: Critique | None = None
    decision: Decision = _PENDING


def _rounds(run: StoredRun) -> list[_Parts]:
    """Return the rounds that have a critique, as ``Checkpoint`` puts them together."""
    events = run.events_of(EventKind.DRAFTED, EventKind.CRITIQUED, EventKind.DECIDED)
    bodies = {event.seq: event.body for event in events}
    parts: dict[int, _Parts] = {}
    for row in run.rows:
        body = bodies.get(row.seq)
        if isinstance(body, Draft):
            parts[row.round] = _Parts(row.round, body)
        elif row.round not in parts:
            continue
        elif isinstance(body, Critique):
            parts[row.round].critique = body
        elif isinstance(body, Decision):
            parts[row.round].decision = body
        elif row.kind == EventKind.EXECUTED:
            parts[row.round].executed, parts[row.round].critique = row.seq, None
    found = (turn for _, turn in sorted(parts.items()))
    return [turn for turn in found if turn.critique and turn.executed is not None]


def _told(events: Iterable[Event]) -> dict[int, tuple[Message, ...]]:
    """Return what the writer's model was asked first in each round: what came later is repair."""
    told: dict[int, tuple[Message, ...]] = {}
    for event in events:
        call = event.body
        if isinstance(call, Call) and call.role == "writer" and call.messages and not call.error:
            told.setdefault(event.round, call.messages)
    return told


def _judged(
    started: Started, turn: _Parts, executions: Executions, marks: Mapping[str, float]
) -> Judged:
    said, decision = turn.critique or Critique("", ()), turn.decision
    counted = decision.critique or said
    accepted, by, persons = decision.kind is DecisionKind.ACCEPT, PERSON, frozenset[str]()
    if marks:
        scores = tuple(_marked(score, marks) for score in counted.scores)
        rubric = started.task.rubric
        counted = replace(counted, scores=scores, overall=rubrics.overall(rubric, scores))
        accepted, persons = rubrics.accepts(rubric, scores), frozenset(marks)
    elif decision.critique is not None:
        persons = _overruled(decision.critique, said)
    elif decision.by != PERSON:
        by = scored_by(started, said)
    return Judged(
        number=turn.number,
        draft=turn.draft,
        said=said,
        decision=decision,
        critique=counted,
        accepted=accepted,
        by=by,
        persons=persons,
        executions=executions,
        executed=turn.executed or 0,
    )


def _marked(score: Score, marks: Mapping[str, float]) -> Score:
    value = marks.get(score.dimension)
    return score if value is None else replace(score, value=value, unscored="", by=PERSON)


def _overruled(person: Critique, said: Critique) -> frozenset[str]:
    """Return the dimensions on which a person's mark stands in place of a critic's."""
    before = {score.dimension: score.value for score in said.scores}
    return frozenset(
        score.dimension
        for score in person.scores
        if score.by == person.critic or before.get(score.dimension) != score.value
    )


def scored_by(started: Started, critique: Critique) -> str:
    """Return whose word a critique is: "panel", "model" or "measured"."""
    if any(len(score.votes) > 1 for score in critique.scores):
        return "panel"
    if critique.critic == "measured" or started.critic == "measured":
        return "measured"
    return "model"
