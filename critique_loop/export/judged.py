"""One round and the judgement of it that counts, decoded as far as is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from critique_loop import rubric as rubrics
from critique_loop.checkpoint import decided
from critique_loop.errors import StoreError
from critique_loop.store import StoredRun
from critique_loop.store.once import Once
from critique_loop.store.stored_run import Row
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Draft,
    EventKind,
    Execution,
    ExecutionStatus,
    Round,
    Rubric,
    Score,
    Started,
)

PERSON = "person"
# Members of an enumeration are looked up at some cost, and here it would be for every step.
_DRAFTED, _EXECUTED = EventKind.DRAFTED.value, EventKind.EXECUTED.value
_CRITIQUED, _DECIDED = EventKind.CRITIQUED.value, EventKind.DECIDED.value
_WITHOUT_RESULT = 0.0
_ACCEPT, _OK = DecisionKind.ACCEPT, ExecutionStatus.OK
WORDS = frozenset({DecisionKind.ACCEPT, DecisionKind.REFINE, DecisionKind.STOP})
_PENDING = Decision(DecisionKind.PENDING)
_NOBODY: frozenset[str] = frozenset()
T = TypeVar("T")
J = TypeVar("J", bound="Judged")


@dataclass(slots=True)
class _Steps:
    """The steps of one round as the file holds them."""

    drafted: Row
    executed: Row | None = None
    criticised: Row | None = None
    decided: Row | None = None


@dataclass(frozen=True, slots=True)
class _Votes:
    """Of a stored score the votes alone."""

    votes: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class _Gist:
    """Of a stored critique what most examples need: a quarter of what decoding it whole costs."""

    critic: str
    scores: tuple[_Votes, ...] = ()
    overall: float | None = None


@dataclass(frozen=True, slots=True)
class _End:
    """Of a stored execution how it ended."""

    status: ExecutionStatus


class Verdict(NamedTuple):
    """What counts of a round.

    ``critique`` holds the marks that count: a person's where one said something, also later and
    apart from the loop. ``by`` is whose word it is: "measured", "model", "panel" or "person".
    ``persons`` are the dimensions that a person scored.
    """

    critique: Critique
    accepted: bool
    by: str
    persons: frozenset[str]


class Judged:
    """One round that has a critique; of a person's ``marks`` it is told when it is made."""

    def __init__(self, run: StoredRun, steps: _Steps) -> None:
        """Decode nothing yet."""
        self.number: int = steps.drafted[2]
        self.marks: Mapping[str, float] = {}
        self._run = run
        self._steps = steps

    @Once
    def draft(self) -> Draft:
        """The program, and who wrote it."""
        return self._decoded(self._steps.drafted, Draft)

    @Once
    def execution(self) -> Execution:
        """What happened when it was run."""
        return self._decoded(self._steps.executed, Execution)

    @Once
    def said(self) -> Critique:
        """What the critics of the loop said, whoever overruled them."""
        return self._decoded(self._steps.criticised, Critique)

    @Once
    def decision(self) -> Decision:
        """What was decided in the loop."""
        row = self._steps.decided
        return _PENDING if row is None else self._decoded(row, Decision)

    @Once
    def verdict(self) -> Verdict:
        """What counts in the end."""
        return verdict_of(self._run.started, self.said, self.decision, self.marks)

    @property
    def accepted(self) -> bool:
        """The last word on it."""
        return self.verdict.accepted if self.marks else self.decision.kind is _ACCEPT

    @property
    def critique(self) -> Critique:
        """The critique that counts."""
        return self.verdict.critique

    @Once
    def _counted(self) -> Critique | _Gist:
        """What is needed of the critique that counts, decoded whole only where a person spoke."""
        if self.marks or self.decision.critique is not None:
            return self.verdict.critique
        return self._decoded(self._steps.criticised, _Gist)

    @property
    def critic(self) -> str:
        """Who gave the critique that counts."""
        return self._counted.critic

    @Once
    def by(self) -> str:
        """Whose word counts."""
        if self.marks or self.decision.critique is not None:
            return self.verdict.by
        return _word(self._run.started, self._counted, self.decision)

    @property
    def persons(self) -> frozenset[str]:
        """The dimensions that a person scored."""
        return self.verdict.persons

    @property
    def code(self) -> str:
        """The program."""
        return self.draft.code

    @property
    def round(self) -> Round:
        """The round as writers are told of it."""
        return decided(Round(self.number, self.draft, self.execution, self.said), self.decision)

    @property
    def seen(self) -> Critique:
        """The critique that a writer is told of."""
        return self.critique

    @property
    def ran(self) -> bool:
        """Whether the program came to its end without an error."""
        return self._end.status is _OK

    @Once
    def _end(self) -> _End:
        return self._decoded(self._steps.executed, _End)

    @property
    def is_right(self) -> bool:
        """Whether it is what was asked for: by a person's word, else by the rubric.

        A candidate that passes is right, though another one of its turn was accepted.
        """
        decision = self.decision
        if self.marks or (decision.by == PERSON and decision.kind in WORDS):
            return self.accepted
        return rubrics.accepts(self._rubric, self.critique.scores)

    @property
    def passes_gates(self) -> bool:
        """Whether the program ran, and no mark says that it fails a gate."""
        gates = {d.name for d in self._rubric.dimensions if d.gate}
        scores = self.critique.scores
        return self.ran and not any(
            s.value is not None and not s.passed for s in scores if s.dimension in gates
        )

    @property
    def score(self) -> float | None:
        """The weighted mean; 0 for a program that failed, None where a dimension is unscored."""
        overall = self._counted.overall
        return _WITHOUT_RESULT if overall is None and not self.ran else overall

    @property
    def _rubric(self) -> Rubric:
        return self._run.started.task.rubric

    def _decoded(self, row: Row | None, kind: type[T]) -> T:
        if row is None:
            raise StoreError(f"run {self._run.run_id}: a step of round {self.number} is missing")
        return self._run.decoded(row[0], row[5], kind)


def judged_rounds(run: StoredRun) -> list[Judged]:
    """Return the rounds that have a critique, put together as ``Checkpoint`` does."""
    return rounds_as(run, Judged)


def rounds_as(run: StoredRun, made: type[J]) -> list[J]:
    """Return the rounds that have a critique as objects of one kind."""
    steps: dict[int, _Steps] = {}
    for row in run.rows:
        kind, number = row[1], row[2]
        if kind == _DRAFTED:  # whatever there was followed from another draft
            steps[number] = _Steps(row)
        elif number not in steps:
            continue
        elif kind == _EXECUTED:
            steps[number].executed, steps[number].criticised = row, None
        elif kind == _CRITIQUED:
            steps[number].criticised = row
        elif kind == _DECIDED:
            steps[number].decided = row
    found = (each for _, each in sorted(steps.items()))
    return [made(run, each) for each in found if each.executed and each.criticised]


def verdict_of(
    started: Started, said: Critique, decision: Decision, marks: Mapping[str, float]
) -> Verdict:
    """Return what counts of a round: a person's marks, be they given later, else the critics'."""
    counted = decision.critique or said
    persons = _NOBODY if decision.critique is None else overruled(decision.critique, said)
    if marks:
        scores = tuple(_marked(score, marks) for score in counted.scores)
        rubric = started.task.rubric
        counted = replace(counted, scores=scores, overall=rubrics.overall(rubric, scores))
        persons |= frozenset(marks)
        return Verdict(counted, _accepted(rubric, scores, decision, persons), PERSON, persons)
    accepted = decision.kind is DecisionKind.ACCEPT
    if decision.critique is not None:
        return Verdict(counted, accepted, PERSON, persons)
    return Verdict(counted, accepted, _word(started, said, decision), _NOBODY)


def _word(started: Started, said: Critique | _Gist, decision: Decision) -> str:
    return PERSON if decision.by == PERSON else scored_by(started, said)


def _accepted(
    rubric: Rubric, scores: Sequence[Score], decision: Decision, persons: frozenset[str]
) -> bool:
    """Whether a draft that persons marked apart from the loop is accepted.

    What a person decided in the loop stands, unless marks of persons alone say otherwise: those of
    all dimensions, or one that fails a gate. A critic's marks beside them say nothing against it.
    """
    if decision.by != PERSON or decision.kind not in WORDS:
        return rubrics.accepts(rubric, scores)
    own = tuple(score for score in scores if score.dimension in persons)
    if {dimension.name for dimension in rubric.dimensions} <= persons:
        return rubrics.accepts(rubric, own)
    gates = {dimension.name for dimension in rubric.dimensions if dimension.gate}
    failed = any(not score.passed for score in own if score.dimension in gates)
    return decision.kind is DecisionKind.ACCEPT and not failed


def _marked(score: Score, marks: Mapping[str, float]) -> Score:
    value = marks.get(score.dimension)
    return score if value is None else replace(score, value=value, unscored="", by=PERSON)


def overruled(person: Critique, said: Critique) -> frozenset[str]:
    """Return the dimensions on which a person's mark stands in place of a critic's."""
    before = {score.dimension: score.value for score in said.scores}
    return frozenset(
        score.dimension
        for score in person.scores
        if score.by == person.critic or before.get(score.dimension) != score.value
    )


def scored_by(started: Started, critique: Critique | _Gist) -> str:
    """Return whose word a critique is: "panel", "model" or "measured"."""
    for score in critique.scores:
        if len(score.votes) > 1:
            return "panel"
    if critique.critic == "measured" or started.critic == "measured":
        return "measured"
    return "model"
