"""A person behind AutoGen's UserProxyAgent is asked as everywhere else."""

from __future__ import annotations

import asyncio

import anyio
import pytest
from autogen_agentchat.agents import AssistantAgent, UserProxyAgent
from autogen_agentchat.conditions import TextMentionTermination
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core import CancellationToken

from critique_loop.errors import CallError, Paused
from critique_loop.integrations.autogen import input_from, original_errors
from critique_loop.ledger import Entry, Ledger
from critique_loop.proxy import Ask, never, pause
from critique_loop.values import Answer, Asked, Question
from tests.integrations.autogen.scripted import ScriptedClient

pytestmark = pytest.mark.anyio


def team_of(ask: Ask, drafts: int = 3) -> tuple[RoundRobinGroupChat, ScriptedClient]:
    client = ScriptedClient([f"draft {number}" for number in range(1, drafts + 1)])
    person = UserProxyAgent("person", input_func=input_from(ask, prompt="Is it good?"))
    ends = TextMentionTermination("APPROVE") | TextMentionTermination("TERMINATE")
    members = [AssistantAgent("author", client, system_message=None), person]
    return RoundRobinGroupChat(list(members), termination_condition=ends), client


async def test_a_person_refines_and_then_accepts() -> None:
    answers = [Answer("refine", text="Use bars."), Answer("accept")]
    asked: list[Question] = []
    entries: list[Entry] = []

    async def ask(question: Question) -> Answer:
        asked.append(question)
        await anyio.sleep(0.01)
        return answers.pop(0)

    async def keep(entry: Entry) -> None:
        entries.append(entry)

    team, client = team_of(ask)
    ledger = Ledger(on_entry=keep)
    with ledger.active():
        result = await team.run(task="Draw.")

    texts = [message.to_text() for message in result.messages]
    assert [text for text in texts if text] == [
        "Draw.",
        "draft 1",
        "Use bars.",
        "draft 2",
        "APPROVE",
    ]
    assert "Use bars." in str(client.asked[1])
    assert [question.prompt for question in asked] == ["Is it good?"] * 2
    recorded = [e.answer and e.answer.choice for e in entries if isinstance(e, Asked)]
    assert recorded == [None, "refine", None, "accept"]
    assert ledger.spend().person_s >= 0.02


async def test_nobody_there_ends_the_team_by_the_default() -> None:
    team, _ = team_of(never)

    result = await team.run(task="Draw.")

    assert result.messages[-1].to_text() == "TERMINATE"


async def test_a_whole_program_reaches_the_team_in_a_fence() -> None:
    async def ask(question: Question) -> Answer:
        del question
        return Answer("edit", code="print(1)")

    said = await input_from(ask)("", None)

    assert said == "```python\nprint(1)\n```"


async def test_a_question_left_open_comes_out_of_the_team() -> None:
    team, _ = team_of(pause)

    with pytest.raises(Paused), original_errors():
        await team.run(task="Draw.")


async def test_an_answer_that_was_not_offered_is_refused() -> None:
    async def ask(question: Question) -> Answer:
        del question
        return Answer("dance")

    with pytest.raises(CallError, match="dance"):
        await input_from(ask)("", None)


async def test_cancelling_stops_waiting_for_the_person() -> None:
    waiting = anyio.Event()

    async def ask(question: Question) -> Answer:
        del question
        waiting.set()
        await anyio.sleep(60)
        raise AssertionError

    token = CancellationToken()
    asking = asyncio.ensure_future(input_from(ask)("", token))  # pyright: ignore[reportArgumentType] -- it is a coroutine
    await waiting.wait()
    token.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
