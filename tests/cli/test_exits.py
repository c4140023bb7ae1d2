"""Exit codes, a contract with scripts."""

from __future__ import annotations

import pytest

from critique_loop.cli.exits import exit_of
from critique_loop.values import (
    Critique,
    Draft,
    Execution,
    ExecutionStatus,
    Outcome,
    Round,
    Rubric,
    Spend,
    StopReason,
    Task,
)

ROUND = Round(1, Draft("x", "w"), Execution(ExecutionStatus.OK), Critique("c", (), ()))
CODES = {
    StopReason.ACCEPTED: 0,
    StopReason.ROUNDS: 4,
    StopReason.TIME: 4,
    StopReason.CALLS: 4,
    StopReason.TOKENS: 4,
    StopReason.COST: 4,
    StopReason.STUCK: 3,
    StopReason.PERSON: 3,
    StopReason.PAUSED: 5,
    StopReason.MODEL_UNAVAILABLE: 1,
    StopReason.WRITER_GAVE_UP: 3,
    StopReason.SANDBOX_UNAVAILABLE: 1,
    StopReason.INTERRUPTED: 130,
}


@pytest.mark.parametrize("reason", StopReason)
def test_every_end_has_its_code(reason: StopReason) -> None:
    outcome = Outcome("a", Task("g", Rubric("r", ())), (ROUND,), ROUND, reason, Spend())

    assert exit_of(outcome) == CODES[reason]


def test_a_goal_refused_before_any_draft_is_an_error() -> None:
    outcome = Outcome("a", Task("g", Rubric("r", ())), (), None, StopReason.WRITER_GAVE_UP, Spend())

    assert exit_of(outcome) == 1
