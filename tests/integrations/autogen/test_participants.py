"""Our parts in real AutoGen teams, beside the same parts in our own loop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import anyio
import pytest
from autogen_agentchat.agents import AssistantAgent, UserProxyAgent
from autogen_agentchat.base import ChatAgent, TaskResult, Team
from autogen_agentchat.messages import TextMessage
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core import CancellationToken

from critique_loop.budget import Budget
from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import CallError, ModelError, ModelErrorKind, StoreError
from critique_loop.integrations.autogen import (
    CriteriaMet,
    CriticAgent,
    ExecutorAgent,
    ModelClient,
    StepMessage,
    TeamRun,
    WriterAgent,
    original_errors,
    participants,
)
from critique_loop.loop import Loop
from critique_loop.proxy import Asking, UserProxy
from critique_loop.testing import MemoryStore, ScriptedExecutor, ScriptedModel
from critique_loop.values import (
    Answer,
    Draft,
    Execution,
    ExecutionStatus,
    Lesson,
    Outcome,
    Question,
    QuestionKind,
    Round,
    StopReason,
    Task,
)
from tests.integrations.autogen.loops import DRAWN, GOAL, PNG, make_loop, task_of

pytestmark = pytest.mark.anyio


def team_of(loop: Loop, run: TeamRun, *, max_turns: int | None = None) -> RoundRobinGroupChat:
    return RoundRobinGroupChat(
        list(participants(loop, run)), termination_condition=CriteriaMet(), max_turns=max_turns
    )


def untimed(outcome: Outcome) -> tuple[object, ...]:
    """Return all of an outcome but its run id and its clock times."""
    rounds = [replace(turn, writer_s=0.0, sandbox_s=0.0, critic_s=0.0) for turn in outcome.rounds]
    best = outcome.best.number if outcome.best else 0
    spent = replace(outcome.spend, seconds=0.0, person_s=0.0)
    return rounds, best, outcome.stopped_because, outcome.message, spent, outcome.task


class Failing:
    """A writer that fails as it is told to."""

    name = "failing"

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del task, history, lessons
        raise self._error


def failing(error: Exception) -> Loop:
    loop = make_loop([])
    loop.writer = Failing(error)
    return loop


LOOPS = {
    "accepted": lambda: make_loop(["bad", "fair", "good"]),
    "accepted at once": lambda: make_loop(["good"]),
    "budget": lambda: make_loop(
        ["bad", "fair", "good"], proxy=UserProxy(budget=Budget(max_rounds=2))
    ),
    "stuck": lambda: make_loop(["bad", "bad", "good"]),
    "escalated": lambda: make_loop(["bad", "bad", "good"], proxy=UserProxy(escalate=True)),
    "unscored": lambda: make_loop(["odd", "good"]),
    "gave up": lambda: make_loop(["bad"]),
    "no model": lambda: failing(ModelError(ModelErrorKind.QUOTA, "no money left")),
}


@pytest.mark.parametrize("name", LOOPS)
async def test_a_team_ends_in_the_same_rounds_and_the_same_outcome_as_the_loop(name: str) -> None:
    alone = await LOOPS[name]().run(task_of(GOAL))

    loop = LOOPS[name]()
    run = TeamRun.of(loop, task_of)
    result = await team_of(loop, run).run(task=GOAL)

    outcome = await run.outcome(result.messages)
    assert untimed(outcome) == untimed(alone)
    assert result.stop_reason is not None
    assert outcome.stopped_because.value in result.stop_reason


async def test_a_team_leaves_the_trace_that_the_loop_leaves() -> None:
    kept, kept_by_team = MemoryStore(), MemoryStore()
    await make_loop(["bad", "good"], store=kept).run(task_of(GOAL))

    loop = make_loop(["bad", "good"], store=kept_by_team)
    run = TeamRun.of(loop, task_of)
    await team_of(loop, run).run(task=GOAL)

    steps, steps_of_team = (
        [(e.seq, e.kind, e.round) for e in store.kept] for store in (kept, kept_by_team)
    )
    assert steps_of_team == steps
    assert {event.run_id for event in kept_by_team.kept} == {run.run_id}


async def test_a_saved_team_goes_on_in_another_one_in_the_middle_of_a_round() -> None:
    """After five turns: the second program is written and has not run yet."""
    store = MemoryStore()
    first = make_loop(["bad", "fair", "good"], store=store)
    half = team_of(first, TeamRun.of(first, task_of), max_turns=5)
    before = await half.run(task=GOAL)
    saved = json.dumps(await half.save_state())

    second = make_loop(["never asked for", "nor this", "good"], store=store)
    run = TeamRun.of(second, task_of)
    team = team_of(second, run)
    await team.load_state(json.loads(saved))
    after = await team.run()

    outcome = await run.outcome([*before.messages, *after.messages])
    assert [turn.code for turn in outcome.rounds] == ["bad", "fair", "good"]
    assert outcome.accepted
    assert outcome.spend.rounds == 3
    checkpoint = Checkpoint.of(run.run_id, store.kept)
    assert [turn.code for turn in checkpoint.rounds] == ["bad", "fair", "good"]
    assert [event.seq for event in store.kept] == list(range(len(store.kept)))
    assert sum(event.kind.value == "resumed" for event in store.kept) == 1


async def test_a_saved_team_does_not_forget_what_it_spent() -> None:
    class Paid(Failing):
        async def draft(
            self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
        ) -> Draft:
            del task, history, lessons
            return Draft("bad", "paid", cost_usd=0.25)

    loop = make_loop([])
    loop.writer = Paid(ValueError())
    run = TeamRun.of(loop, task_of)
    half = team_of(loop, run, max_turns=1)
    await half.run(task=GOAL)

    other = TeamRun.of(loop, task_of)
    await team_of(loop, other).load_state(await half.save_state())

    assert other.ledger.spend().cost_usd == 0.25
    assert other.run_id == run.run_id


async def test_a_reset_team_begins_another_run() -> None:
    loop = make_loop(["good"])
    run = TeamRun.of(loop, task_of)
    team = team_of(loop, run)
    await team.run(task=GOAL)
    first = run.run_id

    await team.reset()
    result = await team.run(task="another goal")

    outcome = await run.outcome(result.messages)
    assert run.run_id != first
    assert outcome.task.goal == "another goal"
    assert len(outcome.rounds) == 1


async def test_an_accepted_team_stays_accepted_until_somebody_wants_more() -> None:
    loop = make_loop(["good", "fair"], proxy=UserProxy(budget=Budget(max_rounds=2)))
    run = TeamRun.of(loop, task_of, people=["user"])
    team = team_of(loop, run)
    first = await team.run(task=GOAL)

    again = await team.run()
    more = await team.run(task="Make the bars red.")

    assert again.stop_reason == first.stop_reason
    messages = [*first.messages, *again.messages, *more.messages]
    outcome = await run.outcome(messages)
    assert [turn.code for turn in outcome.rounds] == ["good", "fair"]
    assert outcome.rounds[0].decision.advice == "Make the bars red."
    assert outcome.stopped_because is StopReason.ROUNDS


async def test_other_agents_write_comment_and_see_the_picture() -> None:
    """The writer is an assistant; a commentator sees what was drawn and its word is advice."""
    writing = ScriptedModel(["Here:\n```python\nimport this\n```", "```python\ngood()\n```"])
    seeing = ScriptedModel(["Too green.", "Fine."])
    loop = make_loop([], executor=ScriptedExecutor({"import this\n": DRAWN}))
    run = TeamRun.of(loop, task_of)
    _, executor, critic, proxy = participants(loop, run)
    assistant = AssistantAgent("assistant", ModelClient(writing))
    commentator = AssistantAgent("commentator", ModelClient(seeing))
    members: list[ChatAgent | Team] = [assistant, executor, critic, commentator, proxy]

    result = await RoundRobinGroupChat(
        members, termination_condition=CriteriaMet(), max_turns=10
    ).run(task=GOAL)

    outcome = await run.outcome(result.messages)
    assert [turn.draft.writer for turn in outcome.rounds] == ["assistant", "assistant"]
    assert outcome.rounds[0].decision.advice == "said_by_commentator: Too green."
    assert [p.data for m in seeing.asked[0].messages for p in m.pictures] == [PNG]


async def test_a_team_without_a_user_proxy_ends_by_the_rubric() -> None:
    loop = make_loop(["bad", "good", "never written"])
    run = TeamRun(task_of)
    writer, executor, critic, _ = participants(loop, run)
    members: list[ChatAgent | Team] = [writer, executor, critic]
    rubric = task_of(GOAL).rubric

    team = RoundRobinGroupChat(members, termination_condition=CriteriaMet(rubric))
    result = await team.run(task=GOAL)

    assert result.stop_reason == "The criteria are met."
    assert [turn.code for turn in (await run.outcome(result.messages)).rounds] == ["bad", "good"]


async def test_no_program_runs_that_a_person_forbids() -> None:
    async def refuse(question: Question) -> Answer:
        return Answer("stop" if question.kind is QuestionKind.APPROVAL else question.default)

    def loop() -> Loop:
        asking = Asking(at=frozenset({QuestionKind.APPROVAL}))
        executor = ScriptedExecutor(before=lambda _: pytest.fail("it ran"))
        return make_loop(["good"], proxy=UserProxy(ask=refuse, asking=asking), executor=executor)

    alone = await loop().run(task_of(GOAL))
    run = TeamRun.of(loop(), task_of)
    result = await team_of(loop(), run).run(task=GOAL)

    outcome = await run.outcome(result.messages)
    assert outcome.rounds[0].execution.status is ExecutionStatus.REFUSED
    assert outcome.stopped_because is alone.stopped_because is StopReason.PERSON


async def test_a_persons_program_is_the_next_draft() -> None:
    async def edit(question: Question) -> Answer:
        del question
        return Answer("edit", code="good")

    asking = Asking(at=frozenset({QuestionKind.BUDGET}))
    proxy = UserProxy(budget=Budget(max_rounds=1), ask=edit, asking=asking)
    loop = make_loop(["bad"], proxy=proxy)
    run = TeamRun.of(loop, task_of)

    result = await team_of(loop, run).run(task=GOAL)

    outcome = await run.outcome(result.messages)
    assert [turn.draft.writer for turn in outcome.rounds] == ["scripted", "person"]
    assert outcome.accepted


async def test_what_is_no_way_of_ending_is_raised_as_it_was() -> None:
    broken = StoreError("the disk is full")
    loop = failing(broken)

    with pytest.raises(StoreError) as caught, original_errors():
        await team_of(loop, TeamRun.of(loop, task_of)).run(task=GOAL)

    assert caught.value is broken


async def test_after_a_failure_the_team_goes_on_and_reads_nothing_twice() -> None:
    loop = make_loop(["bad", "good"])
    working, loop.writer = loop.writer, Failing(StoreError("the disk is full"))
    run = TeamRun.of(loop, task_of)
    writer, *others = participants(loop, run)
    team = RoundRobinGroupChat([writer, *others], termination_condition=CriteriaMet())
    with pytest.raises(StoreError), original_errors():
        await team.run(task=GOAL)

    retried = WriterAgent(working, run)
    await retried.load_state(await writer.save_state())
    response = await retried.on_messages([], CancellationToken())

    assert isinstance(response.chat_message, StepMessage)
    assert response.chat_message.steps == (Draft("bad", "scripted"),)


async def test_a_participant_that_is_never_due_says_so() -> None:
    run = TeamRun(task_of)
    critic = CriticAgent(make_loop([]).critic, run)

    with pytest.raises(CallError, match="nothing to do"), original_errors():
        await RoundRobinGroupChat([critic], max_turns=9).run(task=GOAL)


async def test_cancelling_a_team_ends_what_runs_inside() -> None:
    ended: list[str] = []

    class Slow(Failing):
        async def draft(
            self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
        ) -> Draft:
            del task, history, lessons
            try:
                await anyio.sleep(60)
            finally:
                ended.append("writer")
            raise AssertionError

    agent = WriterAgent(Slow(ValueError()), TeamRun(task_of))
    token = CancellationToken()

    with anyio.move_on_after(5) as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(_run_until_cancelled, agent, token)
            await anyio.sleep(0.1)
            token.cancel()

    assert not scope.cancelled_caught
    assert ended == ["writer"]


async def _run_until_cancelled(agent: WriterAgent, token: CancellationToken) -> None:
    message = TextMessage(content=GOAL, source="user")
    with pytest.raises(anyio.get_cancelled_exc_class()):
        await agent.on_messages([message], token)


async def test_what_a_program_printed_reaches_no_terminal_raw() -> None:
    loop = make_loop(["good"])
    result: TaskResult = await team_of(loop, TeamRun.of(loop, task_of)).run(task=GOAL)

    assert all("\x1b" not in message.to_text() for message in result.messages)
    assert any("said \\x1b" in message.to_text() for message in result.messages)


async def test_a_person_in_an_autogen_team_gives_advice() -> None:
    loop = make_loop(["bad", "good"])
    run = TeamRun.of(loop, task_of, people=["alice"])
    person = UserProxyAgent("alice", input_func=lambda _: "Please use bars.")
    writer, executor, critic, proxy = participants(loop, run)

    team = RoundRobinGroupChat(
        [writer, executor, critic, person, proxy], termination_condition=CriteriaMet()
    )
    result = await team.run(task=GOAL)

    outcome = await run.outcome(result.messages)
    assert outcome.accepted
    decision = outcome.rounds[0].decision
    assert (decision.advice, decision.by) == ("Please use bars.", "person")


async def test_a_step_is_the_same_after_it_was_written_and_read() -> None:
    odd = replace(DRAWN, stdout="\udce9 and \x00", cpu_s=float("inf"))
    message = StepMessage.of("executor", [odd, Draft("x", "w")])

    again = StepMessage.load(json.loads(json.dumps(message.dump())))

    assert again.steps == (odd, Draft("x", "w"))


async def test_the_executor_opens_and_closes_a_place_for_each_program() -> None:
    executor = ScriptedExecutor({"good": Execution(ExecutionStatus.ERROR)})
    agent = ExecutorAgent(executor, TeamRun(task_of))
    draft = StepMessage.of("writer", [Draft("good", "w")])

    response = await agent.on_messages(
        [TextMessage(content=GOAL, source="user"), draft], CancellationToken()
    )

    assert isinstance(response.chat_message, StepMessage)
    assert response.chat_message.steps == (Execution(ExecutionStatus.ERROR),)
    assert (executor.opened, executor.closed) == (1, 1)
