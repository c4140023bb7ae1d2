"""Who scored what: the critics' marks of stored drafts, whatever kind of critic it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from critique_loop.store import SqliteStore
from critique_loop.store.encoding import encode
from critique_loop.values import Critique, Dimension, Outcome, Round, Rubric, Score, Shown, Task


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One thing that can be scored: a dimension of a draft."""

    run_id: str
    round: int
    dimension: str


@dataclass(frozen=True, slots=True)
class Rating:
    """One rater's mark; ``value`` is None where it was left unscored."""

    place: Place
    by: str
    value: float | None
    pass_mark: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class JudgedDraft:
    """One stored draft that has a critique, without its files.

    ``group`` is the same for drafts that answer the same task. ``writer`` is the model that wrote
    it, or the writer where there is none. ``rubric`` is the SHA-256 of the rubric.
    """

    shown: Shown
    group: str
    writer: str
    rubric: str
    dimensions: tuple[Dimension, ...]
    ratings: tuple[Rating, ...]
    facts: Mapping[str, object]

    def pass_mark(self, dimension: str) -> float | None:
        """Return the mark from which a dimension passes, None where the rubric has none."""
        return next((d.pass_mark for d in self.dimensions if d.name == dimension), None)


async def judged_drafts(store: SqliteStore, runs: Sequence[str] = ()) -> list[JudgedDraft]:
    """Return the drafts of the runs with these ids; of all runs, oldest first, where none is named.

    Raises:
        CallError: there is no run with one of the ids.
    """
    named = list(runs) or [summary.run_id for summary in reversed(await store.runs())]
    found: list[JudgedDraft] = []
    for run_id in named:
        found += _drafts(await store.outcome(run_id))
    return found


def code_hash(code: str) -> str:
    """Return the SHA-256 of a program, in hexadecimal."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def rubric_hash(rubric: Rubric) -> str:
    """Return the SHA-256 of all that a rubric says, in hexadecimal."""
    return hashlib.sha256(encode(rubric).text.encode()).hexdigest()


def _drafts(outcome: Outcome) -> Iterator[JudgedDraft]:
    task = outcome.task
    rubric, group = rubric_hash(task.rubric), _group(task)
    dimensions = tuple(
        d for d in task.rubric.dimensions if not d.applies_to or task.kind in d.applies_to
    )
    for turn in outcome.rounds:
        evidence = turn.execution.evidence
        yield JudgedDraft(
            shown=Shown(outcome.run_id, turn.number, code_hash(turn.code)),
            group=group,
            writer=turn.draft.model or turn.draft.writer,
            rubric=rubric,
            dimensions=dimensions,
            ratings=tuple(_ratings(outcome.run_id, turn)),
            facts=evidence.facts if evidence else {},
        )


def _group(task: Task) -> str:
    tables = [table.sha256 for table in task.tables]
    told = encode([task.goal, task.kind.value, tables, rubric_hash(task.rubric)]).text
    return hashlib.sha256(told.encode()).hexdigest()


def _ratings(run_id: str, turn: Round) -> Iterator[Rating]:
    """Yield every critic's and voter's mark, and those with which a person overruled them."""
    critique = turn.overruled or turn.critique
    for score in critique.scores:
        yield from _of_score(run_id, turn, critique, score)
    if turn.overruled is not None:
        for score in turn.critique.scores:
            if score.by == turn.critique.critic:
                yield _rating(run_id, turn, score, by=score.by)


def _of_score(run_id: str, turn: Round, critique: Critique, score: Score) -> Iterator[Rating]:
    by = score.by or critique.critic
    yield _rating(run_id, turn, score, by=by)
    place = Place(run_id, turn.number, score.dimension)
    seen = {by}
    for vote in score.votes:
        if vote.by not in seen:  # samples of one model are one rater, which voted first
            seen.add(vote.by)
            yield Rating(place, vote.by, vote.value, score.pass_mark)


def _rating(run_id: str, turn: Round, score: Score, *, by: str) -> Rating:
    place = Place(run_id, turn.number, score.dimension)
    return Rating(place, by, score.value, score.pass_mark, score.confidence)
