from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from critique_loop.models.body import Turn, asked_of, body_of, bound_of
from critique_loop.models.modes import AnswerMode, ServerMemory
from critique_loop.models.options import ModelOptions
from critique_loop.values import AnswerSchema, Message, Picture, Price, Request

SCHEMA = AnswerSchema("liked", {"type": "object", "properties": {"liked": {"type": "string"}}})
LOOK = Message("user", "Look.")
ASKED = Request(())
JSON = Request((), schema=SCHEMA)


def turn(*messages: Message, mode: AnswerMode = AnswerMode.TEXT, request: Request = ASKED) -> Turn:
    asked = replace(request, messages=messages or (LOOK,))
    return Turn(asked, mode, asked.messages, n=asked.n, max_tokens=100, wanted_tokens=100)


def body(of: Turn, memory: ServerMemory | None = None, *, stream: bool = False) -> dict[str, Any]:
    known = memory or ServerMemory()
    asked = asked_of(of, memory=known, options=ModelOptions(stream=stream))
    return body_of(asked, "m", known)


def last_text(of: Turn) -> str:
    return cast("str", body(of)["messages"][-1]["content"])


def test_a_schema_is_sent_as_the_response_format() -> None:
    found = body(turn(request=JSON, mode=AnswerMode.JSON_SCHEMA))["response_format"]

    assert found["json_schema"] == {"name": "liked", "strict": True, "schema": SCHEMA.schema}


def test_a_schema_is_sent_as_a_function_that_must_be_called() -> None:
    found = body(turn(request=JSON, mode=AnswerMode.TOOL))

    assert found["tools"][0]["function"]["parameters"] == SCHEMA.schema
    assert found["tool_choice"]["function"] == {"name": "liked"}


@pytest.mark.parametrize("mode", [AnswerMode.JSON_OBJECT, AnswerMode.PROMPT])
def test_a_schema_that_the_server_does_not_enforce_is_told_in_words(mode: AnswerMode) -> None:
    text = last_text(turn(request=JSON, mode=mode))

    assert text.startswith("Look.\n\n")
    assert "JSON" in text
    assert '"liked"' in text


def test_words_follow_an_answer_of_the_model_as_a_message_of_their_own() -> None:
    asked = turn(LOOK, Message("assistant", "Seen."), request=JSON, mode=AnswerMode.PROMPT)

    assert [message["role"] for message in body(asked)["messages"]] == ["user", "assistant", "user"]


def test_pictures_stay_with_the_message_that_gets_the_words() -> None:
    shown = Message("user", "Look.", (Picture(b"x"),))

    parts = body(turn(shown, request=JSON, mode=AnswerMode.PROMPT))["messages"][0]["content"]

    assert [part["type"] for part in parts] == ["text", "image_url"]


def test_what_was_refused_is_left_out_with_all_that_needs_it() -> None:
    memory = ServerMemory(dropped={"logprobs", "stream", "seed"})

    found = body(turn(request=Request((), logprobs=True, seed=1)), memory, stream=True)

    assert found.keys() == {"model", "messages", "max_tokens"}


def test_what_has_another_name_goes_by_it() -> None:
    memory = ServerMemory(renamed={"max_tokens": "max_completion_tokens"})

    found = body(turn(), memory)

    assert (found.get("max_tokens"), found["max_completion_tokens"]) == (None, 100)


@pytest.mark.parametrize(
    ("messages", "texts"),
    [
        ((Message("system", "S"), LOOK), ["S\n\nLook."]),
        ((Message("system", "S"), Message("assistant", "A")), ["S", "A"]),
        ((LOOK,), ["Look."]),
    ],
)
def test_where_there_is_no_system_role_the_user_says_it(
    messages: tuple[Message, ...], texts: list[str]
) -> None:
    found = body(turn(*messages), ServerMemory(renamed={"system": "user"}))

    assert [message["content"] for message in found["messages"]] == texts


def test_a_small_context_leaves_room_for_the_prompt() -> None:
    long = Message("user", "x" * 300)

    found = body(turn(long), ServerMemory(context_tokens=160))

    assert found["max_tokens"] == 60


def test_the_bound_holds_for_a_tokenizer_that_falls_back_to_bytes() -> None:
    text = "ä€😀" * 100
    bound = bound_of(
        body(turn(Message("user", text), request=Request((), n=3))), price=None, picture_tokens=0
    )

    assert bound.tokens >= len(text.encode()) + 3 * 100
    assert bound.cost_usd is None


def test_the_bound_counts_pictures_and_schemas() -> None:
    plain = bound_of(body(turn()), price=None, picture_tokens=1000).tokens
    picture = turn(Message("user", "Look.", (Picture(b"x" * 9999),)))
    shaped = turn(request=JSON, mode=AnswerMode.TOOL)

    assert bound_of(body(picture), price=None, picture_tokens=1000).tokens == plain + 1000
    assert bound_of(body(shaped), price=None, picture_tokens=0).tokens > plain + 50


def test_the_bound_costs_what_the_dearest_tokens_cost() -> None:
    price = Price(input=1.0, output=10.0, cached_input=4.0)

    bound = bound_of(body(turn()), price=price, picture_tokens=0)

    assert bound.cost_usd == pytest.approx(((bound.tokens - 100) * 4.0 + 100 * 10.0) / 1e6)
