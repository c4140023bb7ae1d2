"""A request as the JSON body of a chat completion, and the most that it can take."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import msgspec

from critique_loop.ledger import Bound
from critique_loop.models.modes import AnswerMode, ServerMemory
from critique_loop.models.options import ModelOptions
from critique_loop.values import AnswerSchema, Message, Price, Request

Body = dict[str, object]

_TOP_LOGPROBS = 20  # the most that OpenAI and vLLM give
_TEMPLATE_TOKENS = 512  # what a chat template may add of its own
_MESSAGE_TOKENS = 16  # and for each message
_BYTES_PER_TOKEN = 3  # of ordinary text; only to guess whether an answer still fits
_SMALLEST_SHARE = 4  # of a small context that is left to the answer
_NEEDS = {"top_logprobs": "logprobs", "stream_options": "stream"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One request as it is to be sent: what of ``request`` is asked for now, and by which means.

    ``seed_offset`` tells further samples apart; ``max_tokens`` and ``messages`` may differ after a
    first try from what was wanted, which ``wanted_tokens`` and the request keep.
    """

    request: Request
    mode: AnswerMode
    messages: tuple[Message, ...]
    n: int
    max_tokens: int
    wanted_tokens: int
    seed_offset: int = 0
    is_longer: bool = False
    is_shortened: bool = False


def asked_of(turn: Turn, *, memory: ServerMemory, options: ModelOptions) -> Body:
    """Return what ``turn`` asks for by OpenAI's names, whether the server takes it or not."""
    request = turn.request
    asked = Body(
        messages=[_message(message) for message in _spoken(turn, memory)],
        max_tokens=fitting_tokens(turn, memory),
        temperature=request.temperature,
        top_p=request.top_p,
        seed=None if request.seed is None else request.seed + turn.seed_offset,
        stop=list(request.stop) or None,
        n=turn.n if turn.n > 1 else None,
        logprobs=request.logprobs or None,
        top_logprobs=_TOP_LOGPROBS if request.logprobs else None,
        stream=options.stream or None,
        stream_options={"include_usage": True} if options.stream else None,
        **_shaping(turn),
    )
    return {name: value for name, value in asked.items() if value is not None}


def body_of(asked: Body, model: str, memory: ServerMemory) -> Body:
    """Return the body to send: ``asked`` without, and by the names, the server has told of."""
    body = Body(model=model)
    for name, value in asked.items():
        if name not in memory.dropped and _NEEDS.get(name) not in memory.dropped:
            body[memory.renamed.get(name, name)] = value
    return body


def bound_of(body: Mapping[str, object], *, price: Price | None, picture_tokens: int) -> Bound:
    """Return the most that a body can take.

    A token is at least a byte of text, so text counts by its UTF-8 bytes; the answers count
    with all the tokens they are allowed.
    """
    tokens_in = _TEMPLATE_TOKENS + _shaping_bytes(body)
    for message in cast("list[Body]", body["messages"]):
        tokens_in += _MESSAGE_TOKENS + _content_tokens(message["content"], picture_tokens)
    allowed = body.get("max_tokens", body.get("max_completion_tokens", 0))
    tokens_out = cast("int", allowed) * cast("int", body.get("n", 1))
    cost = None
    if price is not None:
        dearest = max(price.input, price.cached_input or 0.0)
        cost = (tokens_in * dearest + tokens_out * price.output) / 1e6
    return Bound(tokens_in + tokens_out, cost)


def _content_tokens(content: object, picture_tokens: int) -> int:
    if isinstance(content, str):
        return len(content.encode())
    parts = cast("list[dict[str, str]]", content)
    return sum(
        len(part["text"].encode()) if part["type"] == "text" else picture_tokens for part in parts
    )


def _shaping_bytes(body: Mapping[str, object]) -> int:
    shaping = [body[name] for name in ("tools", "response_format") if name in body]
    return len(msgspec.json.encode(shaping)) if shaping else 0


def fitting_tokens(turn: Turn, memory: ServerMemory) -> int:
    """Return how long the answer may get, as far as the server has told of its limits."""
    most = turn.max_tokens
    if memory.most_output is not None:
        most = min(most, memory.most_output)
    if memory.context_tokens is not None:
        text = sum(len(message.text.encode(errors="replace")) for message in turn.messages)
        left = memory.context_tokens - text // _BYTES_PER_TOKEN
        most = min(most, max(left, memory.context_tokens // _SMALLEST_SHARE))
    return max(1, most)


def _spoken(turn: Turn, memory: ServerMemory) -> tuple[Message, ...]:
    messages = turn.messages
    schema = turn.request.schema
    if schema is not None and turn.mode in (AnswerMode.PROMPT, AnswerMode.JSON_OBJECT):
        messages = _with_appendix(messages, _in_words(schema))
    return _without_system(messages) if "system" in memory.renamed else messages


def _in_words(schema: AnswerSchema) -> str:
    shown = msgspec.json.format(msgspec.json.encode(schema.schema), indent=1).decode()
    return (
        "Answer with one JSON object and nothing else: no explanation, no code fence. It must fit "
        f"this JSON Schema:\n{shown}"
    )


def _with_appendix(messages: tuple[Message, ...], text: str) -> tuple[Message, ...]:
    """Put ``text`` where models heed it most: at the end of what the user said last."""
    if not messages or messages[-1].role != "user":
        return (*messages, Message("user", text))
    last = messages[-1]
    return (*messages[:-1], Message("user", f"{last.text}\n\n{text}", last.pictures))


def _without_system(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """Say to the server as the user what it can't be told by the system."""
    system = "\n\n".join(message.text for message in messages if message.role == "system")
    spoken = [message for message in messages if message.role != "system"]
    if not system:
        return messages
    if not spoken or spoken[0].role != "user":
        return (Message("user", system), *spoken)
    first = spoken[0]
    return (Message("user", f"{system}\n\n{first.text}", first.pictures), *spoken[1:])


def _message(message: Message) -> Body:
    text = message.text.encode(errors="replace").decode()  # a lone surrogate can't be sent
    if not message.pictures:
        return {"role": message.role, "content": text}
    parts: list[Body] = [{"type": "text", "text": text}]
    for picture in message.pictures:
        data = base64.b64encode(picture.data).decode("ascii")
        url = f"data:{picture.media_type};base64,{data}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"role": message.role, "content": parts}


def _shaping(turn: Turn) -> Body:
    schema = turn.request.schema
    if schema is None:
        return {}
    named = {"name": schema.name, "strict": True}
    match turn.mode:
        case AnswerMode.JSON_SCHEMA:
            shape = {**named, "schema": schema.schema}
            return {"response_format": {"type": "json_schema", "json_schema": shape}}
        case AnswerMode.JSON_OBJECT:
            return {"response_format": {"type": "json_object"}}
        case AnswerMode.TOOL:
            function = {**named, "parameters": schema.schema}
            return {
                "tools": [{"type": "function", "function": function}],
                "tool_choice": {"type": "function", "function": {"name": schema.name}},
            }
        case _:
            return {}
