"""The user proxy."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.proxy import UserProxy
from critique_loop.values import (
    Answer,
    Critique,
    Decision,
    DecisionKind,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Finding,
    Question,
    Round,
    Rubric,
    Score,
    Severity,
    Spend,
    StopReason,
    Task,
)

RUBRIC = Rubric("r", (Dimension("right", "?", gate=True, pass_mark=8.0),), target=8.0)
TASK = Task(goal="g", rubric=RUBRIC)


def turn(number: int, mark: float, code: str = "", findings: tuple[Finding, ...] = ()) -> Round:
    score = Score("right", mark, 8.0)
    return Round(
        number,
        Draft(code=code or f"x = {number}", writer="w"),
        Execution(ExecutionStatus.OK),
        Critique("c", (score,), findings=findings, overall=mark),
    )


def decide(proxy: UserProxy, rounds: Sequence[Round], seconds: float = 0.0) -> Decision:
    async def main() -> Decision:
        return await proxy.decide(TASK, rounds, spent=Spend(len(rounds), seconds))

    return anyio.run(main)


def test_accepts_a_critique_that_meets_the_rubric() -> None:
    assert decide(UserProxy(), [turn(1, 9.0)]).kind is DecisionKind.ACCEPT


def test_an_accepted_last_round_is_accepted_though_the_budget_is_gone() -> None:
    proxy = UserProxy(budget=Budget(max_rounds=1))

    assert decide(proxy, [turn(1, 9.0)]).reason is StopReason.ACCEPTED


def test_refines_with_the_advice_of_the_findings_errors_first_and_notes_left_out() -> None:
    findings = (
        Finding("ugly", Severity.WARNING, "m", advice="make it nice"),
        Finding("wrong", Severity.ERROR, "m", advice="make it right"),
        Finding("trivia", Severity.NOTE, "m", advice="never mind"),
        Finding("bare", Severity.WARNING, "no advice here"),
    )

    decision = decide(UserProxy(), [turn(1, 2.0, findings=findings)])

    assert decision.kind is DecisionKind.REFINE
    assert decision.advice.splitlines() == [
        "wrong: make it right",
        "ugly: make it nice",
        "bare: no advice here",
    ]


def test_stops_when_rounds_or_time_are_used_up() -> None:
    proxy = UserProxy(budget=Budget(max_rounds=2, max_time_s=5.0))

    assert decide(proxy, [turn(1, 1.0), turn(2, 2.0)]).reason is StopReason.ROUNDS
    assert decide(proxy, [turn(1, 1.0)], seconds=6.0).reason is StopReason.TIME


@pytest.mark.parametrize("again", ["x = 1", "x  =  1  # another comment"])
def test_the_same_program_is_stuck_whatever_its_layout(again: str) -> None:
    decision = decide(UserProxy(), [turn(1, 1.0, "x = 1"), turn(2, 1.0, again)])

    assert decision.reason is StopReason.STUCK


def test_programs_that_do_not_parse_are_compared_as_they_are() -> None:
    rounds = [turn(1, 1.0, "x = ("), turn(2, 2.0, "x = ["), turn(3, 3.0, "x = \0")]

    assert decide(UserProxy(), rounds).kind is DecisionKind.REFINE


def test_no_gain_for_as_many_rounds_as_patience_allows_is_stuck() -> None:
    flat = [turn(number, 5.0) for number in range(1, 5)]
    rising = [turn(number, float(number)) for number in range(1, 5)]

    assert decide(UserProxy(patience=3), flat).reason is StopReason.STUCK
    assert decide(UserProxy(patience=3), rising).kind is DecisionKind.REFINE
    assert decide(UserProxy(patience=4), flat).kind is DecisionKind.REFINE


def test_a_person_may_send_a_stuck_loop_on() -> None:
    asked: list[Question] = []

    async def ask(question: Question) -> Answer:
        asked.append(question)
        return Answer("refine", "use a log scale")

    decision = decide(UserProxy(ask=ask), [turn(1, 1.0, "x"), turn(2, 1.0, "x")])

    assert decision == Decision(DecisionKind.REFINE, advice="use a log scale", by="person")
    assert asked[0].default == "stop"
