"""Rounds judged by a rescoring: its scores and its rubric in place of those of the loop.

What was asked in the loop stays what it was, and so does a person's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from critique_loop import rubric as rubrics
from critique_loop.checkpoint import decided
from critique_loop.export.judged import (
    PERSON,
    WORDS,
    Judged,
    Verdict,
    overruled,
    rounds_as,
    scored_by,
    verdict_of,
)
from critique_loop.store import StoredRun
from critique_loop.store.once import Once
from critique_loop.values import Critique, Decision, DecisionKind, Round, Rubric, Started

_PENDING = Decision(DecisionKind.PENDING)


@dataclass(frozen=True, slots=True)
class Scores:
    """The new scores of one run: the rescoring's name and start, and its critiques by round."""

    id: str
    started: Started
    critiques: Mapping[int, Critique]

    @property
    def rubric(self) -> Rubric:
        """The rubric that counts."""
        return self.started.task.rubric

    def start(self, before: Started) -> Started:
        """Return the start of the run as if it had been judged like this."""
        task = replace(before.task, rubric=self.rubric)
        return replace(before, task=task, critic=self.started.critic)


class Rescored(Judged):
    """One round with its new scores, of which it is told when it is made."""

    scores: Scores

    @Once
    def said(self) -> Critique:
        """What the critics say now."""
        return self.scores.critiques[self.number]

    @Once
    def _said_then(self) -> Critique:
        return self._decoded(self._steps.criticised, Critique)

    @Once
    def verdict(self) -> Verdict:
        """What counts in the end: a person's marks and word, else the new scores."""
        started = self.scores.start(self._run.started)
        marks, word = self._persons_marks(), self._word
        if marks:
            return verdict_of(started, self.said, word or _PENDING, marks)
        if word is not None:
            accepted = word.kind is DecisionKind.ACCEPT
            return Verdict(self.said, accepted, PERSON, frozenset())
        accepted = rubrics.accepts(self.scores.rubric, self.said.scores)
        return Verdict(self.said, accepted, scored_by(started, self.said), frozenset())

    @property
    def _word(self) -> Decision | None:
        """What a person decided.

        Where a person gave marks, and the decision is what the loop's rubric says of them, it was
        the rubric that decided; by another one the same marks may say something else.
        """
        decision = self.decision
        if decision.by != PERSON or decision.kind not in WORDS:
            return None
        if decision.critique is not None:
            before = self._run.started.task.rubric
            ruled = rubrics.accepts(before, decision.critique.scores)
            if ruled == (decision.kind is DecisionKind.ACCEPT):
                return None
        return replace(decision, critique=None)

    def _persons_marks(self) -> dict[str, float]:
        """Return what persons gave in the loop or later, on dimensions that the new rubric has."""
        marks: dict[str, float] = {}
        person = self.decision.critique
        if person is not None:
            own = overruled(person, self._said_then)
            marks = {
                score.dimension: score.value
                for score in person.scores
                if score.dimension in own and score.value is not None
            }
        marks |= self.marks
        known = {dimension.name for dimension in self.scores.rubric.dimensions}
        return {dimension: mark for dimension, mark in marks.items() if dimension in known}

    @property
    def accepted(self) -> bool:
        """Whether it is accepted by a person's word, else by the new scores."""
        return self.verdict.accepted

    @Once
    def by(self) -> str:
        """Whose word counts."""
        return self.verdict.by

    @Once
    def _counted(self) -> Critique:
        return self.verdict.critique

    @property
    def is_right(self) -> bool:
        """Whether it is what was asked for."""
        return self.verdict.accepted

    @property
    def round(self) -> Round:
        """The round as its writer was told of it then."""
        said = self._said_then
        return decided(Round(self.number, self.draft, self.execution, said), self.decision)

    @property
    def seen(self) -> Critique:
        """The critique that the writer saw then."""
        return self.round.critique

    @property
    def _rubric(self) -> Rubric:
        return self.scores.rubric


def rescored_rounds(run: StoredRun, scores: Scores) -> list[Rescored]:
    """Return the rounds of a run up to the first that has no new scores.

    A later one would be asked for with a round before it that nobody judged.
    """
    found: list[Rescored] = []
    for turn in rounds_as(run, Rescored):
        if turn.number not in scores.critiques:
            break
        turn.scores = scores
        found.append(turn)
    return found
