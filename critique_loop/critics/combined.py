"""Several critics as one: what is measured is measured, others judge the rest, people overrule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from critique_loop import rubric as rubrics
from critique_loop.critics.capping import capped
from critique_loop.critics.checking import each, is_seeking, may_score, scorer_of, unscored
from critique_loop.errors import CallError
from critique_loop.protocols import Critic
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Finding,
    Round,
    Rubric,
    Score,
    Scorer,
    Task,
)

_FAILED = "the program failed, so there is nothing to judge"


class CombinedCritic:
    """Asks critics in order; each is asked only for what is open and what it may score.

    Who may score a dimension is in the rubric. The measured critic comes first. What it leaves
    unscored, a model is asked if the dimension names models, too, but never for a gate that is to
    be measured. A dimension is closed by the first critic who scores it. An error, whoever found
    it, keeps its dimension below the pass mark. A person (``scorer`` "person") is asked for
    everything, and overrules it all. Only people are asked about a program that failed. Who looks
    for faults (``seeks``) is asked also where nothing is left to score.
    """

    def __init__(self, critics: Sequence[Critic]) -> None:
        """``critics``: the measured one first.

        A critic that doesn't say as what it scores (``scorer``) is taken for the measured one in
        the first place, for a model in any other.

        Raises:
            CallError: there is none.
        """
        if not critics:
            raise CallError("there is no critic to combine", remedy="Give at least one.")
        self._critics = tuple(critics)

    @property
    def name(self) -> str:
        """The names of all critics."""
        return " + ".join(critic.name for critic in self._critics)

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        """Score every dimension of ``task.rubric``; errors are those of the critics."""
        joining = _Joining(task.rubric)
        for place, critic in enumerate(self._critics):
            scorer = scorer_of(critic, unsaid=Scorer.MODEL if place else Scorer.MEASURED)
            wanted = joining.wanted(scorer, is_first=not place)
            if not wanted and not is_seeking(critic):
                joining.note(f"{critic.name} was not asked: no dimension is left for it")
            elif place and scorer is not Scorer.PERSON and _has_failed(execution):
                joining.note(f"{critic.name} was not asked: {_FAILED}")
                joining.leave(wanted, _FAILED)
            else:
                asked = task.rubric.dimensions if is_seeking(critic) else wanted
                narrowed = replace(task, rubric=replace(task.rubric, dimensions=asked))
                critique = await critic.review(narrowed, draft, execution, history=history)
                joining.take(critique, wanted, critic.name, scorer)
        return joining.joined(self.name)


def _has_failed(execution: Execution) -> bool:
    return execution.status is not ExecutionStatus.OK


class _Joining:
    """The scores of one draft while one critic after the other is asked."""

    def __init__(self, rubric: Rubric) -> None:
        self._rubric = rubric
        self._critiques: list[Critique] = []
        self._scores: dict[str, Score] = {}
        self._persons: dict[str, Score] = {}
        self._notes: list[str] = []

    def wanted(self, scorer: Scorer, *, is_first: bool) -> tuple[Dimension, ...]:
        """Return what a critic is asked for; the measured one sees the whole rubric."""
        if scorer is Scorer.PERSON or (is_first and scorer is Scorer.MEASURED):
            return self._rubric.dimensions
        return tuple(
            dimension
            for dimension in self._rubric.dimensions
            if may_score(scorer, dimension) and self._is_open(dimension)
        )

    def _is_open(self, dimension: Dimension) -> bool:
        found = self._persons.get(dimension.name) or self._scores.get(dimension.name)
        return found is None or found.value is None

    def note(self, text: str) -> None:
        self._notes.append(text)

    def leave(self, dimensions: Iterable[Dimension], why: str) -> None:
        self._scores.update({d.name: unscored(d, why) for d in dimensions})

    def take(
        self, critique: Critique, wanted: Sequence[Dimension], by: str, scorer: Scorer
    ) -> None:
        """Keep what was said of what was asked, and of nothing else."""
        self._critiques.append(critique)
        said = each(critique.scores, wanted, by=by)
        if scorer is Scorer.PERSON:
            self._persons.update({n: s for n, s in said.items() if s.value is not None})
            self._scores.update({n: s for n, s in said.items() if n not in self._scores})
            return
        self._scores.update(said)

    def joined(self, name: str) -> Critique:
        critiques, rubric = self._critiques, self._rubric
        findings = tuple(finding for critique in critiques for finding in critique.findings)
        scores = tuple(self._score(dimension, findings) for dimension in rubric.dimensions)
        spreads = [critique.spread for critique in critiques if critique.spread is not None]
        overruled = [f"{n}: a person's score stands" for n in self._persons if self._differs(n)]
        notes = (note for critique in critiques for note in critique.notes)
        return Critique(
            critic=name,
            scores=scores,
            findings=findings,
            overall=rubrics.overall(rubric, scores),
            spread=max(spreads, default=None),
            notes=(*notes, *self._notes, *overruled),
            claims=sum(critique.claims for critique in critiques),
            unsupported=sum(critique.unsupported for critique in critiques),
        )

    def _differs(self, name: str) -> bool:
        other = self._scores[name]
        return other.value is not None and other.value != self._persons[name].value

    def _score(self, dimension: Dimension, findings: Sequence[Finding]) -> Score:
        """Return the score that counts; a person's is not bound by what was measured."""
        person = self._persons.get(dimension.name)
        if person is not None:
            return person
        found = self._scores.get(dimension.name)
        if found is not None and (found.value is not None or dimension.scorers != _PERSON):
            return capped(found, findings, codes=dimension.checks)
        return unscored(dimension, _waits(dimension))


_PERSON = (Scorer.PERSON,)
_WAYS = {Scorer.MEASURED: "be measured", Scorer.MODEL: "be judged"}


def _waits(dimension: Dimension) -> str:
    if dimension.scorers == _PERSON:
        return "waits for a person"
    ways = " or ".join(_WAYS[scorer] for scorer in dimension.scorers if scorer in _WAYS)
    return f"no critic scores it (it is to {ways})"
