"""Where a stored run stopped, and what can be asked there."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from critique_loop.checkpoint import Checkpoint
from critique_loop.cli.stored import StoredRun, stopped_at
from critique_loop.errors import CallError
from critique_loop.values import (
    Answer,
    Asked,
    Ended,
    Event,
    EventBody,
    EventKind,
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
