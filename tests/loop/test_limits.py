"""Limits that are smaller when a run goes on than they were when it decided to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from critique_loop.budget import Budget
from critique_loop.errors import Paused
from critique_loop.loop import Loop
from critique_loop.proxy import Ask, Asking, UserProxy, never
from critique_loop.testing import MemoryStore, ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    Answer,
    DecisionKind,
    Dimension,
    Draft,
    Event,
    EventKind,
    Lesson,
    Outcome,
    Question,
    QuestionKind,
    Round,
    Rubric,
    StopReason,
    Task,
)

pytestmark = pytest.mark.anyio
TASK = Task("g", Rubric("r", (Dimension("right", "?", gate=True, pass_mark=8.0),), target=8.0))
PROGRAMS = ("bad", "fair", "better", "good")
MARKS = {"bad": 2.0, "fair": 4.0, "better": 6.0, "good": 9.0}


class Killed(BaseException):
    """Stands for kill -9."""


class KilledStore(MemoryStore):
    """Keeps so many events, then the process is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.most: int | None = None

    async def append(self, event: Event) -> None:
        if self.most is not None and len(self.kept) >= self.most:
            raise Killed
        await super().append(event)


class CountingWriter(ScriptedWriter):
    """Writes the next program of the script, and counts how often it was asked."""

    def __init__(self) -> None:
        super().__init__(PROGRAMS)
        self.asked = 0

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        self.asked += 1
        return await super().draft(task, history=history, lessons=lessons)


def loop_of(
    store: MemoryStore, budget: Budget | None = None, *, ask: Ask = never
) -> tuple[Loop, CountingWriter]:
    writer = CountingWriter()
    loop = Loop(
        writer=writer,
        executor=ScriptedExecutor(),
        critic=ScriptedCritic(MARKS),
        proxy=UserProxy(
            budget=budget,
            ask=ask,
            asking=Asking(frozenset({QuestionKind.BUDGET})),
        ),
        store=store,
    )
    return loop, writer


def decisions(store: MemoryStore) -> int:
    return sum(event.kind is EventKind.DECIDED for event in store.kept)


async def killed_after_refine(
    rounds: int, *, settings: Mapping[str, object] | None = None
) -> KilledStore:
    """Return the store of a run that was killed when so many rounds were decided."""
    store = KilledStore()

    def watch(_: Event) -> None:
        if decisions(store) == rounds:
            raise Killed

    loop, _ = loop_of(store)
    with pytest.raises(Killed):
        await loop.run(TASK, run_id="r", on_event=watch, settings=settings or {})
    if store.kept[-1].kind is EventKind.ENDED:  # nobody who is killed says so
        store.kept.pop()
    return store


@pytest.mark.parametrize("most", [1, 2])
async def test_a_run_has_no_round_more_than_it_is_allowed_when_it_goes_on(most: int) -> None:
    store = await killed_after_refine(2)
    loop, writer = loop_of(store, Budget(max_rounds=most))

    outcome = await loop.resume("r")

    assert outcome.stopped_because is StopReason.ROUNDS
    assert [turn.code for turn in outcome.rounds] == ["bad", "fair"]
    assert outcome.rounds[-1].decision.kind is DecisionKind.STOP
    assert writer.asked == 0


@pytest.mark.parametrize("most", [1, 2])
async def test_a_branch_has_no_round_more_than_it_is_allowed(most: int) -> None:
    store = MemoryStore()
    loop, _ = loop_of(store)
    assert (await loop.run(TASK, run_id="r")).accepted
    loop, writer = loop_of(store, Budget(max_rounds=most))

    outcome = await loop.branch("r", from_round=2, run_id="new")

    assert outcome.stopped_because is StopReason.ROUNDS
    assert [turn.code for turn in outcome.rounds] == ["bad", "fair"]
    assert writer.asked == 0


async def test_what_a_smaller_limit_ended_goes_on_with_a_larger_one() -> None:
    store = await killed_after_refine(2)
    loop, _ = loop_of(store, Budget(max_rounds=2))
    await loop.resume("r")
    loop, writer = loop_of(store, Budget(max_rounds=4))

    outcome = await loop.resume("r")

    assert outcome.accepted
    assert [turn.code for turn in outcome.rounds] == list(PROGRAMS)
    assert writer.asked == 2


async def test_a_smaller_limit_of_time_ends_a_run_whose_writer_asks_no_model() -> None:
    store = await killed_after_refine(2, settings={"max_time_s": 300.0})
    loop, writer = loop_of(store, Budget(max_time_s=1e-9))

    outcome = await loop.resume("r", settings={"max_time_s": 1e-9})

    assert outcome.stopped_because is StopReason.TIME
    assert (len(outcome.rounds), writer.asked) == (2, 0)


async def test_a_smaller_limit_counts_also_after_the_run_was_killed_when_it_was_told() -> None:
    store = await killed_after_refine(2, settings={"max_time_s": 300.0})
    loop, _ = loop_of(store, Budget(max_time_s=1e-9))
    store.most = len(store.kept) + 1
    with pytest.raises(Killed):
        await loop.resume("r", settings={"max_time_s": 1e-9})
    store.most = None
    loop, writer = loop_of(store, Budget(max_time_s=1e-9))

    outcome = await loop.resume("r")

    assert outcome.stopped_because is StopReason.TIME
    assert writer.asked == 0


async def test_time_that_ran_out_after_a_decision_ends_nothing_where_the_limit_is_as_it_was() -> (
    None
):
    said = {"max_time_s": 1e-9, "model": "m"}
    store = await killed_after_refine(2, settings=said)
    loop, writer = loop_of(store, Budget(max_time_s=1e-9))

    outcome = await loop.resume("r", settings={**said, "model": "another"})

    assert [turn.code for turn in outcome.rounds] == ["bad", "fair", "better"]
    assert outcome.stopped_because is StopReason.TIME  # decided after the round that was due
    assert writer.asked == 1


async def test_a_smaller_limit_asks_the_person_who_may_put_off_the_end() -> None:
    asked: list[str] = []

    async def refine(question: Question) -> Answer:
        asked.append(question.id)
        return Answer("refine")

    store = await killed_after_refine(2)
    loop, _ = loop_of(store, Budget(max_rounds=2), ask=refine)

    outcome = await loop.resume("r")

    assert outcome.accepted
    assert asked == ["budget-2", "budget-3"]


async def with_more_rounds(store: KilledStore, *, go_on: bool) -> Outcome | None:
    """Run, or go on, with one round and a person who gives one more each time."""

    async def refine(_: Question) -> Answer:
        return Answer("refine")

    loop, _ = loop_of(store, Budget(max_rounds=1), ask=refine)
    try:
        return await (loop.resume("r") if go_on else loop.run(TASK, run_id="r"))
    except Killed:
        return None


@pytest.mark.parametrize("kept", range(1, 24))
async def test_rounds_that_a_person_gave_are_done_wherever_the_run_was_killed(kept: int) -> None:
    store = KilledStore()
    store.most = kept
    assert await with_more_rounds(store, go_on=False) is None
    store.most = None

    outcome = await with_more_rounds(store, go_on=True)

    assert outcome is not None
    assert outcome.accepted
    assert [turn.code for turn in outcome.rounds] == list(PROGRAMS)
    assert decisions(store) == 4


async def test_a_program_that_a_person_asked_for_is_run_although_the_rounds_are_used_up() -> None:
    async def edit(question: Question) -> Answer:
        return Answer("edit", code="good") if question.id == "budget-1" else Answer("stop")

    store = KilledStore()
    loop, _ = loop_of(store, Budget(max_rounds=1), ask=edit)
    store.most = 7  # its start, its round, and the question with its answer
    with pytest.raises(Killed):
        await loop.run(TASK, run_id="r")
    assert store.kept[-1].kind is EventKind.DECIDED
    store.most = None
    loop, writer = loop_of(store, Budget(max_rounds=1))

    outcome = await loop.resume("r")

    assert [turn.code for turn in outcome.rounds] == ["bad", "good"]
    assert (outcome.accepted, writer.asked) == (True, 0)


async def test_where_a_smaller_limit_ends_a_run_the_question_may_be_left_open() -> None:
    async def later(_: Question) -> Answer:
        raise Paused("answer it later")

    store = await killed_after_refine(2)
    loop, _ = loop_of(store, Budget(max_rounds=2), ask=later)

    outcome = await loop.resume("r")

    assert outcome.stopped_because is StopReason.PAUSED
    assert len(outcome.rounds) == 2
