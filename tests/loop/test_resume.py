"""Runs that stop, and go on where they stopped."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from critique_loop.budget import Budget
from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import CallError, ModelError, ModelErrorKind, Paused
from critique_loop.ledger import current
from critique_loop.loop import Loop
from critique_loop.proxy import Asking, UserProxy
from critique_loop.testing import (
    MemoryStore,
    ScriptedCritic,
    ScriptedExecutor,
    ScriptedModel,
    ScriptedWriter,
)
from critique_loop.values import (
    Call,
    Critique,
    Decision,
    DecisionKind,
    Dimension,
    Draft,
    Ended,
    Event,
    EventKind,
    Execution,
    Finding,
    Lesson,
    Message,
    Request,
    Round,
    Rubric,
    Score,
    Severity,
    Spend,
    StopReason,
    Task,
)

pytestmark = pytest.mark.anyio
RUBRIC = Rubric("r", (Dimension("right", "Is it right?", gate=True, pass_mark=8.0),), target=8.0)
TASK = Task(goal="g", rubric=RUBRIC)


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


class AskingWriter:
    """Takes its programs from a model, one call each."""

    name = "asking"

    def __init__(self, model: ScriptedModel) -> None:
        self.model = model

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del lessons
        messages = (Message("user", f"{task.goal} {len(history)}"),)
        reply = await self.model.complete(Request(messages, role="writer"))
        return Draft(reply.text, self.name)


class SeveralWriter(ScriptedWriter):
    """Drafts all of its programs for one turn."""

    async def candidates(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Sequence[Draft]:
        del task, history, lessons
        return [Draft(code, self.name) for code in self._programs]


class FailingOnceCritic(ScriptedCritic):
    """Raises the given error at its first review."""

    def __init__(self, error: Exception) -> None:
        super().__init__({"bad": 2.0, "good": 9.0})
        self._errors = [error]

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        if self._errors:
            raise self._errors.pop()
        return await super().review(task, draft, execution, history=history)


class Person(UserProxy):
    """Says what the script says, before or after the program ran."""

    def __init__(self, decisions: Sequence[Decision | None | Exception], *, before: bool) -> None:
        super().__init__()
        self._decisions = list(decisions)
        self._before = before

    async def approve(
        self, task: Task, draft: Draft, *, history: Sequence[Round]
    ) -> Decision | None:
        del task, draft, history
        return self._next() if self._before and self._decisions else None

    async def decide(self, task: Task, rounds: Sequence[Round], *, spent: Spend) -> Decision:
        said = None if self._before or not self._decisions else self._next()
        return said or await super().decide(task, rounds, spent=spent)

    def _next(self) -> Decision | None:
        said = self._decisions.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def loop_of(
    store: MemoryStore, model: ScriptedModel, *, budget: Budget | None = None
) -> tuple[Loop, ScriptedExecutor]:
    executor = ScriptedExecutor()
    loop = Loop(
        writer=AskingWriter(model),
        executor=executor,
        critic=ScriptedCritic({"bad": 2.0, "fair": 5.0, "good": 9.0}),
        proxy=UserProxy(budget=budget),
        store=store,
    )
    return loop, executor


def kinds(store: MemoryStore) -> list[str]:
    return [event.kind.value for event in store.kept]


@pytest.mark.parametrize("kept", range(1, 16))
async def test_a_run_killed_after_any_step_goes_on_and_redoes_no_stored_step(kept: int) -> None:
    store = KilledStore(kept)
    loop, _ = loop_of(store, ScriptedModel(["bad", "fair", "good"]))
    with pytest.raises(Killed):
        await loop.run(TASK, run_id="r")
    before = kinds(store)
    store.most = None
    left = 3 - before.count("drafted")
    model = ScriptedModel(["bad", "fair", "good"][3 - left :])

    loop, _ = loop_of(store, model)
    outcome = await loop.resume("r")

    assert outcome.accepted
    assert [turn.code for turn in outcome.rounds] == ["bad", "fair", "good"]
    assert [turn.number for turn in outcome.rounds] == [1, 2, 3]
    assert len(model.asked) == left
    after = kinds(store)
    assert after[: len(before)] == before
    for step in ("drafted", "executed", "critiqued", "decided"):
        assert after.count(step) == 3
    assert [event.seq for event in store.kept] == list(range(len(store.kept)))


GATES = Rubric(
    "two",
    (Dimension("right", "?", gate=True, pass_mark=8.0), Dimension("neat", "?", pass_mark=8.0)),
)


class TwoMarksCritic:
    """Reads both marks off the program: "9 4" is right and not neat."""

    name = "two marks"

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        del execution, history
        marks = map(float, draft.code.split())
        scores = tuple(
            Score(d.name, m, 8.0) for d, m in zip(task.rubric.dimensions, marks, strict=True)
        )
        findings = tuple(
            Finding(f"not_{s.dimension}", Severity.WARNING, "m", dimension=s.dimension)
            for s in scores
            if not s.passed
        )
        overall = sum(s.value or 0.0 for s in scores) / len(scores)
        return Critique(self.name, scores, findings, overall)


class TurnsWriter:
    """Drafts two programs a turn, and keeps what it saw of the decisions before."""

    name = "turns"
    turns = (("3 3", "5 5"), ("9 4", "6 4"), ("2 9", "3 9"), ("9 9", "1 1"))

    def __init__(self) -> None:
        self.seen: list[tuple[int, tuple[str, ...]]] = []

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        raise NotImplementedError  # a writer of candidates is asked for those

    async def candidates(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Sequence[Draft]:
        del task, lessons
        if history:
            self.seen.append((history[-1].decision.back_to, history[-1].decision.focus))
        return [Draft(code, self.name) for code in self.turns[len(history) // 2]]


@pytest.mark.parametrize("kept", [None, *range(1, 30)])
async def test_what_is_taken_back_and_what_comes_first_is_the_same_wherever_a_run_was_killed(
    kept: int | None,
) -> None:
    store = KilledStore(999)
    store.most = kept

    def loop() -> Loop:
        return Loop(
            writer=TurnsWriter(),
            executor=ScriptedExecutor(),
            critic=TwoMarksCritic(),
            proxy=UserProxy(budget=Budget(max_rounds=9), asking=Asking(gates_first=True)),
            store=store,
        )

    if kept is None:
        outcome = await loop().run(Task("g", GATES), run_id="r")
    else:
        with pytest.raises(Killed):
            await loop().run(Task("g", GATES), run_id="r")
        store.most = None
        outcome = await loop().resume("r")

    decisions = [turn.decision for turn in outcome.rounds]
    assert outcome.accepted
    assert [turn.code for turn in outcome.rounds] == [
        "3 3",
        "5 5",
        "9 4",
        "6 4",
        "2 9",
        "3 9",
        "9 9",
    ]
    # The first two are of one turn; "9 4" is the best of its turn, and of the third turn none
    # keeps its gate: both times it goes on from attempt 3.
    assert [decision.back_to for decision in decisions] == [0, 0, 0, 3, 0, 3, 0]
    assert [decision.focus for decision in decisions[1::2]] == [("right",), (), ()]
    assert decisions[1].skipped == ("not_neat",)
    assert decisions[5].advice.startswith("attempt 6 broke right, which attempt 3 passed")


async def test_what_a_run_spent_before_counts_after_it_was_resumed() -> None:
    store = MemoryStore()
    loop, _ = loop_of(store, ScriptedModel(["bad"], cost_usd=0.25), budget=Budget(max_rounds=1))
    first = await loop.run(TASK, run_id="r")

    loop, _ = loop_of(store, ScriptedModel(["good"], cost_usd=0.5), budget=Budget(max_rounds=2))
    outcome = await loop.resume("r")

    assert first.stopped_because is StopReason.ROUNDS
    assert outcome.accepted
    assert outcome.spend.cost_usd == pytest.approx(0.75)
    assert outcome.spend.roles[0].calls == 2
    assert kinds(store).count("resumed") == 1


async def test_a_budget_that_is_still_too_small_ends_the_run_again() -> None:
    store = MemoryStore()
    model = ScriptedModel(["bad", "good"], cost_usd=0.25)
    loop, _ = loop_of(store, model, budget=Budget(max_cost_usd=0.3))
    first = await loop.run(TASK, run_id="r")

    outcome = await loop.resume("r")

    assert first.stopped_because is outcome.stopped_because is StopReason.COST
    assert outcome.spend.cost_usd == pytest.approx(0.25)
    assert [turn.code for turn in outcome.rounds] == ["bad"]


async def test_a_model_that_is_gone_ends_the_run_which_can_be_resumed() -> None:
    store = MemoryStore()
    gone = ModelError(ModelErrorKind.QUOTA, "the quota is used up")
    loop, _ = loop_of(store, ScriptedModel(["bad", gone, "good"]))
    first = await loop.run(TASK, run_id="r")

    outcome = await loop.resume("r")

    assert first.stopped_because is StopReason.MODEL_UNAVAILABLE
    assert first.message == "the quota is used up"
    assert first.best is not None
    assert outcome.accepted


async def test_a_critic_without_its_model_leaves_the_execution_to_be_judged_later() -> None:
    store, executor = MemoryStore(), ScriptedExecutor()
    loop = Loop(
        writer=ScriptedWriter(["good"]),
        executor=executor,
        critic=FailingOnceCritic(ModelError(ModelErrorKind.CONNECTION, "no way")),
        proxy=UserProxy(),
        store=store,
    )
    first = await loop.run(TASK, run_id="r")

    outcome = await loop.resume("r")

    assert first.stopped_because is StopReason.MODEL_UNAVAILABLE
    assert outcome.accepted
    assert executor.opened == 1


async def test_a_call_that_could_go_over_the_budget_ends_the_run_with_that_reason() -> None:
    store = MemoryStore()
    loop, _ = loop_of(store, ScriptedModel(["bad", "good"]), budget=Budget(max_calls=1))

    outcome = await loop.run(TASK, run_id="r")

    assert outcome.stopped_because is StopReason.CALLS
    assert outcome.spend.calls == 1


async def test_calls_are_stored_before_the_step_they_belong_to() -> None:
    store = MemoryStore()
    loop, _ = loop_of(store, ScriptedModel(["good"]))

    outcome = await loop.run(TASK, run_id="r", settings={"model": "m"})

    assert kinds(store)[:3] == ["started", "called", "drafted"]
    call, started = store.kept[1], store.kept[0].body
    assert isinstance(call.body, Call)
    assert (call.round, call.body.role) == (1, "writer")
    assert outcome.spend.roles[0].role == "writer"
    assert not isinstance(started, Ended)
    assert getattr(started, "settings", None) == {"model": "m"}


async def test_candidates_are_rounds_of_their_own_until_one_is_accepted() -> None:
    loop = Loop(
        writer=SeveralWriter(["bad", "good", "never run"]),
        executor=(executor := ScriptedExecutor()),
        critic=ScriptedCritic({"bad": 2.0, "good": 9.0}),
        proxy=UserProxy(),
    )

    outcome = await loop.run(TASK)

    assert [turn.decision.kind for turn in outcome.rounds] == [
        DecisionKind.COMPARE,
        DecisionKind.ACCEPT,
    ]
    assert executor.opened == 1


@pytest.mark.parametrize("kept", [2, 3, 4, 5, 6, 7, 8])
async def test_a_run_killed_among_candidates_goes_on_with_those_that_are_left(kept: int) -> None:
    store = KilledStore(kept)
    writer = SeveralWriter(["bad", "good"])
    loop = Loop(
        writer=writer,
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"bad": 2.0, "good": 9.0}),
        proxy=UserProxy(),
        store=store,
    )
    with pytest.raises(Killed):
        await loop.run(TASK, run_id="r")
    store.most = None

    outcome = await loop.resume("r")

    assert [turn.code for turn in outcome.rounds] == ["bad", "good"]


async def test_candidates_end_with_the_rounds_that_are_allowed() -> None:
    loop = Loop(
        writer=SeveralWriter(["bad", "bad 2", "bad 3"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"bad": 2.0, "bad 2": 2.0, "bad 3": 2.0}),
        proxy=UserProxy(budget=Budget(max_rounds=2)),
    )

    outcome = await loop.run(TASK)

    assert outcome.stopped_because is StopReason.ROUNDS
    assert len(outcome.rounds) == 2


async def test_a_program_that_a_person_forbids_is_not_run() -> None:
    ran: list[str] = []
    loop = Loop(
        writer=ScriptedWriter(["bad", "good"]),
        executor=ScriptedExecutor(before=lambda draft: ran.append(draft.code)),
        critic=ScriptedCritic({"good": 9.0}),
        proxy=Person([Decision(DecisionKind.REFINE, advice="no", by="person"), None], before=True),
    )

    outcome = await loop.run(TASK)

    assert ran == ["good"]
    first, second = outcome.rounds
    assert first.execution.status.value == "refused"
    assert (first.decision.advice, first.decision.by) == ("no", "person")
    assert second.decision.kind is DecisionKind.ACCEPT


async def test_a_persons_own_program_is_the_next_draft() -> None:
    edit = Decision(DecisionKind.REFINE, by="person", code="good")
    loop = Loop(
        writer=ScriptedWriter(["bad"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"bad": 2.0, "good": 9.0}),
        proxy=Person([edit], before=False),
    )

    outcome = await loop.run(TASK)

    assert [(turn.code, turn.draft.writer) for turn in outcome.rounds] == [
        ("bad", "scripted"),
        ("good", "person"),
    ]


async def test_a_persons_critique_overrules_and_the_critics_is_kept_beside_it() -> None:
    store = MemoryStore()
    score = Score("right", 10.0, 8.0, by="person")
    overruling = Critique("person", (score,), overall=10.0)
    accept = Decision(
        DecisionKind.ACCEPT, reason=StopReason.ACCEPTED, by="person", critique=overruling
    )
    loop = Loop(
        writer=ScriptedWriter(["bad"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"bad": 2.0}),
        proxy=Person([accept], before=False),
        store=store,
    )

    outcome = await loop.run(TASK, run_id="r")

    assert outcome.best is not None
    assert outcome.best.critique == overruling
    assert outcome.best.overruled is not None
    assert outcome.best.overruled.overall == 2.0
    assert Checkpoint.of("r", store.kept).rounds == outcome.rounds


async def test_a_paused_run_goes_on_with_the_same_round() -> None:
    store, executor = MemoryStore(), ScriptedExecutor()
    accept = Decision(DecisionKind.ACCEPT, reason=StopReason.ACCEPTED, by="person")
    loop = Loop(
        writer=ScriptedWriter(["bad"]),
        executor=executor,
        critic=ScriptedCritic({"bad": 2.0}),
        proxy=Person([Paused("a question is open"), accept], before=False),
        store=store,
    )
    first = await loop.run(TASK, run_id="r")

    outcome = await loop.resume("r")

    assert first.stopped_because is StopReason.PAUSED
    assert outcome.accepted
    assert len(outcome.rounds) == 1
    assert executor.opened == 1
    assert kinds(store).count("critiqued") == 1


async def test_an_accepted_run_or_one_that_is_not_there_is_not_resumed() -> None:
    store = MemoryStore()
    loop, _ = loop_of(store, ScriptedModel(["good"]))
    await loop.run(TASK, run_id="r")

    with pytest.raises(CallError, match="accepted"):
        await loop.resume("r")
    with pytest.raises(CallError, match="no run"):
        await loop.resume("q")


async def test_models_see_the_ledger_of_the_run_and_nobody_else_does() -> None:
    seen: list[object] = []

    class Looking(ScriptedWriter):
        async def draft(
            self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
        ) -> Draft:
            seen.append(current().budget)
            return await super().draft(task, history=history, lessons=lessons)

    budget = Budget(max_calls=7)
    loop = Loop(
        writer=Looking(["good"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"good": 9.0}),
        proxy=UserProxy(budget=budget),
    )

    outside = [current().budget async for _ in loop.rounds(TASK)]

    assert seen == [budget]
    assert outside != [budget]


async def test_a_budget_in_dollars_without_a_price_is_the_callers_to_mend() -> None:
    store = MemoryStore()
    loop, _ = loop_of(store, ScriptedModel(["bad"]), budget=Budget(max_cost_usd=1.0))
    loop.writer = AskingWriter(ScriptedModel(["bad"], cost_usd=None))

    with pytest.raises(CallError, match="price is not known"):
        await loop.run(TASK, run_id="r")

    assert store.kept[-1].kind is EventKind.ENDED
