"""The clients that the faults are played to: ours, the bare openai SDK, and AutoGen's client.

The other two are used as their documentation shows it, with their defaults, and a deadline by
``asyncio.timeout`` so that a call ends at all. Their exceptions are taken for the kind of error
that comes nearest.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import openai

from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.testing.faults_rows import Fault, Wanted
from critique_loop.testing.faults_trial import Client, MakeClient, ModelClient, judged, request
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
                return judged(texts, fault.wanted, data=objects_in(texts, fault.wanted))
        except Exception as error:  # noqa: BLE001 - whatever it raises is what is measured
            return kind_of(error)

    async def _texts(self, fault: Fault) -> list[str | None]:
        fields: Any = fields_of(request(fault), fault.wanted)
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


def fields_of(asked: Request, wanted: Wanted) -> dict[str, object]:
    """Return a request as the SDK takes it."""
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


def objects_in(texts: Sequence[str | None], wanted: Wanted) -> list[object]:
    """Return the objects that the texts say, where objects were wanted."""
    return [json.loads(text or "") for text in texts] if wanted is Wanted.JSON else []


@asynccontextmanager
async def autogen(base_url: str, model: str, stream: bool) -> AsyncGenerator[Client]:
    """Yield AutoGen's client."""
    from faults_autogen import autogen_client  # noqa: PLC0415 - its extra is only needed here

    async with autogen_client(base_url, model, stream) as client:
        yield client


CLIENTS: Mapping[str, MakeClient] = {"critique-loop": ours, "openai": bare, "AutoGen": autogen}
