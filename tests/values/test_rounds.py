"""What rounds and outcomes say of themselves."""

from __future__ import annotations

import dataclasses

import pytest

from critique_loop.values import (
    Critique,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Outcome,
    OutputFile,
    Round,
    Rubric,
    Score,
    Spend,
    StopReason,
    Task,
)

TURN = Round(
    number=1,
    draft=Draft(code="x = 1", writer="w"),
    execution=Execution(
        ExecutionStatus.OK,
        files=(OutputFile("a.png", "image/png", b"A"), OutputFile("b.png", "image/png", b"B")),
        evidence=Evidence(picture="b.png"),
    ),
    critique=Critique("c", (), overall=9.25),
)
TASK = Task(goal="g", rubric=Rubric("r", ()))


def test_the_picture_is_the_one_that_was_judged() -> None:
    assert TURN.picture == b"B"
    assert Execution(ExecutionStatus.OK, files=TURN.execution.files).picture is None


def test_a_notebook_shows_the_best_picture_and_one_line() -> None:
    outcome = Outcome("id", TASK, (TURN,), TURN, StopReason.ACCEPTED, Spend())

    shown = outcome._repr_mimebundle_()  # pyright: ignore[reportPrivateUsage] - as a notebook does

    assert shown == {"text/plain": "accepted after 1 round, overall 9.2", "image/png": "Qg=="}


def test_a_refused_goal_shows_its_reason() -> None:
    outcome = Outcome("id", TASK, (), None, StopReason.WRITER_GAVE_UP, Spend(), message="why")

    shown = outcome._repr_mimebundle_()  # pyright: ignore[reportPrivateUsage] - as a notebook does
    assert shown == {"text/plain": "writer_gave_up after 0 rounds\nwhy"}
    assert not outcome.accepted
    assert outcome.critique is None


def test_an_unscored_dimension_does_not_pass() -> None:
    assert not Score("d", None, 0.0).passed
    assert Score("d", 7.0, 7.0).passed


def test_values_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TURN.number = 2  # pyright: ignore[reportAttributeAccessIssue] - the point
