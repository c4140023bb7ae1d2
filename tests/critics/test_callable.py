"""A function of the user's as a critic: what it returns is checked, and garbage never passes."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Awaitable
from dataclasses import replace
from typing import cast

import anyio
import pytest

from critique_loop import rubric as rubrics
from critique_loop.critics.callable import Function, FunctionCritic, Said
from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.errors import BudgetEnded, CallError, ModelError, ModelErrorKind
from critique_loop.protocols import Critic
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Rubric,
    Score,
    Severity,
    StopReason,
    Task,
)

SHORT = Dimension("short", "Is it short?")
PLAIN = Dimension("plain", "Is it plain?")
ONE = Task("g", Rubric("r", (SHORT,)))
TWO = Task("g", Rubric("r", (SHORT, PLAIN)))
DRAFT = Draft("x = 1\n", "w")
FAILED = Finding("tests_failed", Severity.ERROR, "1 of 2 failed")
RAN = Execution(ExecutionStatus.OK, evidence=Evidence(checks=("seen",)))
OVERFLOW = Finding("overflow", Severity.WARNING, "it runs over", advice="wrap it")


def review(critic: Critic, task: Task = ONE, execution: Execution = RAN) -> Critique:
    async def main() -> Critique:
        return await critic.review(task, DRAFT, execution, history=())

    return anyio.run(main)


def saying(said: object) -> Function:
    def function(task: Task, draft: Draft, execution: Execution) -> Said:
        del task, draft, execution
        return cast("Said", said)

    return function


def raising(error: BaseException) -> Function:
    def broken(*_: object) -> float:
        raise error

    return broken


def marks(critique: Critique) -> dict[str, float | None]:
    return {score.dimension: score.value for score in critique.scores}


def test_a_function_sees_task_draft_and_execution_and_its_mark_is_the_score() -> None:
    def short(task: Task, draft: Draft, execution: Execution) -> float:
        assert (task, execution) == (ONE, RAN)
        return 10.0 - len(draft.code.splitlines())

    critique = review(FunctionCritic(short))

    assert critique.critic == "short"
    assert critique.scores == (Score("short", 9.0, 7.0, by="short"),)
    assert critique.overall == 9.0


def test_an_async_function_and_an_object_with_an_async_call_are_awaited() -> None:
    async def short(task: Task, draft: Draft, execution: Execution) -> bool:
        del task, draft, execution
        await anyio.lowlevel.checkpoint()
        return True

    class Short:
        async def __call__(self, task: Task, draft: Draft, execution: Execution) -> bool:
            return await short(task, draft, execution)

    def later(task: Task, draft: Draft, execution: Execution) -> Awaitable[Said]:
        return short(task, draft, execution)

    assert [marks(review(FunctionCritic(f))) for f in (short, Short(), later)] == [
        {"short": 10.0}
    ] * 3


def test_a_plain_function_does_not_hold_up_the_loop() -> None:
    ticks: list[float] = []

    def slow(task: Task, draft: Draft, execution: Execution) -> bool:
        del task, draft, execution
        time.sleep(0.2)
        return True

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(tick)
            await FunctionCritic(slow).review(ONE, DRAFT, RAN, history=())
            group.cancel_scope.cancel()

    async def tick() -> None:
        while True:
            ticks.append(time.monotonic())
            await anyio.sleep(0.01)

    anyio.run(main)

    assert len(ticks) > 5


def test_a_mapping_scores_by_name_and_what_is_left_out_is_unscored() -> None:
    critique = review(FunctionCritic(saying({"short": 8, "colour": 10.0}), name="own"), TWO)

    assert marks(critique) == {"short": 8.0, "plain": None}
    assert critique.scores[1].unscored == "own gave no score"
    assert critique.notes == ("own scored what is not asked for: 'colour'",)
    assert critique.overall is None


def test_a_mapping_may_hold_whole_scores_and_nothing() -> None:
    score = Score("else", 5.0, pass_mark=0.0, evidence=("`x`",), advice="shorten")

    critique = review(FunctionCritic(saying({"short": score, "plain": None})), TWO)

    assert marks(critique) == {"short": 5.0, "plain": None}
    assert critique.scores[0].advice == "shorten"
    assert not critique.scores[0].passed


def test_a_critique_is_taken_for_the_dimensions_that_are_asked_for() -> None:
    scores = (Score("short", 8.0, 0.0), Score("colour", 10.0, 0.0))
    given = Critique("else", scores, (OVERFLOW,), overall=10.0, notes=("read twice",), claims=2)

    critique = review(FunctionCritic(saying(given), name="own"), TWO)

    assert marks(critique) == {"short": 8.0, "plain": None}
    assert (critique.critic, critique.notes, critique.claims) == ("own", ("read twice",), 2)
    assert critique.findings == (OVERFLOW,)
    assert critique.overall is None


FITS = Dimension("fits", "?", checks={"overflow": 4.0, "seen": 2.0})


@pytest.mark.parametrize(
    ("found", "value"),
    [([], 10.0), ([OVERFLOW], 6.0), ([replace(OVERFLOW, severity=Severity.ERROR)], 6.0)],
)
def test_findings_take_off_the_points_of_the_rubric(found: list[Finding], value: float) -> None:
    critic = FunctionCritic(saying(found), checks=["overflow"])

    critique = review(CombinedCritic([MeasuredCritic(), critic]), Task("g", Rubric("r", (FITS,))))

    assert marks(critique) == {"fits": value}
    assert [finding.dimension for finding in critique.findings] == ["fits"] * len(found)


def test_findings_score_nothing_whose_other_checks_did_not_run() -> None:
    critic = FunctionCritic(saying([]), checks=["overflow"])
    unseen = replace(RAN, evidence=Evidence())

    critique = review(critic, Task("g", Rubric("r", (FITS, SHORT))), unseen)

    assert [score.unscored for score in critique.scores] == [
        "not checked: seen",
        "no measured check feeds this dimension",
    ]


def test_only_a_function_that_names_its_checks_measures() -> None:
    gate = replace(FITS, gate=True)
    task = Task("g", Rubric("r", (gate,)))
    judge = FunctionCritic(saying(10.0))
    gauge = FunctionCritic(saying([]), checks=["overflow"])

    judged, measured = (review(CombinedCritic([MeasuredCritic(), c]), task) for c in (judge, gauge))

    assert marks(judged) == {"fits": None}
    assert marks(measured) == {"fits": 10.0}


def test_an_error_that_a_function_found_caps_what_it_says() -> None:
    found = replace(OVERFLOW, severity=Severity.ERROR, dimension="short")
    given = Critique("own", (Score("short", 10.0, 7.0),), (found,))

    assert marks(review(FunctionCritic(saying(given)))) == {"short": 6.5}


@pytest.mark.parametrize(
    "said",
    [
        math.nan,
        math.inf,
        11,
        -1,
        "10",
        b"10",
        {"score": 10},
        {10: 10},
        [10],
        (OVERFLOW, 10),
        object(),
        {"short": "10"},
        {"short": {"score": 10}},
        {"short": math.nan},
        None,
    ],
    ids=lambda said: repr(said).partition(" at 0x")[0][:30],
)
def test_garbage_never_passes(said: object) -> None:
    critique = review(FunctionCritic(saying(said)))

    [score] = critique.scores
    assert score.value is None
    assert score.unscored
    assert not rubrics.accepts(ONE.rubric, critique.scores)


def test_one_mark_is_not_taken_for_several_dimensions() -> None:
    critique = review(FunctionCritic(saying(10), name="own"), TWO)
    named = review(FunctionCritic(saying(10), dimensions=["plain"]), TWO)

    assert marks(critique) == {"short": None, "plain": None}
    assert "own gave one score for several dimensions: name them" in critique.notes
    assert marks(named) == {"plain": 10.0}


@pytest.mark.parametrize("error", [ValueError("no\nway"), KeyError("x"), RecursionError("deep")])
def test_an_exception_leaves_unscored_and_is_named(error: Exception) -> None:
    critique = review(FunctionCritic(raising(error)), TWO)

    assert marks(critique) == {"short": None, "plain": None}
    assert type(error).__name__ in critique.scores[0].unscored
    assert "way" not in critique.scores[0].unscored


@pytest.mark.parametrize(
    "error",
    [ModelError(ModelErrorKind.CONNECTION, "gone"), BudgetEnded(StopReason.CALLS, "enough")],
)
def test_a_model_out_of_reach_and_an_ended_budget_are_the_loops_matter(error: Exception) -> None:
    with pytest.raises(type(error)):
        review(FunctionCritic(raising(error)))


def test_a_function_can_not_end_the_program() -> None:
    critique = review(FunctionCritic(raising(SystemExit(0)), name="own"))

    assert critique.scores[0].unscored == "own raised RuntimeError: it wanted to end the program"


def test_an_answer_that_takes_too_long_is_not_waited_for() -> None:
    let = threading.Event()

    def hanging(*_: object) -> float:
        let.wait(30)
        return 10.0

    async def sleeping(*_: object) -> float:
        await anyio.sleep(30)
        return 10.0

    began = time.monotonic()
    critiques = [review(FunctionCritic(f, timeout_s=0.1)) for f in (hanging, sleeping)]
    let.set()

    assert [critique.scores[0].unscored for critique in critiques] == [
        "hanging took longer than 0.1 s",
        "sleeping took longer than 0.1 s",
    ]
    assert time.monotonic() - began < 5


def test_what_is_no_function_and_no_time_is_refused() -> None:
    with pytest.raises(CallError, match="is no function"):
        FunctionCritic(cast("Function", "short"))
    for timeout_s in (0, -1, math.nan, math.inf):
        with pytest.raises(CallError, match="timeout_s"):
            FunctionCritic(saying(1), timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("evidence", "mark"),
    [
        (Evidence((FAILED,), ("tests_failed",)), 2.0),
        (Evidence(), None),
        (Evidence((), ("tests_failed",)), 10.0),
    ],
    ids=["failed", "not measured", "passed"],
)
def test_a_mark_for_a_measured_gate_is_never_better_than_what_was_measured(
    evidence: Evidence, mark: float | None
) -> None:
    gate = Dimension("right", "?", gate=True, checks={"tests_failed": 8.0})

    def ten(task: Task, draft: Draft, execution: Execution) -> int:
        del task, draft, execution
        return 10

    critic = FunctionCritic(ten, checks=("mine",))
    execution = Execution(ExecutionStatus.OK, evidence=evidence)

    async def scored() -> Critique:
        task = Task("g", Rubric("r", (gate,)))
        return await critic.review(task, DRAFT, execution, history=())

    assert [score.value for score in anyio.run(scored).scores] == [mark]
