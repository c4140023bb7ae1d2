"""Answers in OpenAI's chat completion protocol, whole or as a stream.

Format: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from critique_loop.critics import canary
from critique_loop.testing.fault_server_body import Body
from critique_loop.values import Usage

Completion = dict[str, Any]
"""A chat completion as JSON has it."""

Answer = Callable[[Body, int], str]
"""Returns the text for a choice, given the request and the choice's index."""

PICTURE_TOKENS = 258
_TOKEN_CHARACTERS = 4
_MESSAGE_TOKENS = 4


def pieces(text: str) -> list[str]:
    """Return the tokens of a text: four characters each."""
    return [text[i : i + _TOKEN_CHARACTERS] for i in range(0, len(text), _TOKEN_CHARACTERS)]


def prompt_tokens(body: Body, *, pictures: bool = True) -> int:
    """Return the tokens of a prompt; a server that is blind doesn't count the pictures."""
    texts = sum(_MESSAGE_TOKENS + len(pieces(message.text)) for message in body.messages)
    seen = sum(message.pictures for message in body.messages) if pictures else 0
    return texts + seen * PICTURE_TOKENS


def a_program(body: Body, index: int) -> str:
    """Return a small program, the same again for equal requests with the same seed."""
    seed = secrets.token_hex(8) if body.seed is None else str(body.seed)
    drawn = hashlib.sha256(f"{seed}/{index}/{body.text}".encode()).hexdigest()
    return f"```python\nprint('chart {drawn[:12]}')\n```"


def completion(body: Body, answer: Answer, *, ignoring: frozenset[str] = frozenset()) -> Completion:
    """Return a right and complete answer to ``body``.

    ``ignoring`` names what the server passes over in silence: "n", "logprobs", "schema", "image".
    """
    count = 1 if "n" in ignoring else body.n or 1
    choices = [_choice(body, answer, index, ignoring) for index in range(count)]
    words = sum(len(pieces(_text(choice))) for choice in choices)
    asked = prompt_tokens(body, pictures="image" not in ignoring)
    return {
        "id": f"chatcmpl-{secrets.token_hex(12)}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body.model,
        "system_fingerprint": "fp_44709d6fcb",
        "choices": choices,
        "usage": {
            "prompt_tokens": asked,
            "completion_tokens": words,
            "total_tokens": asked + words,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def usage_of(answer: Completion) -> Usage:
    """Return the tokens that an answer counts."""
    counted: Mapping[str, int] = answer["usage"]
    return Usage(counted["prompt_tokens"], counted["completion_tokens"])


def _choice(body: Body, answer: Answer, index: int, ignoring: frozenset[str]) -> Completion:
    text = answer(body, index)
    schema = None if "schema" in ignoring else _wanted_schema(body)
    if schema is not None:
        text = json.dumps(_with_reference(_fitting(schema, text), body))
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    reason = "stop"
    if (tool := body.forced_tool) is not None and "schema" not in ignoring:
        message |= {"content": None, "tool_calls": [tool_call(str(tool.get("name")), text)]}
    elif body.most_tokens is not None and len(pieces(text)) > body.most_tokens:
        message["content"] = "".join(pieces(text)[: body.most_tokens])
        reason = "length"
    told = body.logprobs and "logprobs" not in ignoring
    probabilities = {"content": _logprobs(text, body.top_logprobs or 0)} if told else None
    return {
        "index": index,
        "message": message,
        "logprobs": probabilities,
        "finish_reason": reason,
    }


def tool_call(name: str, arguments: str) -> Completion:
    """Return a call of a function, as it stands in a message."""
    function = {"name": name, "arguments": arguments}
    return {"id": f"call_{secrets.token_hex(6)}", "type": "function", "function": function}


def _text(choice: Completion) -> str:
    message: Completion = choice["message"]
    calls: list[Completion] = message.get("tool_calls") or []
    return (message["content"] or "") + "".join(c["function"]["arguments"] for c in calls)


def _logprobs(text: str, others: int) -> list[Completion]:
    def one(token: str, logprob: float) -> Completion:
        return {"token": token, "logprob": logprob, "bytes": list(token.encode())}

    return [
        one(piece, -0.1) | {"top_logprobs": [one(piece, -0.1), one("?", -2.4)][:others]}
        for piece in pieces(text)
    ]


def _wanted_schema(body: Body) -> Mapping[str, Any] | None:
    """Return the schema that the answer is to fit, wherever the request says it."""
    if (tool := body.forced_tool) is not None:
        return tool.get("parameters", {})
    wanted = body.response_format or {}
    if wanted.get("type") == "json_schema":
        return wanted["json_schema"]["schema"]
    found = next(_schemas_in(body.text), None)
    return {} if found is None and wanted.get("type") == "json_object" else found


def _schemas_in(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON Schemas that stand in a text, as a model that was told one would see it."""
    decoder = json.JSONDecoder()
    for start, character in enumerate(text):
        if character != "{":
            continue
        try:
            value, _ = decoder.raw_decode(text, start)
        except ValueError:
            continue
        if isinstance(value, dict) and "properties" in value:
            yield value


def _fitting(schema: Mapping[str, Any], text: str) -> object:
    """Return a value that fits ``schema``; ``text`` stands where a string is free."""
    if choices := schema.get("enum"):
        return choices[len(choices) // 2]
    kinds: str | list[str] = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object":
        return {name: _fitting(part, text) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [_fitting(schema.get("items", {"type": "string"}), text)]
    return {"string": text, "integer": 1, "number": 1.0, "boolean": True}.get(kind)


def _with_reference(value: object, body: Body) -> object:
    """Return an answer with the reference that the prompt asks to copy, where it asks for one."""
    reference = canary.reference_in(body.text)
    answer = cast("Completion", value)
    if reference and isinstance(value, dict) and canary.FIELD in answer:
        return answer | {canary.FIELD: reference}
    return answer


def events(answer: Completion, body: Body) -> list[bytes]:
    """Return a completion as the events of a stream, the closing [DONE] included."""
    shared: Completion = {
        key: answer[key] for key in ("id", "created", "model", "system_fingerprint")
    }
    shared["object"] = "chat.completion.chunk"
    choices: list[Completion] = answer["choices"] or []
    found = [shared | {"choices": [step]} for choice in choices for step in _steps(choice)]
    if (body.stream_options or {}).get("include_usage"):
        found.append(shared | {"choices": [], "usage": answer["usage"]})
    return [event(step) for step in found] + [b"data: [DONE]\n\n"]


def event(data: object) -> bytes:
    """Return one event of a stream."""
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def _steps(choice: Completion) -> Iterator[Completion]:
    def step(delta: Completion, reason: str | None = None) -> Completion:
        return {"index": choice["index"], "delta": delta, "finish_reason": reason}

    message: Completion = choice["message"]
    yield step({"role": "assistant", "content": ""})
    told: list[Completion] = choice["logprobs"]["content"] if choice["logprobs"] else []
    for number, piece in enumerate(pieces(message["content"] or "")):
        probabilities = {"content": told[number : number + 1]} if told else None
        yield step({"content": piece}) | {"logprobs": probabilities}
    calls: list[Completion] = message.get("tool_calls") or []
    for call in calls:
        function: Completion = call["function"]
        begun = call | {"index": 0, "function": {"name": function["name"], "arguments": ""}}
        yield step({"tool_calls": [begun]})
        for piece in pieces(function["arguments"]):
            yield step({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    if message.get("refusal"):
        yield step({"refusal": message["refusal"]})
    yield step({}, choice["finish_reason"])
