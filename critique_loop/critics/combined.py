"""Several critics as one: what is measured is measured, and models judge the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from critique_loop import rubric as rubrics
from critique_loop.critics.capping import capped
from critique_loop.errors import CallError
from critique_loop.protocols import Critic
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Round,
    Score,
    Task,
)

_FAILED = "the program failed, so there is nothing to judge"


class CombinedCritic:
    """Asks critics in order; each is asked only for the dimensions that are still open.

    A dimension that lists measured checks is the first critic's alone, scored or not; any other is
    closed by the first critic who scores it. Later critics are not asked about a program that
    failed. An error, whoever found it, keeps its dimension below the pass mark.
    """

    def __init__(self, critics: Sequence[Critic]) -> None:
        """``critics``: the measured one first.

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
        first, *others = self._critics
        critiques = [await first.review(task, draft, execution, history=history)]
        scores = {score.dimension: _by(score, first.name) for score in critiques[0].scores}
        notes: list[str] = []
        for critic in others:
            still_open = _open(task.rubric.dimensions, scores)
            if not still_open:
                notes.append(f"{critic.name} was not asked: no dimension is left for it")
            elif execution.status is not ExecutionStatus.OK:
                notes.append(f"{critic.name} was not asked: {_FAILED}")
                scores.update({d.name: _unscored(d, _FAILED) for d in still_open})
            else:
                narrowed = replace(task, rubric=replace(task.rubric, dimensions=still_open))
                critique = await critic.review(narrowed, draft, execution, history=history)
                critiques.append(critique)
                wanted = {dimension.name for dimension in still_open}
                scores.update(
                    {
                        s.dimension: _by(s, critic.name)
                        for s in critique.scores
                        if s.dimension in wanted
                    }
                )
        return self._joined(task, critiques, scores, notes)

    def _joined(
        self,
        task: Task,
        critiques: Sequence[Critique],
        scores: dict[str, Score],
        notes: Sequence[str],
    ) -> Critique:
        findings = tuple(finding for critique in critiques for finding in critique.findings)
        ordered = tuple(
            capped(scores.get(d.name) or _unscored(d, "no critic scores it"), findings)
            for d in task.rubric.dimensions
        )
        spreads = [critique.spread for critique in critiques if critique.spread is not None]
        return Critique(
            critic=self.name,
            scores=ordered,
            findings=findings,
            overall=rubrics.overall(task.rubric, ordered),
            spread=max(spreads, default=None),
            notes=(*(note for critique in critiques for note in critique.notes), *notes),
        )


def _open(dimensions: Sequence[Dimension], scores: dict[str, Score]) -> tuple[Dimension, ...]:
    """Return the dimensions that nothing measured feeds and that nobody has scored yet."""
    return tuple(
        dimension
        for dimension in dimensions
        if not dimension.checks
        and (dimension.name not in scores or scores[dimension.name].value is None)
    )


def _by(score: Score, critic: str) -> Score:
    return score if score.by else replace(score, by=critic)


def _unscored(dimension: Dimension, why: str) -> Score:
    return Score(dimension.name, None, dimension.pass_mark, unscored=why)
