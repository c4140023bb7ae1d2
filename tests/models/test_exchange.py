"""What is asked again, and how, until there is an answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import anyio
import pytest

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Plan, Respond, Say, always, in_turn
from critique_loop.testing.fault_server_http import Received
from critique_loop.values import AnswerSchema, Message, Picture, Reply, Request

pytestmark = pytest.mark.anyio

TALK = (
    Message("system", "You draw."),
    Message("user", "First."),
    Message("assistant", "Done."),
    Message("user", "Again."),
)
ASKED = Request(TALK, max_tokens=200, deadline_s=5.0, seed=40)
LIKED = AnswerSchema(
    "liked",
    {
        "type": "object",
        "properties": {"liked": {"type": "string", "enum": ["yes", "no"]}},
        "required": ["liked"],
        "additionalProperties": False,
    },
)


@pytest.fixture(name="server")
def _server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


async def reply_of(
    server: FaultServer, plan: Plan, request: Request = ASKED, *, stream: bool = False
) -> Reply:
    options = ModelOptions(backoff_s=0.01, stream=stream)
    async with OpenAIModel(server.play(plan), base_url=server.base_url, options=options) as model:
        return await model.complete(request)


def sent(server: FaultServer, number: int = -1) -> dict[str, Any]:
    return json.loads(server.requests()[number].sent)


def edited(change: Callable[[dict[str, Any]], None]) -> Say:
    """Return an answer whose first choice is changed."""
    return Say(lambda answer: change(answer["choices"][0]))


def told(status: int, message: str, *, param: str = "") -> Respond:
    return Respond(status, {"error": {"message": message, "param": param or None}})


# What is sent


async def test_settings_that_are_not_given_are_left_to_the_server(server: FaultServer) -> None:
    await reply_of(server, always(Say()), Request((Message("user", "Hi."),)))

    assert sent(server).keys() == {"model", "messages", "max_tokens"}


async def test_settings_that_are_given_are_sent(server: FaultServer) -> None:
    request = replace(ASKED, temperature=0.0, top_p=0.9, stop=("END",), logprobs=True)

    await reply_of(server, always(Say()), request)

    body = sent(server)
    assert (body["temperature"], body["top_p"], body["stop"]) == (0.0, 0.9, ["END"])
    assert (body["seed"], body["logprobs"], body["max_tokens"]) == (40, True, 200)


async def test_pictures_go_with_the_text_as_data(server: FaultServer) -> None:
    shown = Message("user", "See.", (Picture(b"\x89PNG", "image/png"),))

    reply = await reply_of(server, always(Say()), Request((shown,)))

    text, picture = sent(server)["messages"][0]["content"]
    assert text == {"type": "text", "text": "See."}
    assert picture["image_url"]["url"] == "data:image/png;base64,iVBORw=="
    assert reply.usage.input_tokens is not None
    assert reply.usage.input_tokens > 258


async def test_text_that_no_server_could_read_is_sent_all_the_same(server: FaultServer) -> None:
    await reply_of(server, always(Say()), Request((Message("user", "a\ud800b"),)))

    assert sent(server)["messages"][0]["content"] == "a?b"


# Several answers


async def test_several_answers_come_by_one_request_where_the_server_can(
    server: FaultServer,
) -> None:
    reply = await reply_of(server, always(Say()), replace(ASKED, n=3))

    assert len({choice.text for choice in reply.choices}) == 3
    assert reply.requests == 1


async def test_answers_that_are_missing_are_asked_for_with_other_seeds(
    server: FaultServer,
) -> None:
    plan = always(Say(ignoring=frozenset({"n"})))

    reply = await reply_of(server, plan, replace(ASKED, n=3, sample=10))

    assert len({choice.text for choice in reply.choices}) == 3
    assert [sent(server, number)["seed"] for number in range(3)] == [50, 51, 52]
    assert "n filled" in reply.notes[0]


async def test_a_server_that_ignores_n_is_not_asked_for_it_again(server: FaultServer) -> None:
    name = server.play(always(Say(ignoring=frozenset({"n"}))))

    async with OpenAIModel(name, base_url=server.base_url) as model:
        await model.complete(replace(ASKED, n=2))
        await model.complete(replace(ASKED, n=2))

    assert ["n" in sent(server, number) for number in range(4)] == [True, False, False, False]


async def test_useless_answers_among_several_are_asked_for_again(server: FaultServer) -> None:
    plan = in_turn(edited(lambda choice: choice["message"].update(content="")))

    reply = await reply_of(server, plan, replace(ASKED, n=3))

    assert len(reply.choices) == 3
    assert all(choice.text for choice in reply.choices)
    assert reply.requests == 2


async def test_equal_requests_with_other_sample_numbers_are_other_draws(
    server: FaultServer,
) -> None:
    first = await reply_of(server, always(Say()), replace(ASKED, sample=0))
    second = await reply_of(server, always(Say()), replace(ASKED, sample=1))

    assert first.text != second.text


# What an answer is made of


async def test_probabilities_come_with_the_likeliest_others(server: FaultServer) -> None:
    reply = await reply_of(server, always(Say()), replace(ASKED, logprobs=True))

    tokens = reply.choices[0].tokens
    assert tokens is not None
    assert "".join(token.text for token in tokens) == reply.text
    assert tokens[0].others[1] == ("?", -2.4)


@pytest.mark.parametrize("stream", [False, True])
async def test_no_probabilities_are_none_and_not_zero(server: FaultServer, stream: bool) -> None:
    plan = always(Say(ignoring=frozenset({"logprobs"})))

    reply = await reply_of(server, plan, replace(ASKED, logprobs=True), stream=stream)

    assert reply.choices[0].tokens is None


async def test_a_stream_brings_the_same_as_a_document(server: FaultServer) -> None:
    request = replace(ASKED, logprobs=True, n=2)

    whole = await reply_of(server, always(Say()), request)
    streamed = await reply_of(server, always(Say()), request, stream=True)

    assert streamed.choices == whole.choices
    assert streamed.usage == whole.usage
    assert sent(server)["stream"] is True


async def test_a_server_that_ignores_the_wish_for_a_stream_is_understood(
    server: FaultServer,
) -> None:
    answer = {"choices": [{"message": {"content": "all at once"}, "finish_reason": "stop"}]}

    reply = await reply_of(server, always(Respond(200, answer)), stream=True)

    assert reply.text == "all at once"


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
async def test_thoughts_are_kept_apart_from_the_answer(server: FaultServer, name: str) -> None:
    plan = always(edited(lambda choice: choice["message"].update({name: "Hm.", "content": "42"})))

    reply = await reply_of(server, plan)

    assert (reply.text, reply.choices[0].reasoning) == ("42", "Hm.")


async def test_tokens_of_thoughts_and_of_the_cache_are_counted_apart(server: FaultServer) -> None:
    details = {
        "prompt_tokens_details": {"cached_tokens": 3},
        "completion_tokens_details": {"reasoning_tokens": 2},
    }
    plan = always(Say(lambda answer: answer["usage"].update(details)))

    usage = (await reply_of(server, plan)).usage

    assert (usage.cached_input_tokens, usage.reasoning_tokens) == (3, 2)


async def test_failures_of_another_kind_do_not_count_against_bad_answers(
    server: FaultServer,
) -> None:
    failing, page = told(500, "x"), Respond(200, "<html>")

    reply = await reply_of(server, in_turn(failing, failing, page, page))

    assert reply.requests == 5


async def test_an_empty_answer_is_asked_for_again_with_another_seed(server: FaultServer) -> None:
    plan = in_turn(edited(lambda choice: choice["message"].update(content="")))

    await reply_of(server, plan)

    assert sent(server, 0)["seed"] == 40
    assert sent(server, 1)["seed"] > 1000


# What is asked differently


async def test_an_answer_that_was_cut_off_is_asked_for_once_with_more_room(
    server: FaultServer,
) -> None:
    with pytest.raises(ModelError) as raised:
        await reply_of(server, always(Say()), replace(ASKED, max_tokens=2))

    assert raised.value.kind is ModelErrorKind.TRUNCATED
    assert raised.value.partial == "```python\nprint("
    assert [sent(server, number)["max_tokens"] for number in range(2)] == [2, 4]


async def test_a_conversation_that_is_too_long_loses_its_middle_once(server: FaultServer) -> None:
    def short_memory(received: Received) -> Respond | Say:
        long = len(received.body.messages) > 2
        return told(400, "maximum context length exceeded") if long else Say()

    reply = await reply_of(server, short_memory)

    roles = [message["role"] for message in sent(server)["messages"]]
    assert roles == ["system", "user"]
    assert sent(server)["messages"][1]["content"] == "Again."
    assert reply.notes == ("2 messages left out: the context was too small",)


async def test_an_answer_that_would_not_fit_the_context_is_made_shorter(
    server: FaultServer,
) -> None:
    """As vLLM counts: prompt and max_tokens together must fit."""

    def small(received: Received) -> Respond | Say:
        if (received.body.max_tokens or 0) <= 2018:
            return Say()
        return told(
            400,
            "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum "
            "context length is 2048 tokens and your request has 30 input tokens",
        )

    reply = await reply_of(server, small, replace(ASKED, max_tokens=None))

    assert len(sent(server)["messages"]) == len(TALK)
    assert sent(server)["max_tokens"] == 2018
    assert reply.notes == ("max_tokens lowered to 2018: the model takes no more",)


async def test_the_longest_answer_of_a_model_is_remembered(server: FaultServer) -> None:
    def small(received: Received) -> Respond | Say:
        if (received.body.max_tokens or 0) <= 1000:
            return Say()
        return told(
            400, "max_tokens is too large: 4096. This model supports at most 1000 completion tokens"
        )

    async with OpenAIModel(server.play(small), base_url=server.base_url) as model:
        for _ in range(2):
            await model.complete(replace(ASKED, max_tokens=None))

    assert [sent(server, number)["max_tokens"] for number in range(3)] == [4096, 1000, 1000]


async def test_a_server_without_a_system_role_is_told_by_the_user(server: FaultServer) -> None:
    def gemma(received: Received) -> Respond | Say:
        roles = [message.role for message in received.body.messages]
        return told(400, "System role not supported") if "system" in roles else Say()

    await reply_of(server, gemma)

    assert sent(server)["messages"][0] == {"role": "user", "content": "You draw.\n\nFirst."}


async def test_a_length_is_never_dropped_because_it_bounds_the_cost(server: FaultServer) -> None:
    def stubborn(received: Received) -> Respond:
        name = "max_tokens" if received.body.max_tokens else "max_completion_tokens"
        return told(400, f"Unsupported parameter: '{name}'", param=name)

    with pytest.raises(ModelError) as raised:
        await reply_of(server, stubborn)

    assert raised.value.kind is ModelErrorKind.UNSUPPORTED
    assert raised.value.attempts == 2


async def test_what_is_refused_while_others_learn_it_too_is_asked_without_it(
    server: FaultServer,
) -> None:
    def picky(received: Received) -> Respond | Say:
        if received.body.max_tokens:
            return told(400, "Use 'max_completion_tokens' instead.", param="max_tokens")
        if received.body.seed is not None:
            return told(400, "Unsupported parameter: 'seed'", param="seed")
        return Say()

    replies: list[Reply] = []
    async with (
        OpenAIModel(server.play(picky), base_url=server.base_url) as model,
        anyio.create_task_group() as tasks,
    ):

        async def one() -> None:
            replies.append(await model.complete(ASKED))

        for _ in range(8):
            tasks.start_soon(one)

    assert len(replies) == 8
    assert all("seed dropped: the server refuses it" in reply.notes for reply in replies)


async def test_a_refusal_that_names_nothing_is_not_tried_again(server: FaultServer) -> None:
    with pytest.raises(ModelError) as raised:
        await reply_of(server, always(told(400, "no")))

    assert (raised.value.kind, raised.value.attempts) == (ModelErrorKind.UNSUPPORTED, 1)


# JSON


async def test_each_way_of_asking_for_json_brings_its_answer(server: FaultServer) -> None:
    shapes: list[set[str]] = []

    def refuse_shapes(received: Received) -> Respond | Say:
        fields = received.body.fields & {"response_format", "tools"}
        kind = (received.body.response_format or {}).get("type", "")
        shapes.append(set(fields) | {kind})
        refused = next(iter(sorted(fields)), "")
        return told(400, f"'{refused}' is not supported", param=refused) if fields else Say()

    reply = await reply_of(server, refuse_shapes, replace(ASKED, schema=LIKED))

    assert shapes == [
        {"response_format", "json_schema"},
        {"tools", ""},
        {"response_format", "json_object"},
        {""},
    ]
    assert reply.data == {"liked": "no"}


async def test_a_key_in_escapes_is_neither_in_text_nor_in_data(server: FaultServer) -> None:
    key = "sk-planted-0123456789"
    spelled = "".join(f"\\u{ord(sign):04x}" for sign in key)
    note: dict[str, object] = {"note": {"type": "string"}}
    wanted = {
        "type": "object",
        "properties": note,
        "required": ["note"],
        "additionalProperties": False,
    }
    name = server.play(
        always(edited(lambda choice: choice["message"].update(content=f'{{"note": "{spelled}"}}')))
    )

    async with OpenAIModel(name, base_url=server.base_url, api_key=key) as model:
        reply = await model.complete(replace(ASKED, schema=AnswerSchema("note", wanted)))

    assert reply.data == {"note": "[key]"}
    assert reply.text == '{"note": "[key]"}'


async def test_everything_that_was_asked_is_in_the_one_reply(server: FaultServer) -> None:
    def refuse_schema(received: Received) -> Respond | Say:
        kind = (received.body.response_format or {}).get("type")
        return told(400, "response_format: no") if kind == "json_schema" else Say()

    reply = await reply_of(server, refuse_schema, replace(ASKED, schema=LIKED))

    assert reply.requests == 2
    assert reply.usage == server.billed
