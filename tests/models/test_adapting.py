from __future__ import annotations

from typing import Any, Literal

import pytest

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.adapting import shorter, with_less
from critique_loop.models.body import Turn
from critique_loop.models.modes import AnswerMode, ServerMemory
from critique_loop.models.refusals import RefusedError
from critique_loop.values import Message, Request

Role = Literal["system", "user", "assistant"]
SENT: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "system", "content": "S"}],
    "max_tokens": 100,
    "temperature": 0.5,
    "seed": 7,
    "stop": ["END"],
    "n": 2,
    "logprobs": True,
    "top_logprobs": 20,
}


def refusal(text: str, *parameters: str) -> RefusedError:
    error = RefusedError(ModelErrorKind.UNSUPPORTED, text)
    error.text, error.parameters = text, parameters
    return error


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("Unrecognized request argument supplied: logprobs", {"logprobs"}),
        ("got an unexpected keyword argument 'seed'", {"seed"}),
        ("openai does not support parameters: ['seed', 'temperature']", {"seed", "temperature"}),
        ("'temperature' does not support 0.5 with this model", {"temperature"}),
        ("n must be 1", {"n"}),
        ("parameter n is not available", {"n"}),
        ("Only n = 1 is allowed", {"n"}),
        ("top_logprobs must be at most 5", {"top_logprobs"}),
        ("stop sequences: the field stop is not supported", {"stop"}),
    ],
)
def test_the_parameter_that_a_refusal_names_is_dropped(text: str, dropped: set[str]) -> None:
    memory = ServerMemory()

    pays = with_less(refusal(text), SENT, memory)

    assert pays
    assert memory.dropped == dropped


@pytest.mark.parametrize(
    "text",
    [
        "please stop sending so many requests",
        "the seed of doubt",
        "n",
        "the room temperature of the server is too high",
        "internal error",
        "",
    ],
)
def test_everyday_words_are_no_parameters(text: str) -> None:
    memory = ServerMemory()

    pays = with_less(refusal(text), SENT, memory)

    assert not pays
    assert memory.dropped == set()


def test_the_field_for_it_goes_before_the_words() -> None:
    memory = ServerMemory()

    with_less(refusal("'seed' and 'n' and 'stop' were sent", "n"), SENT, memory)

    assert memory.dropped == {"n"}
    assert memory.ignores_n


def test_a_parameter_that_was_not_sent_is_not_dropped() -> None:
    memory = ServerMemory()

    pays = with_less(refusal("'top_k' is not supported", "top_k"), SENT, memory)

    assert not pays
    assert memory == ServerMemory()


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ("response_format", "Invalid parameter: 'response_format'"),
        ("response_format", "json_schema is not supported"),
        ("tools", '"auto" tool choice requires --enable-auto-tool-choice'),
        ("tools", "this model does not support tools"),
        ("tools", "function calling is not available"),
    ],
)
def test_a_refused_way_of_asking_for_json_is_left_to_the_ladder(shape: str, text: str) -> None:
    with pytest.raises(ModelError) as raised:
        with_less(refusal(text), {**SENT, shape: {}}, ServerMemory())

    assert raised.value.kind is ModelErrorKind.UNSUPPORTED


def talk(*roles: Role) -> Turn:
    messages = tuple(Message(role, f"{n}") for n, role in enumerate(roles))
    request = Request(messages)
    return Turn(request, AnswerMode.TEXT, messages, n=1, max_tokens=100, wanted_tokens=100)


def test_the_oldest_messages_go_but_neither_the_system_nor_the_last() -> None:
    found = shorter(talk("system", "user", "assistant", "user"), refusal(""), ServerMemory())

    assert found is not None
    assert [message.text for message in found.messages] == ["0", "3"]


@pytest.mark.parametrize("roles", [("user",), ("system", "user")])
def test_a_conversation_without_a_middle_cannot_be_shortened(roles: tuple[Role, ...]) -> None:
    assert shorter(talk(*roles), refusal(""), ServerMemory()) is None


@pytest.mark.parametrize(
    "text",
    [
        "maximum context length is 2,048 tokens. your request has 1,990 input tokens",
        "maximum context length is 2048 tokens. However, you requested 4096 output tokens and your "
        "prompt contains at least 1990 input tokens",
        "This model's maximum context length is 2048 tokens. However, your messages resulted in "
        "1990 tokens.",
    ],
)
def test_where_no_answer_would_fit_the_messages_go(text: str) -> None:
    memory = ServerMemory()

    found = shorter(talk("user", "assistant", "user"), refusal(text), memory)

    assert found is not None
    assert found.is_shortened
    assert memory.context_tokens == 2048
