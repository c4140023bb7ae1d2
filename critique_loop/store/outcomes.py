"""Outcomes rebuilt from the events of a run, also of one that was killed half-way."""

from __future__ import annotations

from collections.abc import Iterable

from critique_loop import rubric as rubrics
from critique_loop.checkpoint import Checkpoint
from critique_loop.values import Event, Outcome, StopReason


def rebuild(run_id: str, events: Iterable[Event]) -> Outcome:
    """Return the outcome of the run these events (in order) tell of.

    A round counts once it has its critique. A run without an end is INTERRUPTED; its best round is
    chosen as the loop does, and its message says what else there was.

    Raises:
        StoreError: the events don't begin with the start of a run.
    """
    run = Checkpoint.of(run_id, events)
    task, rounds, ended = run.started.task, run.rounds, run.ended
    if ended is None:
        return Outcome(
            run_id=run_id,
            task=task,
            rounds=rounds,
            best=rubrics.best(task.rubric, rounds),
            stopped_because=StopReason.INTERRUPTED,
            spend=run.spend,
            message=_what_was_left(run),
        )
    return Outcome(
        run_id=run_id,
        task=task,
        rounds=rounds,
        best=next((turn for turn in rounds if turn.number == ended.best_round), None),
        stopped_because=ended.stopped_because,
        spend=ended.spend,
        message=ended.message,
    )


def _what_was_left(run: Checkpoint) -> str:
    message = "the run has no end: it was killed, or it is still running"
    if not run.open_number:
        return f"{message}; no draft was stored"
    if run.open is None:
        return message
    held = "a draft and its execution" if run.open.execution is not None else "a draft"
    return f"{message}; round {run.open_number} has {held}, but no critique"
