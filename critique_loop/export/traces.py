"""A stored run as an export sees it: its rounds, each with the judgement that counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from critique_loop.agreement.ratings import code_hash
from critique_loop.export.judged import Judged, judged_rounds
from critique_loop.export.rescored import Scores, rescored_rounds
from critique_loop.rubric import merit
from critique_loop.store import StoredRun
from critique_loop.store.redaction import RedactionNote
from critique_loop.values import (
    Call,
    DecisionKind,
    Ended,
    Event,
    EventKind,
    Label,
    Message,
    Preference,
    Preferred,
    Started,
    Task,
)

_COMPARE = DecisionKind.COMPARE  # members of an enumeration are looked up at some cost


@dataclass(frozen=True, slots=True)
class Trace:
    """One run.

    ``at`` is when it began (Unix time), ``end`` reads how it ended. ``told`` is what a model was
    asked for each round's draft, where that is known. ``preferred`` are pairs of rounds, (better,
    worse), of which persons said so. Rounds up to ``copied`` are copies of another run's. Where a
    rescoring judges, ``started`` has its rubric and critic, ``asked`` is the task as the writer was
    told it, and ``unscored`` counts the rounds that it leaves out.
    """

    run_id: str
    at: float
    started: Started
    turns: tuple[Judged, ...]
    end: Callable[[], Ended | None] = lambda: None
    told: Mapping[int, tuple[Message, ...]] = field(default_factory=dict[int, tuple[Message, ...]])
    preferred: frozenset[tuple[int, int]] = frozenset()
    unscored: int = 0
    before_rescoring: Started | None = None

    @property
    def asked(self) -> Task:
        """What the writer was told to do, by the rubric of the loop."""
        return (self.before_rescoring or self.started).task

    @property
    def redaction(self) -> RedactionNote | None:
        """What was taken out of it, None: nothing."""
        return RedactionNote.of((self.before_rescoring or self.started).settings)

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
        for turn in reversed(self.turns):
            if turn.accepted:
                return turn
        return None

    def is_outdone(self, turn: Judged) -> bool:
        """Whether persons prefer another draft of the run that runs and fails no gate."""
        better = {one for one, other in self.preferred if other == turn.number}
        return any(other.number in better and other.passes_gates for other in self.turns)

    @property
    def kept(self) -> tuple[Judged, ...]:
        """This run's own rounds, of several candidates of one turn the best alone."""
        found: list[Judged] = []
        candidates: list[Judged] = []
        for turn in self.turns:
            candidates.append(turn)
            if turn.decision.kind is not _COMPARE:
                found.append(self._best(candidates))
                candidates.clear()
        if candidates:
            found.append(self._best(candidates))
        return tuple(turn for turn in found if turn.number > self.copied)

    def _best(self, candidates: Sequence[Judged]) -> Judged:
        rubric = self.task.rubric
        return max(candidates, key=lambda turn: (turn.accepted, *merit(rubric, turn.critique)))

    def before(self, number: int) -> tuple[Judged, ...]:
        """Return the rounds that the writer of round ``number`` was told of.

        Of several candidates of one turn none was told of the others.
        """
        found = [turn for turn in self.turns if turn.number < number]
        while found and found[-1].decision.kind is _COMPARE:
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

    def marks(self, run_id: str, turn: Judged) -> dict[str, float]:
        """Return the median mark of each dimension of a draft that somebody scored."""
        found = self._marks.get(run_id)
        if not found:
            return {}
        code = code_hash(turn.code)
        values: dict[str, list[float]] = {}
        for (number, sha256, dimension, _), value in found.items():
            if number == turn.number and sha256 == code and value is not None:
                values.setdefault(dimension, []).append(value)
        return {dimension: median(marks) for dimension, marks in values.items()}

    def preferred(self, run_id: str, rounds: Iterable[Judged]) -> frozenset[tuple[int, int]]:
        """Return the pairs (better, worse) of rounds on which more persons said so than not.

        A person has one vote on two drafts, by most of the dimensions that they compared.
        """
        found = self._pairs.get(run_id)
        if not found:
            return frozenset()
        codes = {turn.number: code_hash(turn.code) for turn in rounds}
        said = Counter[tuple[str, int, int]]()
        for label in found.values():
            first, second = label.first, label.second
            known = codes.get(first.round) == first.code and codes.get(second.round) == second.code
            if known and first.round != second.round:
                low, high = sorted((first.round, second.round))
                said[label.by, low, high] += _leaning(label)
        votes = Counter[tuple[int, int]]()
        for (_, one, other), balance in said.items():
            votes[one, other] += (balance > 0) - (balance < 0)
        return frozenset(
            (one, other) if balance > 0 else (other, one)
            for (one, other), balance in votes.items()
            if balance
        )


def _leaning(label: Preference) -> int:
    """Return 1 where the earlier draft is preferred, -1 where the later one is, else 0."""
    if label.preferred not in (Preferred.FIRST, Preferred.SECOND):
        return 0
    better = label.first if label.preferred is Preferred.FIRST else label.second
    return 1 if better.round == min(label.first.round, label.second.round) else -1


def trace_of(run: StoredRun, *, told: bool = False, scores: Scores | None = None) -> Trace:
    """Return the run as an export sees it; with ``told`` what models were asked is read, too.

    ``scores`` of a rescoring take the place of those of the loop.

    Raises:
        StoreError: a step of it can't be read.
    """
    turns: Sequence[Judged] = judged_rounds(run)
    unscored = len(turns)
    if scores is not None:
        turns = rescored_rounds(run, scores)
    preferred = frozenset[tuple[int, int]]()
    if run.label_rows:
        labels = Labels(run.labels)
        preferred = labels.preferred(run.run_id, turns)
        for turn in turns:
            turn.marks = labels.marks(run.run_id, turn)
    return Trace(
        run_id=run.run_id,
        at=run.started_at,
        started=run.started if scores is None else scores.start(run.started),
        turns=tuple(turns),
        end=lambda: run.ended,
        told=_told(run.events_of(EventKind.CALLED)) if told else {},
        preferred=preferred,
        unscored=unscored - len(turns),
        before_rescoring=None if scores is None else run.started,
    )


def _told(events: Iterable[Event]) -> dict[int, tuple[Message, ...]]:
    """Return what the writer's model was asked first in each round: what came later is repair."""
    told: dict[int, tuple[Message, ...]] = {}
    for event in events:
        call = event.body
        if isinstance(call, Call) and call.role == "writer" and call.messages and not call.error:
            told.setdefault(event.round, call.messages)
    return told
