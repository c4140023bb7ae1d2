"""Rounds, questions and people who answer what the test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from critique_loop.proxy.questions import Moment, about_round
from critique_loop.values import (
    Answer,
    Critique,
    Decision,
    DecisionKind,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Finding,
    Question,
    QuestionKind,
    Round,
    Rubric,
    Score,
    Severity,
    Task,
)

RUBRIC = Rubric(
    "r",
    (Dimension("right", "?", gate=True, pass_mark=8.0), Dimension("neat", "?", pass_mark=6.0)),
    target=8.0,
)
FINDINGS = (
    Finding("wrong", Severity.ERROR, "m", advice="make it right"),
    Finding("plain", Severity.WARNING, "m", advice="make it lively", confidence=0.4),
    Finding("trivia", Severity.NOTE, "m", advice="never mind"),
)


class Person:
    """Gives the answers of the script in order, and keeps the questions in ``asked``."""

    def __init__(self, answers: Sequence[Answer | Exception]) -> None:
        self.asked: list[Question] = []
        self._answers = list(answers)

    async def __call__(self, question: Question) -> Answer:
        self.asked.append(question)
        said = self._answers.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


@pytest.fixture
def person() -> Callable[..., Person]:
    return lambda *answers: Person(answers)


@pytest.fixture
def task() -> Task:
    return Task(goal="show it", rubric=RUBRIC)


@pytest.fixture
def turn() -> Callable[..., Round]:
    def make(
        number: int,
        mark: float | None,
        code: str = "",
        *,
        findings: tuple[Finding, ...] = (),
        **options: Any,  # noqa: ANN401 - confidence, decision
    ) -> Round:
        scores = tuple(
            Score(d.name, mark, d.pass_mark, confidence=options.get("confidence"))
            for d in RUBRIC.dimensions
        )
        return Round(
            number,
            Draft(code=code or f"x = {number}", writer="w"),
            Execution(ExecutionStatus.OK),
            Critique("c", scores, findings=findings, overall=mark),
            decision=options.get("decision", Decision(DecisionKind.PENDING)),
        )

    return make


@pytest.fixture
def question(task: Task, turn: Callable[..., Round]) -> Question:
    """Return a question about a round with three findings; "wrong" is applied unasked."""
    moment = Moment(None, Decision(DecisionKind.REFINE), "Go on?")
    asked = turn(2, 5.0, "print('hello')", findings=FINDINGS)
    return about_round(QuestionKind.STUCK, moment, task, asked, apply_above=0.8)
