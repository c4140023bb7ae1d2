"""The questions that a person is asked, with what is needed to answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from critique_loop.proxy.advising import in_order, sure
from critique_loop.values import (
    Choices,
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Question,
    QuestionKind,
    Round,
    Score,
    Severity,
    Task,
)

_TAIL = 2000
_OPTIONS = (Choices.REFINE, Choices.EDIT, Choices.RESCORE, Choices.STOP)
_DEFAULTS = {DecisionKind.ACCEPT: Choices.ACCEPT, DecisionKind.STOP: Choices.STOP}


@dataclass(frozen=True, slots=True)
class Moment:
    """What the rule alone decides after a round: when this is (None: any round), and why."""

    kind: QuestionKind | None
    decision: Decision
    prompt: str = ""


def about_round(
    kind: QuestionKind, moment: Moment, task: Task, turn: Round, *, apply_above: float
) -> Question:
    """Return the question of this kind about a round; its default is what the rule decides."""
    critique = turn.critique
    return Question(
        id=f"{kind.value}-{turn.number}",
        kind=kind,
        prompt=moment.prompt,
        choices=(Choices.ACCEPT.value, *(choice.value for choice in _OPTIONS)),
        default=_DEFAULTS.get(moment.decision.kind, Choices.REFINE).value,
        findings=tuple(in_order(critique)),
        context={
            "goal": task.goal,
            "round": turn.number,
            "status": turn.execution.status.value,
            "stderr": turn.execution.stderr[-_TAIL:],
            "overall": critique.overall,
            "target": task.rubric.target,
            "scores": [_score(score) for score in critique.scores],
            "apply": sorted(sure(critique, apply_above)),
            "code": turn.code,
        },
        picture=turn.picture,
    )


def approval(task: Task, draft: Draft, number: int) -> Question:
    """Return the question whether a program may run. Without an answer it may not."""
    return Question(
        id=f"{QuestionKind.APPROVAL.value}-{number}",
        kind=QuestionKind.APPROVAL,
        prompt="May this program run?",
        choices=(
            Choices.RUN.value,
            Choices.REFINE.value,
            Choices.EDIT.value,
            Choices.STOP.value,
        ),
        default=Choices.STOP.value,
        context={
            "goal": task.goal,
            "round": number,
            "writer": draft.writer,
            "explanation": draft.explanation,
            "code": draft.code,
        },
    )


def more_budget(task: Task, number: int, prompt: str) -> Question:
    """Return the question whether a call of a model that does not fit may be made."""
    return Question(
        id=f"{QuestionKind.BUDGET.value}-call-{number}",
        kind=QuestionKind.BUDGET,
        prompt=prompt,
        choices=(Choices.REFINE.value, Choices.STOP.value),
        default=Choices.STOP.value,
        context={"goal": task.goal, "round": number},
    )


def again(question: Question) -> Question:
    """Return the question for somebody who has just rescored, and can't do that twice."""
    return Question(
        id=f"{question.id}-rescored",
        kind=question.kind,
        prompt=question.prompt,
        choices=tuple(choice for choice in question.choices if choice != Choices.RESCORE),
        default=question.default,
        findings=question.findings,
        context=question.context,
        picture=question.picture,
    )


def unsure(critique: Critique, *, below: float | None, apply_above: float) -> str:
    """Return in words what the critic is not sure of, "" where it is sure enough."""
    scores = [
        f"{score.dimension} ({score.confidence:.2f})"
        for score in critique.scores
        if below is not None and score.confidence is not None and score.confidence < below
    ]
    findings = [
        f"{finding.code} ({finding.confidence:.2f})"
        for finding in critique.findings
        if finding.confidence < apply_above and finding.severity is not Severity.NOTE
    ]
    said: Sequence[str] = [*scores, *findings]
    return f"The critic is not sure of {', '.join(said)}." if said else ""


def _score(score: Score) -> dict[str, object]:
    return {
        "dimension": score.dimension,
        "value": score.value,
        "pass_mark": score.pass_mark,
        "unscored": score.unscored,
        "confidence": score.confidence,
        "advice": score.advice,
    }
