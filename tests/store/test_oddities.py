"""What no loop writes into a trace."""

from __future__ import annotations

import pytest

from critique_loop.store.oddities import Course, odd_numbers, odd_times
from critique_loop.store.rows import Row
from critique_loop.values import (
    Answer,
    Asked,
    Call,
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Ended,
    EventBody,
    Execution,
    ExecutionStatus,
    Question,
    QuestionKind,
    RoleSpend,
    Score,
    Spend,
    StopReason,
    Usage,
    Vote,
)
from tests.store.kept_runs import run

ASKED = Question("q1", QuestionKind.ACCEPT, "good?", ("accept",), "accept")


def row(kind: str, number: int = 1) -> Row:
    return Row(0, kind, number, 1.0, 0.5, "{}")


def ended(best: int, spend: Spend | None = None) -> Ended:
    return Ended(StopReason.ACCEPTED, best, spend or Spend())


def test_a_run_as_it_is_written_has_nothing_odd() -> None:
    course = Course()

    found = [
        (course.misplaced(now), course.odd(now, event.body))
        for event in run("r1")
        for now in (Row(0, event.kind.value, event.round, event.at, event.seconds, ""),)
    ]

    assert set(found) == {("", "")}


@pytest.mark.parametrize(
    ("at", "seconds"), [(0, 0), (1_700_000_000.5, 0.25), (253_402_300_799.0, 315_576_000.0)]
)
def test_times_that_can_be(at: float, seconds: float) -> None:
    assert list(odd_times(at, seconds)) == []


@pytest.mark.parametrize(
    ("at", "seconds"),
    [(-1.0, 0), (1e13, 0), (1e308, 0), (float("nan"), 0), (1, -5), (1, 1e300), (1, float("nan"))],
)
def test_times_that_cannot_be(at: float, seconds: float) -> None:
    assert len(list(odd_times(at, seconds))) == 1


@pytest.mark.parametrize(
    "body",
    [
        Critique("c", (Score("bugs", None, 7.0), Score("looks", 10.0, 0.0)), overall=None),
        Decision(DecisionKind.ACCEPT),
        Execution(ExecutionStatus.KILLED, exit_code=-9, signal=9),
        Draft("x", "w", cost_usd=None),
        Call("writer", "m", Usage(2**50, 0)),
    ],
)
def test_what_a_body_can_say(body: EventBody) -> None:
    assert list(odd_numbers(body)) == []


@pytest.mark.parametrize(
    "body",
    [
        Critique("c", (Score("bugs", 10.5, 7.0),)),
        Critique("c", (Score("bugs", -1.0, 7.0),)),
        Critique("c", (Score("bugs", 9.0, 7.0, confidence=2.0),)),
        Critique("c", (Score("bugs", 9.0, 7.0, votes=(Vote("a", 1e9),)),)),
        Critique("c", (), overall=float("nan")),
        Decision(DecisionKind.ACCEPT, critique=Critique("person", (), overall=11.0)),
        Asked(ASKED, Answer("rescore", scores={"bugs": 70.0})),
        Call("writer", "m", Usage(2**70)),
        Call("writer", "m", cost_usd=-1.0),
        Draft("x", "w", cost_usd=float("inf")),
        Execution(ExecutionStatus.OK, wall_s=1e300),
        ended(0, Spend(tokens=10**400)),
        ended(0, Spend(roles=(RoleSpend("writer", cost_usd=1e308),))),
    ],
)
def test_what_a_body_cannot_say(body: EventBody) -> None:
    assert len(list(odd_numbers(body))) == 1


def test_nothing_comes_after_the_end_but_that_the_run_goes_on() -> None:
    course = Course()
    kinds = ("started", "ended", "resumed", "ended", "ended", "called")

    found = [bool(course.misplaced(row(kind))) for kind in kinds]

    assert found == [False, False, False, False, True, True]


@pytest.mark.parametrize(("best", "is_odd"), [(0, False), (1, False), (2, True), (-1, True)])
def test_the_best_round_is_one_that_the_run_has(best: int, is_odd: bool) -> None:
    course = Course()
    course.odd(row("drafted", 1), Draft("x", "w"))

    found = course.odd(row("ended", 0), ended(best))

    assert bool(found) is is_odd
