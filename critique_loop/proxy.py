"""The user proxy: the user's criteria as data, and a door to a person."""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable, Sequence

from critique_loop import rubric as rubrics
from critique_loop.budget import Budget
from critique_loop.values import (
    Answer,
    Critique,
    Decision,
    DecisionKind,
    Question,
    QuestionKind,
    Round,
    Severity,
    Spend,
    StopReason,
    Task,
)

Ask = Callable[[Question], Awaitable[Answer]]


async def never(question: Question) -> Answer:
    """Ask nobody: every question gets its default."""
    return Answer(question.default)


class UserProxy:
    """Accepts when the rubric's rule is met, else refines until the budget ends or it is stuck.

    Stuck means: the same program twice (comments and layout aside), or ``patience`` rounds in a row
    that are no better than the best before them. A person is asked before a stuck loop is given up.
    """

    def __init__(
        self, *, budget: Budget | None = None, patience: int = 3, ask: Ask = never
    ) -> None:
        """Keep the budget (default: 6 rounds, 300 s), the patience in rounds and who is asked."""
        self.budget: Budget = budget or Budget()
        self._patience = patience
        self._ask = ask

    async def decide(self, task: Task, rounds: Sequence[Round], *, spent: Spend) -> Decision:
        """Say what happens after the last of ``rounds``."""
        critique = rounds[-1].critique
        if rubrics.accepts(task.rubric, critique.scores):
            return Decision(DecisionKind.ACCEPT, reason=StopReason.ACCEPTED)
        ended = self.budget.ended_by(spent)
        if ended is not None:
            return Decision(DecisionKind.STOP, reason=ended)
        why = self._stuck(task, rounds)
        if not why:
            return Decision(DecisionKind.REFINE, advice=_advice(critique))
        answer = await self._ask(
            Question(
                id=f"stuck-{len(rounds)}",
                kind=QuestionKind.STUCK,
                prompt=f"{why}. Stop, or say what to change?",
                choices=("stop", "refine"),
                default="stop",
            )
        )
        if answer.choice == "refine":
            return Decision(DecisionKind.REFINE, advice=answer.text)
        return Decision(DecisionKind.STOP, reason=StopReason.STUCK, advice=why)

    def _stuck(self, task: Task, rounds: Sequence[Round]) -> str:
        programs = [_normal(turn.code) for turn in rounds]
        if programs[-1] in programs[:-1]:
            return "The same program was written twice"
        if len(rounds) > self._patience:
            before = rubrics.best(task.rubric, rounds[: -self._patience])
            late = rubrics.best(task.rubric, rounds[-self._patience :])
            if before and late and _merit(task, late) <= _merit(task, before):
                return f"No gain in {self._patience} rounds"
        return ""


def _merit(task: Task, turn: Round) -> tuple[int, float, int]:
    return rubrics.merit(task.rubric, turn.critique)


def _normal(code: str) -> str:
    """Return the program without comments and layout; one that does not parse as it is."""
    try:
        return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code


def _advice(critique: Critique) -> str:
    """Return what to change, errors first, one line each."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
    found = sorted(critique.findings, key=lambda f: order[f.severity])
    told = [f"{f.code}: {f.advice or f.message}" for f in found if f.severity is not Severity.NOTE]
    return "\n".join(dict.fromkeys(told))
