"""The loop, with scripted actors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.errors import SandboxUnavailable, StoreError
from critique_loop.loop import Loop
from critique_loop.protocols import Critic, Executor, TraceStore, UserProxy, Writer
from critique_loop.proxy import UserProxy as RubricProxy
from critique_loop.testing import MemoryStore, ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Ended,
    Event,
    EventKind,
    Execution,
    ExecutionStatus,
    Lesson,
    Outcome,
    Round,
    Rubric,
    StopReason,
    Task,
)

RUBRIC = Rubric("r", (Dimension("right", "Is it right?", gate=True, pass_mark=8.0),), target=8.0)
TASK = Task(goal="g", rubric=RUBRIC)
MARKS: Mapping[str, float | None] = {"bad": 2.0, "fair": 5.0, "good": 9.0}


def make_loop(
    programs: list[str],
    *,
    executor: ScriptedExecutor | None = None,
    budget: Budget | None = None,
    store: TraceStore | None = None,
) -> Loop:
    return Loop(
        writer=ScriptedWriter(programs),
        executor=executor or ScriptedExecutor(),
        critic=ScriptedCritic(MARKS),
        proxy=RubricProxy(budget=budget),
        store=store,
    )


def kinds(store: MemoryStore) -> list[str]:
    return [event.kind.value for event in store.kept]


def ended(store: MemoryStore) -> Ended:
    body = store.kept[-1].body
    assert isinstance(body, Ended)
    return body


def test_the_stand_ins_fulfil_the_protocols() -> None:
    assert isinstance(ScriptedWriter([]), Writer)
    assert isinstance(ScriptedExecutor(), Executor)
    assert isinstance(ScriptedCritic({}), Critic)
    assert isinstance(RubricProxy(), UserProxy)
    assert isinstance(MemoryStore(), TraceStore)


def test_stops_as_soon_as_the_criteria_are_met() -> None:
    outcome = make_loop(["bad", "good", "never written"]).run_sync(TASK)

    assert outcome.accepted
    assert [turn.decision.kind.value for turn in outcome.rounds] == ["refine", "accept"]
    assert outcome.best is outcome.rounds[1]


def test_the_best_round_wins_not_the_last() -> None:
    outcome = make_loop(["fair", "bad"], budget=Budget(max_rounds=2)).run_sync(TASK)

    assert outcome.stopped_because is StopReason.ROUNDS
    assert outcome.best is outcome.rounds[0]


def test_of_equal_rounds_the_earlier_wins() -> None:
    outcome = make_loop(["fair", "bad", "fair"]).run_sync(TASK)

    assert outcome.best is outcome.rounds[0]


def test_the_same_program_twice_is_stuck() -> None:
    outcome = make_loop(["bad", "bad", "good"]).run_sync(TASK)

    assert outcome.stopped_because is StopReason.STUCK
    assert len(outcome.rounds) == 2
    assert "twice" in outcome.message


def test_a_writer_without_a_draft_ends_the_run_with_its_reason_and_opens_no_sandbox() -> None:
    executor = ScriptedExecutor()

    outcome = make_loop([], executor=executor).run_sync(TASK)

    assert outcome.stopped_because is StopReason.WRITER_GAVE_UP
    assert outcome.best is None
    assert "no further program" in outcome.message
    assert executor.opened == 0


def test_a_writer_that_gives_up_later_leaves_the_best_round() -> None:
    outcome = make_loop(["bad", "fair"]).run_sync(TASK)

    assert outcome.stopped_because is StopReason.WRITER_GAVE_UP
    assert outcome.best is outcome.rounds[1]


def test_a_failing_draft_is_a_value_that_the_writer_gets_to_see() -> None:
    seen: list[Execution] = []

    class Curious(ScriptedWriter):
        async def draft(
            self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
        ) -> Draft:
            seen.extend(turn.execution for turn in history)
            return await super().draft(task, history=history, lessons=lessons)

    failing = Execution(ExecutionStatus.ERROR, exit_code=1, stderr="ZeroDivisionError")
    loop = make_loop([], executor=ScriptedExecutor({"bad": failing}))
    loop.writer = Curious(["bad", "good"])

    outcome = loop.run_sync(TASK)

    assert outcome.accepted
    assert seen == [failing]


def test_an_unscored_dimension_is_never_accepted() -> None:
    outcome = make_loop(["unknown"]).run_sync(TASK)

    assert not outcome.accepted


def test_no_sandbox_is_an_outcome_with_the_fix() -> None:
    def refuse(draft: Draft) -> None:
        raise SandboxUnavailable(f"no engine for {draft.code}", remedy="start it")

    store = MemoryStore()
    loop = make_loop(["good"], executor=ScriptedExecutor(before=refuse), store=store)

    outcome = loop.run_sync(TASK)

    assert outcome.stopped_because is StopReason.SANDBOX_UNAVAILABLE
    assert "start it" in outcome.message
    assert kinds(store) == ["started", "drafted", "ended"]


def test_the_time_budget_ends_the_run_after_a_round() -> None:
    outcome = make_loop(["bad", "good"], budget=Budget(max_time_s=1e-9)).run_sync(TASK)

    assert outcome.stopped_because is StopReason.TIME
    assert len(outcome.rounds) == 1


def test_every_step_is_stored_before_the_next_begins() -> None:
    store = MemoryStore()
    before_run: list[list[str]] = []
    executor = ScriptedExecutor(before=lambda _: before_run.append(kinds(store)))

    make_loop(["good"], executor=executor, store=store).run_sync(TASK)

    assert before_run == [["started", "drafted"]]
    assert kinds(store) == ["started", "drafted", "executed", "critiqued", "decided", "ended"]
    assert [event.seq for event in store.kept] == [0, 1, 2, 3, 4, 5]
    assert [event.round for event in store.kept] == [0, 1, 1, 1, 1, 0]


def test_a_store_that_fails_stops_the_run_before_the_next_step() -> None:
    class Full(MemoryStore):
        async def append(self, event: Event) -> None:
            if event.kind is EventKind.DRAFTED:
                raise StoreError("disk full")
            await super().append(event)

    executor = ScriptedExecutor()
    ran: list[Draft] = []

    with pytest.raises(StoreError, match="disk full"):
        make_loop(["good"], executor=ScriptedExecutor(before=ran.append), store=Full()).run_sync(
            TASK
        )

    assert ran == []
    assert executor.opened == executor.closed


def test_a_requested_stop_ends_after_the_round() -> None:
    rounds_seen: list[Event] = []

    def stop_requested() -> bool:
        return any(event.kind is EventKind.DECIDED for event in rounds_seen)

    outcome = make_loop(["bad", "good"]).run_sync(
        TASK, on_event=rounds_seen.append, stop_requested=stop_requested
    )

    assert outcome.stopped_because is StopReason.INTERRUPTED
    assert len(outcome.rounds) == 1


def test_cancelling_closes_the_session_and_writes_the_last_event() -> None:
    store = MemoryStore()
    executor = ScriptedExecutor()
    loop = make_loop(["bad", "good"], executor=executor, store=store)

    class Hanging(ScriptedCritic):
        async def review(
            self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
        ) -> Critique:
            await anyio.sleep_forever()
            return await super().review(task, draft, execution, history=history)

    loop.critic = Hanging({})

    async def main() -> None:
        with anyio.move_on_after(0.05):
            await loop.run(TASK)

    anyio.run(main)

    assert executor.opened == executor.closed == 1
    assert kinds(store)[-1] == "ended"
    assert ended(store).stopped_because is StopReason.INTERRUPTED


def test_an_unexpected_error_is_raised_and_the_trace_says_where_it_ended() -> None:
    def explode(draft: Draft) -> None:
        raise ZeroDivisionError(draft.code)

    store = MemoryStore()

    with pytest.raises(ZeroDivisionError):
        make_loop(["bad"], executor=ScriptedExecutor(before=explode), store=store).run_sync(TASK)

    assert ended(store).message == "ZeroDivisionError: bad"


def test_rounds_come_one_by_one_and_may_be_left_early() -> None:
    store = MemoryStore()
    executor = ScriptedExecutor()
    loop = make_loop(["bad", "fair", "good"], executor=executor, store=store)

    async def main() -> list[int]:
        numbers: list[int] = []
        turns = loop.rounds(TASK)
        async for turn in turns:
            numbers.append(turn.number)
            if turn.number == 2:
                break
        await turns.aclose()
        return numbers

    numbers = anyio.run(main)

    assert numbers == [1, 2]
    assert executor.closed == 1
    assert ended(store).stopped_because is StopReason.INTERRUPTED
    assert ended(store).best_round == 2


def test_run_sync_works_where_an_event_loop_is_running() -> None:
    async def notebook_cell() -> Outcome:
        return make_loop(["good"]).run_sync(TASK)

    assert asyncio.run(notebook_cell()).accepted


def test_many_tasks_run_in_one_loop_at_the_same_time() -> None:
    loop = make_loop(["bad", "good"], store=MemoryStore())
    outcomes: list[Outcome] = []

    async def one() -> None:
        outcomes.append(await loop.run(TASK))

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(one)

    anyio.run(main)

    assert len({outcome.run_id for outcome in outcomes}) == 20
    assert all(len(outcome.rounds) == 2 for outcome in outcomes)
