"""The clients that the faults are played to: ours, the bare openai SDK, and AutoGen's client.

The other two are used as their documentation shows it, with their defaults, and a deadline by
``asyncio.timeout`` so that a call ends at all. Their exceptions are taken for the kind of error
that comes nearest.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import openai
from autogen_core import Image
from autogen_core.models import CreateResult, SystemMessage, UserMessage
from autogen_ext.models.openai import OpenAIChatCompletionClient
from pydantic import BaseModel

from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.testing.faults_rows import Fault, Wanted
from critique_loop.testing.faults_trial import ModelClient, judged, request
from critique_loop.values import Request

KEY = "sk-benchmark"
_KINDS: Mapping[type[Exception], str] = {
    openai.APITimeoutError: "timeout",
    TimeoutError: "timeout",
    openai.APIConnectionError: "connection",
    openai.AuthenticationError: "auth",
    openai.PermissionDeniedError: "permission",
    openai.NotFoundError: "no_model",
    openai.RateLimitError: "rate_limit",
    openai.LengthFinishReasonError: "truncated",
    openai.ContentFilterFinishReasonError: "content_filter",
    openai.APIResponseValidationError: "protocol",
}
_OVERLOADED = (503, 529)


def kind_of(error: Exception) -> str:
    """Return the kind of ModelError that comes nearest to an exception, else its own name."""
    if isinstance(error, openai.InternalServerError):
        return "overloaded" if error.status_code in _OVERLOADED else "server"
    return next((k for t, k in _KINDS.items() if isinstance(error, t)), type(error).__name__)


@asynccontextmanager
async def ours(base_url: str, model: str, stream: bool) -> AsyncGenerator[ModelClient]:
    """Yield our client, with short waits between tries."""
    options = ModelOptions(backoff_s=0.05, stream=stream)
    async with OpenAIModel(model, base_url=base_url, api_key=KEY, options=options) as asked:
        yield ModelClient(asked)


class BareClient:
    """AsyncOpenAI with its defaults."""

    def __init__(self, client: openai.AsyncOpenAI, model: str) -> None:
        """Ask ``client`` for ``model``."""
        self._client = client
        self._model = model

    async def ask(self, fault: Fault) -> str:
        """Return "answer", what is wrong with it, or the kind of the exception."""
        try:
            async with asyncio.timeout(fault.deadline_s):
                texts = await self._texts(fault)
                return judged(texts, fault.wanted, data=_objects(texts, fault.wanted))
        except Exception as error:  # noqa: BLE001 - whatever it raises is what is measured
            return kind_of(error)

    async def _texts(self, fault: Fault) -> list[str | None]:
        fields: Any = _fields(request(fault), fault.wanted)
        create = self._client.chat.completions.create
        if fault.wanted is not Wanted.STREAM:
            answer = await create(model=self._model, **fields)
            return [choice.message.content for choice in answer.choices]
        text = ""
        async for step in await create(model=self._model, stream=True, **fields):
            text += "".join(choice.delta.content or "" for choice in step.choices)
        return [text]


@asynccontextmanager
async def bare(base_url: str, model: str, stream: bool) -> AsyncGenerator[BareClient]:
    """Yield the openai SDK's own client."""
    del stream
    async with openai.AsyncOpenAI(base_url=base_url, api_key=KEY) as client:
        yield BareClient(client, model)


def _fields(asked: Request, wanted: Wanted) -> dict[str, object]:
    system, user = asked.messages
    parts: list[object] = [{"type": "text", "text": user.text}]
    for picture in user.pictures:
        url = f"data:image/png;base64,{base64.b64encode(picture.data).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    fields: dict[str, object] = {
        "messages": [
            {"role": "system", "content": system.text},
            {"role": "user", "content": parts if user.pictures else user.text},
        ],
        "temperature": asked.temperature,
        "max_tokens": asked.max_tokens,
        "seed": asked.seed,
    }
    if wanted is Wanted.CHOICES:
        fields["n"] = asked.n
    if wanted is Wanted.PROBABILITIES:
        fields["logprobs"] = True
    if asked.schema is not None:
        schema = {"name": asked.schema.name, "schema": asked.schema.schema, "strict": True}
        fields["response_format"] = {"type": "json_schema", "json_schema": schema}
    return fields


def _objects(texts: list[str | None], wanted: Wanted) -> list[object]:
    return [json.loads(text or "") for text in texts] if wanted is Wanted.JSON else []


class Critique(BaseModel):
    """The object that AutoGen's client is asked for."""

    clarity: int
    why: str


class AutoGenClient:
    """AutoGen's OpenAIChatCompletionClient with its defaults."""

    def __init__(self, client: OpenAIChatCompletionClient) -> None:
        """Ask ``client``."""
        self._client = client

    async def ask(self, fault: Fault) -> str:
        """Return "answer", what is wrong with it, or the kind of the exception."""
        try:
            async with asyncio.timeout(fault.deadline_s):
                text = await self._text(fault)
                return judged([text], fault.wanted, data=_objects([text], fault.wanted))
        except Exception as error:  # noqa: BLE001 - whatever it raises is what is measured
            return kind_of(error)

    async def _text(self, fault: Fault) -> str:
        asked = request(fault)
        system, user = asked.messages
        pictures = [Image.from_base64(base64.b64encode(p.data).decode()) for p in user.pictures]
        messages = [
            SystemMessage(content=system.text),
            UserMessage(content=[user.text, *pictures] if pictures else user.text, source="user"),
        ]
        names = ("temperature", "max_tokens", "seed", "n", "logprobs")
        fields = _fields(asked, fault.wanted)
        extra = {name: fields[name] for name in names if name in fields}
        if fault.wanted is Wanted.STREAM:
            steps = self._client.create_stream(messages, extra_create_args=extra)
            results = [step async for step in steps if isinstance(step, CreateResult)]
            return _content(results[-1])
        shape = Critique if fault.wanted is Wanted.JSON else None
        return _content(
            await self._client.create(messages, json_output=shape, extra_create_args=extra)
        )


def _content(result: CreateResult) -> str:
    if isinstance(result.content, str):
        return result.content
    return "".join(call.arguments for call in result.content)


@asynccontextmanager
async def autogen(base_url: str, model: str, stream: bool) -> AsyncGenerator[AutoGenClient]:
    """Yield AutoGen's client, told that the model can do everything."""
    del stream
    client = OpenAIChatCompletionClient(
        model=model,
        base_url=base_url,
        api_key=KEY,
        model_info={
            "vision": True,
            "function_calling": True,
            "json_output": True,
            "structured_output": True,
            "family": "unknown",
        },
    )
    try:
        yield AutoGenClient(client)
    finally:
        await client.close()


CLIENTS = {"critique-loop": ours, "openai": bare, "AutoGen": autogen}
