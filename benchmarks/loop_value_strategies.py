"""Ways to spend the same calls: what a writer is told of what became of its drafts before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from critique_loop.protocols import Writer
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Draft,
    ExecutionStatus,
    Lesson,
    Round,
    Task,
)
from critique_loop.writers.starting import start_of


class Strategy(StrEnum):
    """What the writer gets to know."""

    ONE_SHOT = "one shot"
    BEST_OF_N = "best of n, chosen by the critic"
    TRACEBACK = "retry with the traceback only"
    SHUFFLED = "refine, shuffled critique"
    TRUE = "refine, true critique"


# From the number of a round to a critique of another task.
Donor = Callable[[int], Critique]


@dataclass(frozen=True, slots=True)
class ToldWriter:
    """A writer that is told no more than its strategy says. ``donor`` is for the shuffled one."""

    inner: Writer
    strategy: Strategy
    donor: Donor | None = None

    @property
    def name(self) -> str:
        """The name of the writer itself."""
        return self.inner.name

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        """Return what the writer drafts with what it is told."""
        told = _told(self.strategy, task, history, self.donor)
        return await self.inner.draft(task, history=told, lessons=lessons)


def _told(
    strategy: Strategy, task: Task, history: Sequence[Round], donor: Donor | None
) -> Sequence[Round]:
    if not history or strategy in (Strategy.ONE_SHOT, Strategy.BEST_OF_N):
        return ()
    if strategy is Strategy.TRACEBACK:
        return _failed(history[-1])
    if strategy is Strategy.SHUFFLED:
        if donor is None:
            raise ValueError("a shuffled critique comes from somewhere")
        best = start_of(task, history).number
        # The program to go on from is the right one, only what is said of it is not.
        told = [_criticised(turn, donor(turn.number), back_to=best) for turn in history]
        return tuple(told)
    return history


def _failed(last: Round) -> Sequence[Round]:
    """Return the round with its traceback alone; one that ran tells nothing: a fresh draft."""
    if last.execution.status is ExecutionStatus.OK:
        return ()
    return (_criticised(last, Critique("none", ())),)


def _criticised(turn: Round, critique: Critique, *, back_to: int = 0) -> Round:
    decision = Decision(DecisionKind.REFINE, back_to=back_to)
    return replace(turn, critique=critique, decision=decision)
