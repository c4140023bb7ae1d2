"""AutoGen's client for OpenAI-compatible servers, as one of those that faults are played to."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from autogen_core import Image
from autogen_core.models import CreateResult, SystemMessage, UserMessage
from autogen_ext.models.openai import OpenAIChatCompletionClient
from faults_clients import KEY, fields_of, kind_of, objects_in
from pydantic import BaseModel

from critique_loop.testing.faults_rows import Fault, Wanted
from critique_loop.testing.faults_trial import judged, request


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
                return judged([text], fault.wanted, data=objects_in([text], fault.wanted))
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
        fields = fields_of(asked, fault.wanted)
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
async def autogen_client(base_url: str, model: str, stream: bool) -> AsyncGenerator[AutoGenClient]:
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
