"""Microsoft's agent-framework in the overhead benchmark: two agents, in turn or in a group chat."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import model_overhead_talk as talk
from agent_framework import Agent
from agent_framework.openai import OpenAIChatCompletionClient
from agent_framework.orchestrations import GroupChatBuilder, GroupChatState
from model_overhead_sdk import Exchange


def _agents(base_url: str, model: str) -> tuple[Agent, Agent]:
    client = OpenAIChatCompletionClient(model, base_url=base_url, api_key=talk.KEY)
    options = {"temperature": talk.TEMPERATURE, "max_tokens": talk.MAX_TOKENS}
    writer, critic = (
        Agent(client, talk.prompt(role), name=role, default_options=options)
        for role in ("writer", "critic")
    )
    return writer, critic


@asynccontextmanager
async def in_turn(base_url: str, model: str) -> AsyncGenerator[Exchange]:
    """Yield exchanges in which each agent is run with what the other said, as its README does."""
    writer, critic = _agents(base_url, model)

    async def exchange(number: int) -> None:
        program = await writer.run(talk.question(number))
        critique = await critic.run(talk.question(number, program.text))
        program = await writer.run(talk.question(number, program.text, critique.text))
        await critic.run(talk.question(number, program.text))

    yield exchange


def _next_speaker(state: GroupChatState) -> str:
    return ("writer", "critic")[state.current_round % 2]


@asynccontextmanager
async def group_chat(base_url: str, model: str) -> AsyncGenerator[Exchange]:
    """Yield runs of four turns in a group chat, made anew for each: it keeps what was said."""
    agents = _agents(base_url, model)

    async def exchange(number: int) -> None:
        builder = GroupChatBuilder(
            participants=agents,
            selection_func=_next_speaker,
            termination_condition=lambda said: len(said) > talk.CALLS,
        )
        await builder.build().run(talk.question(number))

    yield exchange


CONTENDERS = {"agent-framework": in_turn, "agent-framework group chat": group_chat}
