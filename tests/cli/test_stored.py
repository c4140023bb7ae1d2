"""Where a stored run stopped, and what can be asked there."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from critique_loop.checkpoint import Checkpoint
from critique_loop.cli.stored import StoredRun, came_to_nothing, stopped_at
from critique_loop.errors import CallError
from critique_loop.values import (
    Answer,
    Asked,
    Ended,
    Event,
    EventBody,
    EventKind,
    Outcome,
    Question,
    QuestionKind,
    Rubric,
    Spend,
    Started,
    StopReason,
    Task,
)

STARTED = Started(Task("g", Rubric("r", ())), "w", "c", "s", "1")
APPROVAL = Asked(
    Question("approval-1", QuestionKind.APPROVAL, "?", ("run", "stop"), "stop"), Answer("stop")
)


def stopped(reason: StopReason | None, *before: EventBody) -> StoredRun:
    bodies: Sequence[EventBody] = (
        STARTED,
        *before,
        *([Ended(reason, 0, Spend())] if reason else []),
    )
    events = [
        Event("r", seq, EventKind.ASKED, 0, 0.0, 0.0, body) for seq, body in enumerate(bodies)
    ]
    return StoredRun("r", events, Checkpoint.of("r", events))


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (StopReason.STUCK, QuestionKind.STUCK),
        (StopReason.ROUNDS, QuestionKind.BUDGET),
        (StopReason.COST, QuestionKind.BUDGET),
    ],
)
def test_a_run_that_a_rule_stopped_can_be_asked_about(
    reason: StopReason, kind: QuestionKind
) -> None:
    assert stopped_at(stopped(reason)) is kind


def test_what_a_person_stopped_is_asked_once_more() -> None:
    assert stopped_at(stopped(StopReason.PERSON, APPROVAL)) is QuestionKind.APPROVAL


@pytest.mark.parametrize("reason", [StopReason.INTERRUPTED, StopReason.MODEL_UNAVAILABLE, None])
def test_where_no_decision_stopped_it_there_is_nothing_to_answer(
    reason: StopReason | None,
) -> None:
    with pytest.raises(CallError, match="run r has no open question"):
        stopped_at(stopped(reason, APPROVAL))


def outcome_of(reason: StopReason, **spent: float) -> Outcome:
    return Outcome("r", STARTED.task, (), None, reason, Spend(**spent))  # pyright: ignore[reportArgumentType] - counts and seconds


@pytest.mark.parametrize(
    ("reason", "how"),
    [
        (StopReason.STUCK, "--answer refine"),
        (StopReason.WRITER_GAVE_UP, "--model"),
        (StopReason.ROUNDS, "--max-rounds"),
        (StopReason.TIME, "--max-time"),
        (StopReason.COST, "--max-cost"),
    ],
)
def test_where_going_on_came_to_nothing_it_is_told_what_would_help(
    reason: StopReason, how: str
) -> None:
    told = came_to_nothing(stopped(reason), outcome_of(reason))

    assert told.startswith(f"nothing was done: the run had ended ({reason.value.split('_')[0]}")
    assert how in told


@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        (StopReason.STUCK, outcome_of(StopReason.ROUNDS)),
        (StopReason.STUCK, outcome_of(StopReason.STUCK, calls=1)),
        (StopReason.STUCK, outcome_of(StopReason.STUCK, person_s=2.5)),
        (StopReason.INTERRUPTED, outcome_of(StopReason.INTERRUPTED)),
        (None, outcome_of(StopReason.STUCK)),
    ],
)
def test_where_anything_came_of_it_nothing_is_told(
    before: StopReason | None, outcome: Outcome
) -> None:
    assert came_to_nothing(stopped(before), outcome) == ""
