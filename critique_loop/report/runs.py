"""One run as its page tells it: each round beside the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from critique_loop.building.judged_tests import JudgedTest, judged_tests
from critique_loop.report.diffs import DiffLine, diff
from critique_loop.report.highlighting import highlighted
from critique_loop.report.pictures import EmbeddedPicture, embedded
from critique_loop.report.texts import shown
from critique_loop.report.traces import Trace
from critique_loop.values import (
    Asked,
    Call,
    Critique,
    DecisionKind,
    Dimension,
    ExecutionStatus,
    Finding,
    Round,
    Score,
    Severity,
)

_Kept = TypeVar("_Kept", Asked, Call)
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_MOST_UNFOLDED = 60  # lines of a diff
_MOST_CHANGES = 1_000


@dataclass(frozen=True, slots=True)
class ScoreView:
    """A score beside that of the round before.

    ``delta`` is None where one of the two is missing; ``critics`` is what the critics had said
    where a person's mark stands in its place.
    """

    score: Score
    dimension: Dimension | None = None
    delta: float | None = None
    critics: Score | None = None


@dataclass(frozen=True, slots=True)
class RoundView:
    """One round with what it shares with no other: its picture, its colours, what changed.

    ``code`` are lines of HTML. ``anchor`` is unique on the page.
    """

    turn: Round
    anchor: str
    best: bool
    picture: EmbeddedPicture
    code: tuple[str, ...]
    scores: tuple[ScoreView, ...]
    findings: tuple[Finding, ...]
    tests: tuple[JudgedTest, ...]
    calls: tuple[Call, ...]
    asked: tuple[Asked, ...]
    delta: float | None = None
    changes: tuple[DiffLine, ...] = ()
    previous: int = 0

    @property
    def passed_tests(self) -> int:
        """How many tests held."""
        return sum(test.passed for test in self.tests)

    @property
    def failed(self) -> bool:
        """Whether the program did not end well."""
        return self.turn.execution.status is not ExecutionStatus.OK

    @property
    def changed_little(self) -> bool:
        """Whether the diff is short enough to be read at once."""
        return 0 < len(self.changes) <= _MOST_UNFOLDED

    @property
    def undecided(self) -> bool:
        """Whether nobody has said what follows from it."""
        return self.turn.decision.kind is DecisionKind.PENDING


@dataclass(frozen=True, slots=True)
class Course:
    """How one dimension went: its score in each round, None where it has none there."""

    name: str
    pass_mark: float
    gate: bool
    scores: tuple[ScoreView | None, ...]


@dataclass(frozen=True, slots=True)
class RunView:
    """One run as a page tells it. ``models`` are those that were asked, in order."""

    trace: Trace
    rounds: tuple[RoundView, ...]
    courses: tuple[Course, ...]
    models: tuple[str, ...]

    @property
    def anchor_of_best(self) -> str:
        """Where on the page the best round is, "" where there is none."""
        return next((turn.anchor for turn in self.rounds if turn.best), "")

    @property
    def calls_elsewhere(self) -> tuple[Call, ...]:
        """The calls that belong to no round which has a critique."""
        return _elsewhere(self.trace.calls, self.rounds)

    @property
    def asked_elsewhere(self) -> tuple[Asked, ...]:
        """The questions that belong to no round which has a critique."""
        return _elsewhere(self.trace.asked, self.rounds)


def run_view(trace: Trace, *, thumbnails: bool = True) -> RunView:
    """Return what the page of this run tells; without ``thumbnails`` each picture is there once."""
    turns = trace.outcome.rounds
    before: tuple[Round | None, ...] = (None, *turns)
    rounds = tuple(map(lambda turn, last: _round(trace, turn, last), turns, before))
    if not thumbnails:
        rounds = tuple(
            replace(turn, picture=replace(turn.picture, thumbnail="")) for turn in rounds
        )
    calls = [call for found in trace.calls.values() for call in found]
    models = dict.fromkeys(call.model for call in calls if call.model)
    return RunView(trace, rounds, _courses(trace, rounds), tuple(models))


def _round(trace: Trace, turn: Round, last: Round | None) -> RoundView:
    best = trace.outcome.best
    return RoundView(
        turn=turn,
        anchor=f"r-{trace.outcome.run_id}-{turn.number}",
        best=best is not None and best.number == turn.number,
        picture=embedded(turn.execution),
        code=highlighted(turn.code),
        scores=_scores(trace, turn, last),
        findings=tuple(sorted(turn.critique.findings, key=lambda one: _ORDER[one.severity])),
        tests=judged_tests(turn.execution),
        calls=trace.calls.get(turn.number, ()),
        asked=trace.asked.get(turn.number, ()),
        delta=_difference(turn.critique.overall, last.critique.overall) if last else None,
        changes=_changes(last, turn) if last else (),
        previous=last.number if last else 0,
    )


def _changes(last: Round, turn: Round) -> tuple[DiffLine, ...]:
    lines = diff(shown(last.code), shown(turn.code))
    rest = len(lines) - _MOST_CHANGES
    if rest <= 0:
        return lines
    return (*lines[:_MOST_CHANGES], DiffLine("@", f"{rest:,} more lines are left out here"))


def _scores(trace: Trace, turn: Round, last: Round | None) -> tuple[ScoreView, ...]:
    dimensions = {one.name: one for one in trace.outcome.task.rubric.dimensions}
    before, critics = _by_name(last.critique if last else None), _by_name(turn.overruled)
    views: list[ScoreView] = []
    for score in turn.critique.scores:
        was, said = before.get(score.dimension), critics.get(score.dimension)
        delta = _difference(score.value, was.value) if was else None
        replaced = said if said is not None and said.value != score.value else None
        views.append(ScoreView(score, dimensions.get(score.dimension), delta, replaced))
    return tuple(views)


def _by_name(critique: Critique | None) -> dict[str, Score]:
    return {score.dimension: score for score in critique.scores} if critique else {}


def _difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before


def _courses(trace: Trace, rounds: Sequence[RoundView]) -> tuple[Course, ...]:
    told = [{view.score.dimension: view for view in turn.scores} for turn in rounds]
    names = dict.fromkeys(name for views in told for name in views)
    gates = {one.name for one in trace.outcome.task.rubric.dimensions if one.gate}
    courses: list[Course] = []
    for name in names:
        scores = tuple(views.get(name) for views in told)
        pass_mark = next(view.score.pass_mark for view in scores if view is not None)
        courses.append(Course(name, pass_mark, name in gates, scores))
    return tuple(courses)


def _elsewhere(
    found: Mapping[int, tuple[_Kept, ...]], rounds: Sequence[RoundView]
) -> tuple[_Kept, ...]:
    told = {view.turn.number for view in rounds}
    return tuple(
        one for number, kept in sorted(found.items()) if number not in told for one in kept
    )
