"""The loop as one agent of AutoGen, and as a tool of another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.base import TaskResult
from autogen_agentchat.conditions import MaxMessageTermination
from autogen_agentchat.messages import TextMessage, ToolCallExecutionEvent
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core import CancellationToken

from critique_loop.errors import CallError, StoreError
from critique_loop.integrations.autogen import (
    LoopAgent,
    LoopResult,
    ModelClient,
    StepMessage,
    loop_tool,
    original_errors,
)
from critique_loop.testing import MemoryStore, ScriptedModel
from critique_loop.values import Ended, StopReason, Task
from tests.integrations.autogen.loops import GOAL, PNG, make_loop, task_of

pytestmark = pytest.mark.anyio

CALL = json.dumps({"action": "draw_chart", "arguments": json.dumps({"goal": GOAL}), "answer": ""})


class Gate:
    """A writer that waits for a sign before each draft."""

    name = "gate"

    def __init__(self) -> None:
        self.inner = make_loop(["bad", "good"]).writer
        self.open = anyio.Event()
        self.ended = False

    async def draft(self, task: Task, **options: object) -> object:
        history = options["history"]
        try:
            if history:
                await self.open.wait()
        finally:
            self.ended = True
        return await self.inner.draft(task, history=history)  # pyright: ignore[reportArgumentType] -- passed through


def kinds(messages: Sequence[object]) -> list[str]:
    found = [m for m in messages if isinstance(m, StepMessage)]
    return [type(step).__name__ for message in found for step in message.steps]


async def test_the_loop_answers_as_an_agent_after_its_steps() -> None:
    agent = LoopAgent(make_loop(["bad", "good"]), task_of)

    result = await agent.run(task=GOAL)

    last = result.messages[-1]
    assert isinstance(last, StepMessage)
    ended = last.steps[-1]
    assert isinstance(ended, Ended)
    assert ended.stopped_because is StopReason.ACCEPTED
    assert "```python\ngood\n```" in last.to_model_text()
    turn = ["Draft", "Execution", "Critique", "Decision"]
    assert kinds(result.messages[:-1]) == [*turn, *turn]


async def test_each_step_comes_while_the_loop_is_still_running() -> None:
    loop, gate = make_loop([]), Gate()
    loop.writer = gate  # pyright: ignore[reportAttributeAccessIssue] -- a writer but for its annotations
    seen: list[str] = []

    async for message in LoopAgent(loop, task_of).run_stream(task=GOAL):
        seen += kinds([message])
        if len(seen) == 4:
            assert not gate.open.is_set()
            gate.open.set()

    assert seen[:4] == ["Draft", "Execution", "Critique", "Decision"]
    assert gate.open.is_set()


async def test_its_answer_shows_the_picture_to_agents_that_see() -> None:
    model = ScriptedModel(["Lovely."])
    commentator = AssistantAgent("commentator", ModelClient(model))
    team = RoundRobinGroupChat([LoopAgent(make_loop(["good"]), task_of), commentator], max_turns=2)

    await team.run(task=GOAL)

    assert [p.data for m in model.asked[0].messages for p in m.pictures] == [PNG]


async def test_it_takes_part_in_a_team_and_its_steps_are_the_teams() -> None:
    team = RoundRobinGroupChat(
        [LoopAgent(make_loop(["bad", "good"]), task_of)],
        termination_condition=MaxMessageTermination(2),
    )

    streamed = [message async for message in team.run_stream(task=GOAL)]

    assert kinds(streamed).count("Draft") == 3  # two steps, and the best in the answer
    assert isinstance(streamed[-1], TaskResult)


async def test_cancelling_the_token_ends_the_run_and_the_trace_says_so() -> None:
    store = MemoryStore()
    loop, gate = make_loop([], store=store), Gate()
    loop.writer = gate  # pyright: ignore[reportAttributeAccessIssue] -- a writer but for its annotations
    token = CancellationToken()
    asyncio.get_running_loop().call_later(0.1, token.cancel)

    with pytest.raises(asyncio.CancelledError):
        await LoopAgent(loop, task_of).on_messages(
            [TextMessage(content=GOAL, source="user")], token
        )

    assert gate.ended
    body = store.kept[-1].body
    assert isinstance(body, Ended)
    assert body.stopped_because is StopReason.INTERRUPTED


async def test_leaving_the_stream_ends_the_run() -> None:
    store = MemoryStore()
    agent = LoopAgent(make_loop(["bad", "fair", "good"], store=store), task_of)
    message = TextMessage(content=GOAL, source="user")

    stream = agent.on_messages_stream([message], CancellationToken())
    await anext(stream)
    await stream.aclose()

    assert isinstance(store.kept[-1].body, Ended)


async def test_it_remembers_its_runs() -> None:
    agent, other = (LoopAgent(make_loop(["good"]), task_of) for _ in range(2))
    await agent.run(task=GOAL)

    await other.load_state(json.loads(json.dumps(await agent.save_state())))
    assert other.runs == agent.runs
    await other.on_reset(CancellationToken())

    assert len(agent.runs) == 1
    assert other.runs == []


async def test_without_a_message_there_is_no_goal() -> None:
    with pytest.raises(CallError, match="goal"):
        await LoopAgent(make_loop([]), task_of).run()


async def test_machinery_that_fails_comes_out_of_a_team_as_what_it_is() -> None:
    class Full(MemoryStore):
        async def append(self, event: object) -> None:
            del event
            raise StoreError("the disk is full")

    team = RoundRobinGroupChat([LoopAgent(make_loop([], store=Full()), task_of)], max_turns=1)

    with pytest.raises(StoreError), original_errors():
        await team.run(task=GOAL)


async def test_the_tool_tells_a_typed_result(tmp_path: Path) -> None:
    tool = loop_tool(make_loop(["bad", "good"]), task_of, out=tmp_path)

    result = await tool.run_json({"goal": GOAL}, CancellationToken())

    assert isinstance(result, LoopResult)
    assert (result.accepted, result.rounds, result.overall) == (True, 2, 9.0)
    assert result.scores == {"right": 9.0}
    assert (Path(result.folder) / "chart.png").read_bytes() == PNG
    assert json.loads(tool.return_value_as_string(result))["code"] == "good"
    assert tool.schema.get("parameters", {}).get("required") == ["goal"]


async def test_a_run_without_any_round_is_told_as_well(tmp_path: Path) -> None:
    tool = loop_tool(make_loop([]), task_of, out=tmp_path)

    result = await tool.run_json({"goal": GOAL}, CancellationToken())

    assert (result.stopped_because, result.rounds, result.code) == ("writer_gave_up", 0, "")
    assert "no further program" in result.message
    assert list(tmp_path.iterdir()) == []


async def test_an_assistant_uses_the_loop_as_a_tool() -> None:
    model = ScriptedModel([CALL, "Your chart is ready."])
    agent = AssistantAgent(
        "assistant",
        ModelClient(model),
        tools=[loop_tool(make_loop(["bad", "good"]), task_of)],
        reflect_on_tool_use=True,
    )

    result = await agent.run(task="I want a chart of everything.")

    assert result.messages[-1].to_text() == "Your chart is ready."
    (event,) = [m for m in result.messages if isinstance(m, ToolCallExecutionEvent)]
    told = LoopResult.model_validate_json(event.content[0].content)
    assert told.accepted
    assert told.rounds == 2


async def test_cancelling_the_tool_ends_the_run() -> None:
    store = MemoryStore()
    loop, gate = make_loop([], store=store), Gate()
    loop.writer = gate  # pyright: ignore[reportAttributeAccessIssue] -- a writer but for its annotations
    token = CancellationToken()
    asyncio.get_running_loop().call_later(0.1, token.cancel)

    with pytest.raises(asyncio.CancelledError):
        await loop_tool(loop, task_of).run_json({"goal": GOAL}, token)

    assert gate.ended
    assert isinstance(store.kept[-1].body, Ended)
