"""AutoGen in the overhead benchmark: two assistants in a RoundRobinGroupChat."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import model_overhead_talk as talk
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_ext.models.openai import OpenAIChatCompletionClient
from model_overhead_sdk import Exchange

_ABLE = {"vision": True, "function_calling": True, "json_output": True, "structured_output": True}


@asynccontextmanager
async def team(base_url: str, model: str) -> AsyncGenerator[Exchange]:
    """Yield runs of four turns by one team that is reset for each, over one client."""
    client = OpenAIChatCompletionClient(
        model=model,
        base_url=base_url,
        api_key=talk.KEY,
        model_info={**_ABLE, "family": "unknown"},
        temperature=talk.TEMPERATURE,
        max_tokens=talk.MAX_TOKENS,
    )
    agents = [
        AssistantAgent(role, model_client=client, system_message=talk.prompt(role))
        for role in ("writer", "critic")
    ]
    chat = RoundRobinGroupChat(agents, max_turns=talk.CALLS)

    async def exchange(number: int) -> None:
        await chat.reset()
        result = await chat.run(task=talk.question(number))
        if len(result.messages) != 1 + talk.CALLS:
            raise SystemExit(f"{len(result.messages)} messages: {result.stop_reason}")

    await chat.run(task=talk.question(0))  # a team can be reset only once it has run
    try:
        yield exchange
    finally:
        await client.close()


CONTENDERS = {"AutoGen team": team}
