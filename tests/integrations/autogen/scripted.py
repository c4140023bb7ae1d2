"""An AutoGen client that answers from a script, subclassed as a third party would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import TypedDict, Unpack

from autogen_core import CancellationToken
from autogen_core.models import (
    ChatCompletionClient,
    CreateResult,
    LLMMessage,
    ModelCapabilities,  # pyright: ignore[reportDeprecated] -- AutoGen's own abstract class wants it
    ModelInfo,
    RequestUsage,
)
from autogen_core.tools import Tool, ToolSchema
from pydantic import BaseModel

from critique_loop.critics.canary import reference_in

Line = str | CreateResult | Exception


class Options(TypedDict, total=False):
    tools: Sequence[Tool | ToolSchema]
    tool_choice: object
    json_output: bool | type[BaseModel] | None
    extra_create_args: Mapping[str, object]
    cancellation_token: CancellationToken | None


class ScriptedClient(ChatCompletionClient):
    """Answers line by line and keeps what it was asked; a line may be an error to raise.

    Where a line says {reference}, what the prompt says to copy stands in the answer.
    """

    component_type = "model"

    def __init__(
        self, lines: Sequence[Line], *, json: bool = False, seconds: float = 0.0, refuses: str = ""
    ) -> None:
        self.lines = list(lines)
        self.asked: list[Sequence[LLMMessage]] = []
        self.options: list[Options] = []
        self.cancelled = False
        self._json = json
        self._seconds = seconds
        self._refuses = refuses

    async def create(
        self, messages: Sequence[LLMMessage], **options: Unpack[Options]
    ) -> CreateResult:
        self.asked.append(messages)
        self.options.append(options)
        if self._refuses in options.get("extra_create_args", {}):
            raise TypeError(f"unexpected keyword argument {self._refuses!r}")
        token = options.get("cancellation_token")
        if token is not None:
            token.add_callback(lambda: setattr(self, "cancelled", True))
        await asyncio.sleep(self._seconds)
        line = self.lines.pop(0)
        if isinstance(line, Exception):
            raise line
        if isinstance(line, str):
            return answered(line.replace("{reference}", reference_in(str(messages))))
        return line

    async def create_stream(
        self, messages: Sequence[LLMMessage], **options: Unpack[Options]
    ) -> AsyncGenerator[str | CreateResult, None]:
        yield await self.create(messages, **options)

    async def close(self) -> None:
        pass

    def actual_usage(self) -> RequestUsage:
        return RequestUsage(0, 0)

    def total_usage(self) -> RequestUsage:
        return RequestUsage(0, 0)

    def count_tokens(
        self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()
    ) -> int:
        return len(messages) + len(tools)

    def remaining_tokens(
        self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()
    ) -> int:
        return 1000 - self.count_tokens(messages, tools=tools)

    @property
    def capabilities(self) -> ModelCapabilities:  # pyright: ignore[reportDeprecated] -- AutoGen's own abstract class wants it
        return ModelCapabilities(vision=True, function_calling=False, json_output=self._json)  # pyright: ignore[reportDeprecated] -- as above

    @property
    def model_info(self) -> ModelInfo:
        return ModelInfo(
            vision=True,
            function_calling=False,
            json_output=self._json,
            structured_output=False,
            family="unknown",
        )


def answered(text: str, *, finish: str = "stop", tokens: tuple[int, int] = (7, 5)) -> CreateResult:
    return CreateResult.model_validate(
        {
            "finish_reason": finish,
            "content": text,
            "usage": RequestUsage(*tokens),
            "cached": False,
        }
    )
