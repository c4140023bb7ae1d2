from __future__ import annotations

import asyncio
import json
from typing import Literal

import pytest
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.messages import StructuredMessage, TextMessage
from autogen_agentchat.teams import RoundRobinGroupChat
from autogen_core import CancellationToken, FunctionCall
from autogen_core.models import CreateResult, SystemMessage, UserMessage
from autogen_core.tools import ParametersSchema, ToolSchema
from pydantic import BaseModel, Field

from critique_loop.errors import BudgetEnded, CallError, ModelError, ModelErrorKind
from critique_loop.integrations.autogen import ClientModel, ModelClient, original_errors
from critique_loop.testing import ScriptedModel
from critique_loop.values import Choice, Message, Reply, Request, StopReason, Token, Usage

pytestmark = pytest.mark.anyio

HELLO = [SystemMessage(content="Be short."), UserMessage(content="Hello?", source="user")]


class Verdict(BaseModel):
    word: Literal["good", "bad"]
    mark: int = Field(ge=0, le=10)
    why: str | None = None


async def test_an_assistant_agent_talks_through_our_model() -> None:
    model = ScriptedModel(["Rome."])
    agent = AssistantAgent("helper", ModelClient(model), system_message="Be short.")

    result = await agent.run(task="The capital of Italy?")

    last = result.messages[-1]
    assert isinstance(last, TextMessage)
    assert last.content == "Rome."
    assert last.models_usage is not None
    assert last.models_usage.prompt_tokens == 10
    assert model.asked[0].messages == (
        Message("system", "Be short."),
        Message("user", "The capital of Italy?"),
    )


async def test_settings_reach_the_model_and_unknown_ones_are_refused() -> None:
    model = ScriptedModel(["Hi."])

    await ModelClient(model).create(HELLO, extra_create_args={"temperature": 0.2, "seed": 3})
    with pytest.raises(CallError, match="no presence_penalty"):
        await ModelClient(model).create(HELLO, extra_create_args={"presence_penalty": 1})

    assert (model.asked[0].temperature, model.asked[0].seed) == (0.2, 3)
    assert model.asked[0].role == "autogen"


async def test_an_agent_calls_a_tool_and_tells_its_result() -> None:
    model = ScriptedModel(
        [
            '{"action": "weather", "arguments": "{\\"city\\": \\"Rome\\"}", "answer": ""}',
            "It is sunny in Rome.",
        ]
    )

    async def weather(city: str) -> str:
        """Tell the weather."""
        return f"sunny in {city}"

    agent = AssistantAgent("helper", ModelClient(model), tools=[weather], reflect_on_tool_use=True)
    result = await agent.run(task="The weather in Rome?")

    assert result.messages[-1].to_text() == "It is sunny in Rome."
    assert "weather: Tell the weather." in model.asked[0].messages[0].text
    assert "weather returned: sunny in Rome" in model.asked[1].messages[-1].text
    assert model.asked[1].schema is None


async def test_an_agent_with_tools_may_answer_without_calling_one() -> None:
    model = ScriptedModel(['{"action": "answer", "arguments": "", "answer": "No need."}'])
    agent = AssistantAgent("helper", ModelClient(model), tools=[asyncio_time])

    result = await agent.run(task="Hello")

    assert result.messages[-1].to_text() == "No need."


async def asyncio_time() -> float:
    """Tell the time."""
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize(
    "said",
    [
        {"action": "weather", "arguments": "Rome", "answer": ""},
        {"action": "weather", "arguments": "{}", "answer": ""},
        {"action": "rm", "arguments": "{}", "answer": ""},
    ],
)
async def test_a_call_that_makes_no_sense_is_bad_json(said: dict[str, str]) -> None:
    parameters = ParametersSchema(type="object", properties={}, required=["city"])
    tool = ToolSchema(name="weather", parameters=parameters)
    client = ModelClient(ScriptedModel([json.dumps(said)]))

    with pytest.raises(ModelError) as caught:
        await client.create(HELLO, tools=[tool])

    assert caught.value.kind is ModelErrorKind.BAD_JSON


async def test_a_required_tool_leaves_no_way_to_answer() -> None:
    model = ScriptedModel(['{"action": "now", "arguments": "{}", "answer": ""}'])

    result = await ModelClient(model).create(HELLO, tools=[{"name": "now"}], tool_choice="required")

    assert isinstance(result.content, list)
    assert isinstance(result.content[0], FunctionCall)
    assert result.content[0].name == "now"
    assert result.finish_reason == "function_calls"
    schema = model.asked[0].schema
    assert schema is not None
    assert '"enum": ["now"]' in json.dumps(schema.schema)


async def test_structured_output_becomes_the_agents_type() -> None:
    model = ScriptedModel(['{"word": "good", "mark": 8, "why": null}'])
    agent = AssistantAgent("judge", ModelClient(model), output_content_type=Verdict)

    result = await agent.run(task="Well?")

    last = result.messages[-1]
    assert isinstance(last, StructuredMessage)
    assert last.to_text() == Verdict(word="good", mark=8).model_dump_json()
    schema = model.asked[0].schema
    assert schema is not None
    assert "maximum" not in json.dumps(schema.schema)


async def test_structured_output_beyond_the_limits_of_its_type_is_bad_json() -> None:
    model = ScriptedModel(['{"word": "good", "mark": 80, "why": null}'])

    with pytest.raises(ModelError, match="mark") as caught:
        await ModelClient(model).create(HELLO, json_output=Verdict)

    assert caught.value.kind is ModelErrorKind.BAD_JSON


async def test_json_is_taken_out_of_what_is_said_around_it() -> None:
    client = ModelClient(ScriptedModel(['Here: ```json\n{"a": 1,}\n```', "no JSON"]))

    result = await client.create(HELLO, json_output=True)
    with pytest.raises(ModelError) as caught:
        await client.create(HELLO, json_output=True)

    assert result.content == '{"a": 1}'
    assert caught.value.kind is ModelErrorKind.BAD_JSON


async def test_what_comes_from_the_cache_is_called_cached_and_not_counted() -> None:
    choice = Choice("Hi.", reasoning="Hm.", tokens=(Token("Hi", -0.5),))
    client = ModelClient(ScriptedModel([Reply((choice,), "m", Usage(3, 4), from_cache=True)]))

    result = await client.create(HELLO)

    assert result.cached
    assert result.thought == "Hm."
    assert result.logprobs is not None
    assert result.logprobs[0].logprob == -0.5
    assert client.total_usage().prompt_tokens == 0


async def test_a_stream_ends_with_the_whole_result() -> None:
    client = ModelClient(ScriptedModel(["Hi."]))

    pieces = [piece async for piece in client.create_stream(HELLO)]

    assert pieces[0] == "Hi."
    assert isinstance(pieces[-1], CreateResult)
    assert client.actual_usage().completion_tokens == 10


async def test_an_agents_context_is_measured() -> None:
    client = ModelClient(ScriptedModel([]), context_tokens=1000)

    assert client.count_tokens(HELLO) == 3
    assert client.remaining_tokens(HELLO) == 997
    assert client.count_tokens(HELLO, tools=[{"name": "now"}]) > 3


class Sleeping:
    """A model that never answers."""

    name = "sleeping"
    ended = False

    async def complete(self, request: Request) -> Reply:
        del request
        try:
            await asyncio.sleep(60)
        finally:
            self.ended = True
        raise AssertionError


async def test_autogens_token_cancels_our_model() -> None:
    model, token = Sleeping(), CancellationToken()
    asyncio.get_running_loop().call_later(0.05, token.cancel)

    with pytest.raises(asyncio.CancelledError):
        await ModelClient(model).create(HELLO, cancellation_token=token)

    assert model.ended


async def test_an_error_of_ours_comes_whole_out_of_a_team() -> None:
    quota = ModelError(ModelErrorKind.QUOTA, "no money left")
    agent = AssistantAgent("helper", ModelClient(ScriptedModel([quota])))
    team = RoundRobinGroupChat([agent], max_turns=1)

    with pytest.raises(ModelError) as caught, original_errors():
        await team.run(task="Hello")

    assert caught.value is quota


async def test_an_error_that_is_not_ours_stays_what_it_was() -> None:
    with pytest.raises(RuntimeError, match="another"), original_errors():
        raise RuntimeError("another")


async def test_both_ways_behind_each_other_change_nothing() -> None:
    inner = ScriptedModel(["Rome."])

    reply = await ClientModel(ModelClient(inner)).complete(
        Request((Message("user", "Capital of Italy?"),), temperature=0.1)
    )

    assert reply.text == "Rome."
    assert inner.asked[0].temperature == 0.1


async def test_what_our_model_behind_a_client_says_of_the_budget_is_not_reworded() -> None:
    over = BudgetEnded(StopReason.COST, "no dollar left")

    with pytest.raises(BudgetEnded) as caught:
        await ClientModel(ModelClient(ScriptedModel([over]))).complete(
            Request((Message("user", "Hello?"),))
        )

    assert caught.value is over
