"""Whether an answer fits its question, and what a person's marks make of a critique."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from critique_loop import rubric as rubrics
from critique_loop.errors import CallError
from critique_loop.values import Answer, Choices, Critique, Question, Rubric, Score

_FULL = 10.0


def check(question: Question, answer: Answer) -> None:
    """Refuse an answer that does not fit.

    Raises:
        CallError: a choice that was not offered, a finding or a dimension that was not shown, a
            mark out of range, no program to edit to, no mark to rescore with.
    """
    if answer.choice not in question.choices:
        raise CallError(
            f"{answer.choice!r} is no answer to question {question.id}",
            remedy=f"Answer with one of: {', '.join(question.choices)}.",
        )
    if answer.choice == Choices.EDIT and not answer.code.strip():
        raise CallError("to edit needs the whole program, and there is none")
    if answer.choice == Choices.RESCORE:
        _check_marks(question, answer.scores)
    _check_findings(question, answer)


def _check_marks(question: Question, marks: Mapping[str, float]) -> None:
    known = dimensions(question)
    if not marks:
        raise CallError("to rescore needs a mark", remedy=f"Dimensions: {', '.join(known)}.")
    for name, mark in marks.items():
        if name not in known:
            raise CallError(
                f"{name!r} is no dimension that was scored",
                remedy=f"Dimensions: {', '.join(known)}.",
            )
        if not (math.isfinite(mark) and 0 <= mark <= _FULL):
            raise CallError(f"{name}: {mark:g} is no mark", remedy="Marks go from 0 to 10.")


def _check_findings(question: Question, answer: Answer) -> None:
    known = {finding.code for finding in question.findings}
    for code in (*answer.applied, *answer.skipped):
        if code not in known:
            raise CallError(
                f"{code!r} is no finding that was shown",
                remedy=f"Findings: {', '.join(sorted(known)) or 'none'}.",
            )
    for code in answer.applied:
        if code in answer.skipped:
            raise CallError(f"{code!r} can't be both applied and skipped")


def dimensions(question: Question) -> list[str]:
    """Return the dimensions that were scored, as the question shows them."""
    scores = question.context.get("scores", [])
    rows = cast("Sequence[Mapping[str, object]]", scores)
    return [str(row["dimension"]) for row in rows]


def rescored(
    rubric: Rubric, critique: Critique, marks: Mapping[str, float], *, by: str
) -> Critique:
    """Return ``critique`` with somebody's marks in place of its own, and the mean anew."""
    scores = tuple(
        _marked(score, marks[score.dimension], by)
        if score.dimension in marks
        else replace(score, by=score.by or critique.critic)
        for score in critique.scores
    )
    return replace(
        critique, critic=by, scores=scores, overall=rubrics.overall(rubric, scores), spread=None
    )


def _marked(score: Score, mark: float, by: str) -> Score:
    return replace(score, value=float(mark), unscored="", confidence=1.0, by=by)
