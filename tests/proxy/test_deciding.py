"""The user proxy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.errors import CallError
from critique_loop.proxy import Ask, Asking, UserProxy
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
    QuestionKind,
    Round,
    Rubric,
    Score,
    Severity,
    Spend,
    StopReason,
    Task,
)


class Person(Protocol):
    """The stand-in that the ``person`` fixture makes."""

    asked: list[Question]

    def __call__(self, question: Question) -> Awaitable[Answer]: ...


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


SAID = (
    Finding("wrong", Severity.ERROR, "m", advice="make it right"),
    Finding("plain", Severity.WARNING, "m", advice="make it lively", confidence=0.4),
)
EVERYTHING = frozenset(QuestionKind) - {QuestionKind.APPROVAL}


def asking(person: Ask, *at: QuestionKind, confidence_below: float | None = None) -> UserProxy:
    moments = frozenset(at) or EVERYTHING
    return UserProxy(ask=person, asking=Asking(moments, confidence_below=confidence_below))


def test_met_criteria_are_asked_about_and_the_default_is_to_accept(
    person: Callable[..., Person],
) -> None:
    somebody = person(Answer("refine", "bigger letters"))

    decision = decide(asking(somebody, QuestionKind.ACCEPT), [turn(1, 9.0)])

    assert (decision.kind, decision.advice, decision.by) == (
        DecisionKind.REFINE,
        "bigger letters",
        "person",
    )
    (question,) = somebody.asked
    assert (question.id, question.kind, question.default) == (
        "accept-1",
        QuestionKind.ACCEPT,
        "accept",
    )


def test_a_person_may_accept_what_the_gates_refuse(person: Callable[..., Person]) -> None:
    decision = decide(asking(person(Answer("accept"))), [turn(1, 1.0, "x"), turn(2, 1.0, "x")])

    assert (decision.kind, decision.reason) == (DecisionKind.ACCEPT, StopReason.ACCEPTED)
    assert decision.by == "person"


def test_what_nobody_answered_is_decided_by_the_rule_and_recorded_as_default(
    person: Callable[..., Person],
) -> None:
    unanswered = Answer("stop", by="default")

    decision = decide(asking(person(unanswered)), [turn(1, 1.0, "x"), turn(2, 1.0, "x")])

    assert (decision.reason, decision.by) == (StopReason.STUCK, "default")


def test_nobody_is_asked_at_other_moments(person: Callable[..., Person]) -> None:
    proxy = asking(person(), QuestionKind.BUDGET)

    assert decide(proxy, [turn(1, 9.0)]).by == "rule"
    assert decide(proxy, [turn(1, 1.0, findings=SAID)]).by == "rule"


def test_the_end_of_the_budget_can_be_put_off_round_by_round(
    person: Callable[..., Person],
) -> None:
    somebody = person(Answer("refine"), Answer("stop", "enough"))
    proxy = UserProxy(
        budget=Budget(max_rounds=1), ask=somebody, asking=Asking(frozenset({QuestionKind.BUDGET}))
    )

    first = decide(proxy, [turn(1, 1.0)])
    second = decide(proxy, [turn(1, 1.0), turn(2, 2.0)])

    assert first.kind is DecisionKind.REFINE
    assert "(rounds). Stop, or refine with one more round?" in somebody.asked[0].prompt
    assert (second.reason, second.advice, second.by) == (StopReason.ROUNDS, "enough", "person")


def test_findings_that_are_not_sure_are_asked_about_and_may_be_applied(
    person: Callable[..., Person],
) -> None:
    somebody = person(Answer("refine", applied=("plain",)))

    decision = decide(asking(somebody), [turn(1, 2.0, findings=SAID)])

    assert somebody.asked[0].kind is QuestionKind.CONFIDENCE
    assert "not sure of plain (0.40)" in somebody.asked[0].prompt
    assert decision.applied == ("wrong", "plain")
    assert decision.advice == "wrong: make it right\nplain: make it lively"


def test_what_is_not_sure_is_left_out_where_nobody_is_asked() -> None:
    decision = decide(UserProxy(), [turn(1, 2.0, findings=SAID)])

    assert (decision.applied, decision.skipped) == (("wrong",), ("plain",))
    assert decision.advice == "wrong: make it right"


def test_a_person_may_skip_what_is_sure(person: Callable[..., Person]) -> None:
    somebody = person(Answer("refine", "another colour", skipped=("wrong",)))

    decision = decide(asking(somebody), [turn(1, 2.0, findings=SAID)])

    assert decision.advice == "another colour"
    assert decision.skipped == ("wrong", "plain")


@pytest.mark.parametrize(("confidence", "asked"), [(0.5, True), (0.6, False), (None, False)])
def test_scores_that_are_not_sure_are_asked_about(
    person: Callable[..., Person], confidence: float | None, asked: bool
) -> None:
    somebody = person(Answer("refine"))
    unsure = turn(1, 2.0)
    score = Score("right", 2.0, 8.0, confidence=confidence)
    unsure = replace(unsure, critique=replace(unsure.critique, scores=(score,)))

    decide(asking(somebody, confidence_below=0.6), [unsure])

    assert bool(somebody.asked) == asked


def test_a_persons_program_is_the_next_draft(person: Callable[..., Person]) -> None:
    decision = decide(
        asking(person(Answer("edit", code="better()"))), [turn(1, 1.0, "x"), turn(2, 1.0, "x")]
    )

    assert (decision.kind, decision.code) == (DecisionKind.REFINE, "better()")


def test_a_persons_marks_are_judged_by_the_same_rule(person: Callable[..., Person]) -> None:
    somebody = person(Answer("rescore", scores={"right": 9.0}))

    decision = decide(asking(somebody), [turn(1, 1.0, "x"), turn(2, 1.0, "x")])

    assert (decision.kind, decision.by) == (DecisionKind.ACCEPT, "person")
    assert decision.critique is not None
    assert (decision.critique.critic, decision.critique.overall) == ("person", 9.0)


def test_marks_that_do_not_suffice_leave_a_second_question_without_rescoring(
    person: Callable[..., Person],
) -> None:
    somebody = person(Answer("rescore", scores={"right": 5.0}), Answer("stop"))

    decision = decide(asking(somebody), [turn(1, 5.0, "x"), turn(2, 1.0, "x")])

    assert (decision.kind, decision.by) == (DecisionKind.STOP, "person")
    assert decision.critique is not None
    first, second = somebody.asked
    assert (first.id, second.id) == ("stuck-2", "stuck-2-rescored")
    assert "rescore" not in second.choices
    assert second.context["overall"] == 5.0


def test_marks_in_the_middle_of_a_run_let_it_go_on(person: Callable[..., Person]) -> None:
    somebody = person(Answer("rescore", scores={"right": 3.0}))

    decision = decide(asking(somebody), [turn(1, 2.0, findings=SAID)])

    assert (decision.kind, decision.by) == (DecisionKind.REFINE, "person")
    assert decision.advice == "wrong: make it right"


def test_a_stuck_loop_gets_a_bigger_model_once_before_anybody_is_asked(
    person: Callable[..., Person],
) -> None:
    somebody = person(Answer("stop"))
    proxy = UserProxy(ask=somebody, escalate=True)
    stuck = [turn(1, 1.0, "x"), turn(2, 1.0, "x")]

    first = decide(proxy, stuck)
    later = [stuck[0], replace(stuck[1], decision=first), turn(3, 1.0, "x")]
    second = decide(proxy, later)

    assert (first.kind, first.role, first.by) == (DecisionKind.ESCALATE, "writer", "rule")
    assert (second.kind, second.by) == (DecisionKind.STOP, "person")


def test_an_answer_that_does_not_fit_is_refused(person: Callable[..., Person]) -> None:
    with pytest.raises(CallError, match="'run' is no answer to question stuck-2"):
        decide(asking(person(Answer("run"))), [turn(1, 1.0, "x"), turn(2, 1.0, "x")])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer("run"), None),
        (
            Answer("refine", "no loops"),
            Decision(DecisionKind.REFINE, advice="no loops", by="person"),
        ),
        (
            Answer("edit", code="mine()"),
            Decision(DecisionKind.REFINE, code="mine()", by="person"),
        ),
        (
            Answer("stop", "never"),
            Decision(DecisionKind.STOP, StopReason.PERSON, advice="never", by="person"),
        ),
    ],
)
def test_a_program_runs_only_if_a_person_says_so(
    person: Callable[..., Person], answer: Answer, expected: Decision | None
) -> None:
    somebody = person(answer)
    proxy = asking(somebody, QuestionKind.APPROVAL)

    async def main() -> Decision | None:
        return await proxy.approve(TASK, Draft("import os", "w"), history=[turn(1, 1.0)])

    assert anyio.run(main) == expected
    (question,) = somebody.asked
    assert (question.id, question.default) == ("approval-2", "stop")
    assert question.context["code"] == "import os"


def test_to_approve_programs_somebody_must_be_there() -> None:
    with pytest.raises(CallError, match="nobody is asked"):
        UserProxy(asking=Asking(frozenset({QuestionKind.APPROVAL})))


@pytest.mark.parametrize("options", [{"apply_above": 1.1}, {"confidence_below": -0.1}])
def test_confidences_go_from_0_to_1(options: dict[str, float]) -> None:
    with pytest.raises(CallError, match="is"):
        Asking(**options)  # pyright: ignore[reportArgumentType] - either of two numbers


GATES = Rubric(
    "two",
    (Dimension("right", "?", gate=True, pass_mark=8.0), Dimension("neat", "?", pass_mark=8.0)),
)
WRONG = Finding("wrong", Severity.ERROR, "m", advice="make it right", dimension="right")
MESSY = Finding("messy", Severity.WARNING, "m", advice="tidy it", dimension="neat")


def judged(number: int, right: float, neat: float, *findings: Finding) -> Round:
    scores = (Score("right", right, 8.0), Score("neat", neat, 8.0))
    critique = Critique("c", scores, findings, overall=(right + neat) / 2)
    draft = Draft(f"x = {number}", "w")
    return Round(number, draft, Execution(ExecutionStatus.OK), critique)


def ruled(asking: Asking, *rounds: Round) -> Decision:
    async def main() -> Decision:
        task = Task("g", GATES)
        return await UserProxy(asking=asking).decide(task, rounds, spent=Spend(len(rounds)))

    return anyio.run(main)


def test_a_round_that_broke_a_gate_sends_the_writer_back_with_the_advice_on_the_best() -> None:
    best, worse = judged(1, 9.0, 4.0, MESSY), judged(2, 5.0, 9.0, WRONG)

    decision = ruled(Asking(), replace(best, decision=Decision(DecisionKind.REFINE)), worse)

    assert decision.back_to == 1
    assert decision.advice.splitlines() == [
        "attempt 2 broke right, which attempt 1 passed; "
        "go on from attempt 1, don't repeat what changed",
        "messy: tidy it",
    ]
    assert decision.applied == ("messy",)


def test_while_a_gate_fails_the_rest_may_come_later() -> None:
    failing = judged(1, 5.0, 5.0, MESSY, WRONG)

    first = ruled(Asking(gates_first=True), failing)
    at_once = ruled(Asking(gates_first=False), failing)

    assert first.advice == "wrong: make it right\nlater: messy"
    assert (first.applied, first.skipped, first.focus) == (("wrong",), ("messy",), ("right",))
    assert at_once.advice == "wrong: make it right\nmessy: tidy it"
    assert (at_once.skipped, at_once.focus) == ((), ())


def test_once_the_gates_pass_the_rest_is_told() -> None:
    decision = ruled(Asking(gates_first=True), judged(1, 9.0, 5.0, MESSY))

    assert (decision.advice, decision.focus) == ("messy: tidy it", ())


def test_a_persons_word_has_no_focus_and_goes_back_nowhere(person: Callable[..., Person]) -> None:
    settings = Asking(at=EVERYTHING, apply_above=1.0, confidence_below=0.9, gates_first=True)
    proxy = UserProxy(ask=person(Answer("refine", "go on from this one")), asking=settings)
    unsure = replace(MESSY, confidence=0.5)
    rounds = [judged(1, 9.0, 4.0), judged(2, 5.0, 5.0, WRONG, unsure)]

    async def main() -> Decision:
        return await proxy.decide(Task("g", GATES), rounds, spent=Spend(2))

    decision = anyio.run(main)

    assert (decision.by, decision.focus, decision.back_to) == ("person", (), 0)
