"""The loop with a person in it: what they say, what of it is kept, and going on later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.checkpoint import Checkpoint, asked
from critique_loop.errors import Paused
from critique_loop.ledger import Bound, Ledger, current
from critique_loop.loop import Loop
from critique_loop.proxy import Ask, Asking, UserProxy
from critique_loop.testing import MemoryStore, ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    Answer,
    Asked,
    DecisionKind,
    Dimension,
    Draft,
    Event,
    EventKind,
    Execution,
    ExecutionStatus,
    Lesson,
    Outcome,
    Question,
    QuestionKind,
    Round,
    Rubric,
    StopReason,
    Task,
    Usage,
)

pytestmark = pytest.mark.anyio
RUBRIC = Rubric("r", (Dimension("right", "Is it right?", gate=True, pass_mark=8.0),), target=8.0)
TASK = Task(goal="g", rubric=RUBRIC)
MARKS = {"bad": 2.0, "fair": 5.0, "good": 9.0, "better": 9.5, "best": 10.0, "mine": 9.0}
APPROVAL = (QuestionKind.APPROVAL,)


class Person(Protocol):
    """The stand-in that the ``person`` fixture makes."""

    asked: list[Question]

    def __call__(self, question: Question) -> Awaitable[Answer]: ...


class Killed(BaseException):
    """Stands for kill -9: nothing after it is stored."""


class KilledStore(MemoryStore):
    """Keeps so many events, then the process is gone."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most: int | None = most

    async def append(self, event: Event) -> None:
        if self.most is not None and len(self.kept) >= self.most:
            raise Killed
        await super().append(event)


class Writer(ScriptedWriter):
    """Keeps what it was told to change."""

    def __init__(self, programs: Sequence[str]) -> None:
        super().__init__(programs)
        self.told: list[str] = []

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        self.told += [history[-1].decision.advice] if history else []
        return await super().draft(task, history=history, lessons=lessons)


class Bench:
    """A loop over a store in memory, and what its sandbox ran."""

    def __init__(
        self,
        programs: Sequence[str],
        *,
        at: Sequence[QuestionKind] = (QuestionKind.ACCEPT, QuestionKind.STUCK),
        store: MemoryStore | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.store = store or MemoryStore()
        self.ran: list[str] = []
        self.writer = Writer(programs)
        self._at = frozenset(at)
        self._budget = budget

    def loop(self, ask: Ask) -> Loop:
        return Loop(
            writer=self.writer,
            executor=ScriptedExecutor(before=lambda draft: self.ran.append(draft.code)),
            critic=ScriptedCritic(MARKS),
            proxy=UserProxy(budget=self._budget, ask=ask, asking=Asking(self._at)),
            store=self.store,
        )

    async def run(self, ask: Ask) -> Outcome:
        return await self.loop(ask).run(TASK, run_id="r")

    async def resume(self, ask: Ask) -> Outcome:
        return await self.loop(ask).resume("r")

    @property
    def pairs(self) -> list[tuple[str, str | None]]:
        found = asked(self.store.kept)
        return [(pair.question.id, pair.answer and pair.answer.choice) for pair in found]


async def test_a_person_accepts_what_ranks_lower_and_it_is_the_best(
    person: Callable[..., Person],
) -> None:
    bench = Bench(["fair", "bad", "bad"])

    outcome = await bench.run(person(Answer("accept")))

    assert (outcome.accepted, [turn.code for turn in outcome.rounds]) == (
        True,
        ["fair", "bad", "bad"],
    )
    assert outcome.best is not None
    assert (outcome.best.number, outcome.best.decision.by) == (3, "person")
    assert Checkpoint.of("r", bench.store.kept).rounds == outcome.rounds


async def test_question_and_answer_are_kept_as_they_come(person: Callable[..., Person]) -> None:
    bench = Bench(["good"])

    await bench.run(person(Answer("accept", "nice")))

    kinds = [event.kind.value for event in bench.store.kept]
    assert kinds == ["started", "drafted", "executed", "critiqued", "asked", "asked", "decided",
                     "ended"]  # fmt: skip
    (pair,) = asked(bench.store.kept)
    assert pair.question.context["code"] == "good"
    assert pair.answer == Answer("accept", "nice")


async def test_the_time_a_person_takes_is_not_the_runs(person: Callable[..., Person]) -> None:
    del person
    bench = Bench(["good"], at=(QuestionKind.ACCEPT, *APPROVAL), budget=Budget(max_time_s=0.2))

    async def slow(question: Question) -> Answer:
        await anyio.sleep(0.3)
        return Answer("run" if question.kind is QuestionKind.APPROVAL else "accept")

    outcome = await bench.run(slow)

    assert outcome.accepted
    assert outcome.spend.person_s >= 0.6
    assert outcome.spend.seconds < 0.2
    assert outcome.rounds[0].sandbox_s < 0.2
    assert all(pair.waited_s >= 0.3 for pair in asked(bench.store.kept))


async def test_text_and_code_of_a_person_reach_the_loop(person: Callable[..., Person]) -> None:
    bench = Bench(["good", "better"])
    somebody = person(Answer("refine", "bigger"), Answer("edit", code="mine"), Answer("accept"))

    outcome = await bench.run(somebody)

    assert bench.writer.told == ["bigger"]
    assert bench.ran == ["good", "better", "mine"]
    assert [turn.draft.writer for turn in outcome.rounds] == ["scripted", "scripted", "person"]
    assert outcome.best is outcome.rounds[2]


async def test_an_overruled_critique_is_kept_beside_the_persons(
    person: Callable[..., Person],
) -> None:
    bench = Bench(["bad", "bad"])

    outcome = await bench.run(person(Answer("rescore", scores={"right": 10.0})))

    assert outcome.accepted
    assert outcome.best is not None
    assert outcome.best.overruled is not None
    assert (outcome.best.critique.overall, outcome.best.overruled.overall) == (10.0, 2.0)


@pytest.mark.parametrize("reply", ["refine", "edit", "stop"])
async def test_a_forbidden_program_is_not_run_and_no_critic_is_asked(
    person: Callable[..., Person], reply: str
) -> None:
    bench = Bench(["good", "fair"], at=APPROVAL)
    somebody = person(Answer(reply, "no", code="good"), Answer("run"), Answer("stop"))

    outcome = await bench.run(somebody)

    first = outcome.rounds[0]
    assert first.execution.status is ExecutionStatus.REFUSED
    assert (first.critique.critic, first.critique.overall) == ("person", None)
    assert (first.decision.advice, first.decision.by) == ("no", "person")
    assert bench.ran[:1] == {"refine": ["fair"], "edit": ["good"], "stop": []}[reply]


async def test_a_paused_run_keeps_its_question_and_goes_on_with_the_answer(
    person: Callable[..., Person],
) -> None:
    bench = Bench(["good"])
    first = await bench.run(person(Paused("later")))
    open_question = Checkpoint.of("r", bench.store.kept).question
    somebody = person(Answer("accept"))

    outcome = await bench.resume(somebody)

    assert first.stopped_because is StopReason.PAUSED
    assert [turn.decision.kind for turn in first.rounds] == [DecisionKind.PENDING]
    assert first.best is first.rounds[0], "there is something to look at while one thinks"
    assert open_question is not None
    assert somebody.asked == [open_question]
    assert outcome.accepted
    assert bench.ran == ["good"]
    assert bench.pairs == [("accept-1", "accept")]
    assert Checkpoint.of("r", bench.store.kept).question is None


async def test_a_program_waits_for_approval_over_a_pause(person: Callable[..., Person]) -> None:
    bench = Bench(["good"], at=APPROVAL)
    await bench.run(person(Paused("later")))
    ran_before = list(bench.ran)

    outcome = await bench.resume(person(Answer("run")))

    assert ran_before == []
    assert bench.ran == ["good"]
    assert outcome.accepted


async def test_a_stopped_run_asks_anew_and_may_run_what_was_forbidden(
    person: Callable[..., Person],
) -> None:
    bench = Bench(["good"], at=APPROVAL)
    first = await bench.run(person(Answer("stop")))

    outcome = await bench.resume(person(Answer("run")))

    assert first.stopped_because is StopReason.PERSON
    assert bench.ran == ["good"]
    assert outcome.accepted
    assert outcome.rounds[0].execution.status is ExecutionStatus.OK
    assert outcome.rounds[0].critique.overall == 9.0
    assert Checkpoint.of("r", bench.store.kept).rounds == outcome.rounds


SCRIPT = (
    Answer("run"),
    Answer("refine", "not yet"),
    Answer("refine", "no"),
    Answer("run"),
    Answer("rescore", scores={"right": 3.0}),
    Answer("run"),
    Answer("run"),
    Answer("accept"),
)


@pytest.mark.parametrize("kept", range(1, 38))
async def test_wherever_a_run_is_killed_no_answer_that_was_stored_is_asked_for_again(
    person: Callable[..., Person], kept: int
) -> None:
    at = (QuestionKind.ACCEPT, QuestionKind.APPROVAL)
    programs = ["good", "bad", "better", "fair", "best"]
    whole = Bench(programs, at=at)
    expected = await whole.run(person(*SCRIPT))
    store = KilledStore(kept)
    bench = Bench(programs, at=at, store=store)
    with pytest.raises(Killed):
        await bench.run(person(*SCRIPT))
    store.most = None
    answered = sum(isinstance(e.body, Asked) and e.body.answer is not None for e in store.kept)

    somebody = person(*SCRIPT[answered:])
    outcome = await bench.resume(somebody)

    assert [turn.decision for turn in outcome.rounds] == [turn.decision for turn in expected.rounds]
    assert len(somebody.asked) == len(SCRIPT) - answered
    assert bench.pairs == whole.pairs
    assert Checkpoint.of("r", store.kept).rounds == outcome.rounds


async def test_a_run_cut_off_between_acceptance_and_end_only_ends() -> None:
    store = KilledStore(5)
    bench = Bench(["good", "never written"], at=(), store=store)

    async def nobody(_: Question) -> Answer:
        raise AssertionError

    with pytest.raises(Killed):
        await bench.run(nobody)
    store.most = None

    outcome = await bench.resume(nobody)

    assert outcome.accepted
    assert len(outcome.rounds) == 1


async def test_more_time_is_given_to_the_models_of_the_run_as_well(
    person: Callable[..., Person],
) -> None:
    seen: list[float | None] = []

    class Slow(ScriptedExecutor):
        async def run(self, draft: Draft) -> Execution:
            await anyio.sleep(0.15)
            return await super().run(draft)

    class Looking(Writer):
        async def draft(
            self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
        ) -> Draft:
            seen.append(current().remaining_s)
            return await super().draft(task, history=history, lessons=lessons)

    loop = Loop(
        writer=Looking(["bad", "good"]),
        executor=Slow(),
        critic=ScriptedCritic(MARKS),
        proxy=UserProxy(
            budget=Budget(max_time_s=0.1),
            ask=person(Answer("refine")),
            asking=Asking(frozenset({QuestionKind.BUDGET})),
        ),
    )

    outcome = await loop.run(TASK)

    assert outcome.accepted
    assert seen[1] is not None
    assert 0 < seen[1] <= 0.025


async def test_candidates_that_are_left_are_dropped_when_a_person_decides(
    person: Callable[..., Person],
) -> None:
    class Several(ScriptedWriter):
        async def candidates(
            self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
        ) -> Sequence[Draft]:
            del task, lessons
            codes = self._programs if not history else ("fair",)
            return [Draft(code, self.name) for code in codes]

    loop = Loop(
        writer=Several(["good", "never run"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic(MARKS),
        proxy=UserProxy(
            budget=Budget(max_rounds=2),
            ask=person(Answer("refine", "more")),
            asking=Asking(frozenset({QuestionKind.ACCEPT})),
        ),
    )

    outcome = await loop.run(TASK)

    assert [turn.code for turn in outcome.rounds] == ["good", "fair"]
    assert [turn.decision.kind for turn in outcome.rounds] == [
        DecisionKind.REFINE,
        DecisionKind.STOP,
    ]


def test_events_other_than_questions_are_no_pairs() -> None:
    question = Question("stuck-1", QuestionKind.STUCK, "?", ("stop",), "stop")
    bodies = (Asked(question), Asked(question), Asked(question, Answer("stop")), Asked(question))
    events = [
        Event("r", seq, EventKind.ASKED, 1, 0.0, 0.0, body) for seq, body in enumerate(bodies)
    ]

    assert asked(events) == (Asked(question, Answer("stop")), Asked(question))


class Buying(ScriptedWriter):
    """Asks a model, which costs a dollar and could cost two, for each program."""

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        async with current().reserved(Bound(10, 2.0)) as room:
            room.settle(Usage(5, 5), 1.0)
        return await super().draft(task, history=history, lessons=lessons)


def buying(ask: Ask, store: MemoryStore) -> Loop:
    return Loop(
        writer=Buying(["bad", "fair", "good"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic(MARKS),
        proxy=UserProxy(
            budget=Budget(max_cost_usd=2.0),
            ask=ask,
            asking=Asking(frozenset({QuestionKind.BUDGET})),
        ),
        store=store,
    )


async def test_a_call_that_does_not_fit_is_made_if_a_person_gives_more_money(
    person: Callable[..., Person],
) -> None:
    somebody, store = person(Answer("refine"), Answer("refine")), MemoryStore()

    outcome = await buying(somebody, store).run(TASK, run_id="r")

    assert outcome.accepted
    assert outcome.spend.cost_usd == 3.0
    first, second = somebody.asked
    assert (first.id, second.id) == ("budget-call-2", "budget-call-3")
    assert "$1.0000 of $2 are spent" in first.prompt
    assert "(refine) with $2.0000 more" in first.prompt


@pytest.mark.parametrize("answer", [Answer("stop"), Answer("stop", by="default")])
async def test_a_call_that_does_not_fit_ends_the_run_unless_somebody_says_otherwise(
    person: Callable[..., Person], answer: Answer
) -> None:
    outcome = await buying(person(answer), MemoryStore()).run(TASK)

    assert outcome.stopped_because is StopReason.COST
    assert (outcome.spend.cost_usd, len(outcome.rounds)) == (1.0, 1)


async def test_more_money_can_be_given_after_a_pause(person: Callable[..., Person]) -> None:
    store = MemoryStore()
    first = await buying(person(Paused("later")), store).run(TASK, run_id="r")

    outcome = await buying(person(Answer("refine"), Answer("stop")), store).resume("r")

    assert first.stopped_because is StopReason.PAUSED
    assert [turn.code for turn in outcome.rounds] == ["bad", "fair"]
    assert outcome.stopped_because is StopReason.COST


async def test_nobody_in_a_run_gives_more_to_the_batch_it_is_part_of(
    person: Callable[..., Person],
) -> None:
    somebody = person()
    batch = Ledger(Budget(max_cost_usd=2.0))
    loop = buying(somebody, MemoryStore())
    loop.proxy = UserProxy(ask=somebody, asking=Asking(frozenset({QuestionKind.BUDGET})))

    outcome = await loop.run(TASK, ledger=batch)

    assert outcome.stopped_because is StopReason.COST
    assert somebody.asked == []
