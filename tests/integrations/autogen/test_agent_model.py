"""What an agent or a team reserves, may take, and leaves in the trace as the model it is."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace

import anyio
import pytest
from autogen_agentchat.agents import AssistantAgent

from critique_loop.budget import Budget
from critique_loop.errors import BudgetEnded, ModelError, ModelErrorKind
from critique_loop.integrations.autogen import AgentModel, ClientModel, ModelClient
from critique_loop.ledger import Entry, Ledger
from critique_loop.testing import ScriptedModel
from critique_loop.values import Call, Message, Price, Request, StopReason, Usage
from tests.integrations.autogen.scripted import Line, ScriptedClient, answered

pytestmark = pytest.mark.anyio

ASKED = Request((Message("user", "Hello?"),), role="writer")


def ours(*lines: str) -> AssistantAgent:
    model = ScriptedModel(lines, usage=Usage(10, 10), cost_usd=0.01)
    return AssistantAgent("author", ModelClient(model), system_message=None)


def foreign(client: ScriptedClient) -> AssistantAgent:
    return AssistantAgent("author", client, system_message=None)


@pytest.mark.parametrize("budget", [Budget(max_calls=1), Budget(max_tokens=32_010)])
async def test_a_client_of_ours_inside_does_not_wait_for_the_room_outside(budget: Budget) -> None:
    ledger = Ledger(budget)

    with ledger.active(), anyio.fail_after(5):
        reply = await AgentModel(ours("one")).complete(ASKED)

    assert reply.text == "one"


async def test_a_call_that_is_counted_inside_counts_once() -> None:
    ledger = Ledger()

    with ledger.active():
        await AgentModel(ours("one")).complete(ASKED)

    assert (ledger.spend().calls, ledger.spend().tokens) == (1, 20)
    assert [(role.role, role.calls) for role in ledger.spend().roles] == [("writer", 1)]


async def test_requests_to_one_agent_do_not_take_the_room_of_the_one_that_is_asked() -> None:
    """The second waits for the agent, and holds no room that the first one's client needs."""
    ledger = Ledger(Budget(max_tokens=32_030))
    model = AgentModel(ours("one", "two"))

    with ledger.active(), anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(model.complete, ASKED)
            group.start_soon(model.complete, ASKED)

    assert (ledger.spend().calls, ledger.spend().tokens) == (2, 40)


async def test_a_budget_in_dollars_has_room_for_the_dearer_tokens() -> None:
    client = ScriptedClient([answered("one", tokens=(1000, 30_000))])
    model = AgentModel(foreign(client), price=Price(input=1.0, output=10.0))
    ledger = Ledger(Budget(max_cost_usd=0.05))

    with ledger.active(), pytest.raises(BudgetEnded) as caught:
        await model.complete(ASKED)

    assert caught.value.reason is StopReason.COST
    assert client.asked == []


@pytest.mark.parametrize("kind", ["agent", "client"])
async def test_where_no_time_is_left_nothing_is_asked_and_nothing_charged(kind: str) -> None:
    client = ScriptedClient(["one"], seconds=1.0)
    model = AgentModel(foreign(client)) if kind == "agent" else ClientModel(client)
    ledger, began = Ledger(), time.monotonic()

    with ledger.active(), pytest.raises(ModelError) as caught:
        await model.complete(replace(ASKED, deadline_s=0.0))

    assert caught.value.kind is ModelErrorKind.TIMEOUT
    assert time.monotonic() - began < 0.9
    assert client.asked == []
    assert (ledger.spend().calls, ledger.spend().tokens) == (0, 0)


@pytest.mark.parametrize("line", [answered("one", tokens=(0, 0)), ValueError("gone wrong")])
async def test_what_nobody_told_is_charged_the_same_after_the_trace_is_read(line: Line) -> None:
    kept: list[Entry] = []

    async def keep(entry: Entry) -> None:
        kept.append(entry)

    live, read = Ledger(on_entry=keep), Ledger()
    model = AgentModel(foreign(ScriptedClient([line])), price=Price(10.0, 10.0))

    with live.active(), contextlib.suppress(ModelError):
        await model.complete(ASKED)
    for call in kept:
        assert isinstance(call, Call)
        read.add(call)

    for ledger in (live, read):
        assert (ledger.spend().calls, ledger.spend().tokens) == (1, 32_000)
        assert ledger.spend().charged_usd == pytest.approx(0.32)
