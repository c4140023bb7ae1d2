"""Where a writer begins its next program."""

from __future__ import annotations

from collections.abc import Sequence

from critique_loop import rubric as rubrics
from critique_loop.values import Decision, Round, Task


def start_of(task: Task, history: Sequence[Round]) -> Round:
    """Return the round that the last decision goes back to, else the best of ``history``."""
    number = history[-1].decision.back_to
    told = next((turn for turn in history if turn.number == number), None)
    return told or rubrics.best(task.rubric, history) or history[-1]


def decision_about(start: Round, history: Sequence[Round]) -> Decision:
    """Return what was decided on ``start``: the last word where that is about it, else its own."""
    last = history[-1]
    is_last_word = last is start or last.decision.back_to == start.number
    return last.decision if is_last_word else start.decision


def that_broke(task: Task, start: Round, history: Sequence[Round]) -> Round | None:
    """Return the last round after ``start`` that broke a gate of it, where one is taken back."""
    if not history[-1].decision.back_to:
        return None
    later = [turn for turn in history if turn.number > start.number]
    return next((turn for turn in reversed(later) if broken(task, start, turn)), None)


def broken(task: Task, start: Round, turn: Round) -> tuple[str, ...]:
    """Return the gates that ``start`` passes and ``turn`` does not."""
    return rubrics.gates_broken(task.rubric, start.critique, turn.critique)
