"""Any model of ours as a ChatCompletionClient of AutoGen."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, TypedDict, Unpack, cast

from autogen_core import CancellationToken, ComponentType, FunctionCall
from autogen_core.models import (
    ChatCompletionClient,
    ChatCompletionTokenLogprob,
    CreateResult,
    LLMMessage,
    ModelCapabilities,  # pyright: ignore[reportDeprecated] -- AutoGen's own abstract class wants it
    ModelInfo,
    RequestUsage,
)
from autogen_core.tools import Tool, ToolSchema
from pydantic import BaseModel

from critique_loop.errors import CallError, ModelError, ModelErrorKind
from critique_loop.integrations.autogen.answer_types import answer_schema, validated
from critique_loop.integrations.autogen.cancelling import heeding
from critique_loop.integrations.autogen.conversation import from_autogen
from critique_loop.integrations.autogen.function_calls import Functions, ToolChoice
from critique_loop.integrations.autogen.unwrapping import noted, passage
from critique_loop.models.lenient import extract
from critique_loop.protocols import Model
from critique_loop.values import Choice, Reply, Request

_SETTINGS = frozenset({"temperature", "top_p", "max_tokens", "seed", "deadline_s"})
_REASONS = ("stop", "length", "function_calls", "content_filter")
_BYTES_PER_TOKEN = 4
_PICTURE_TOKENS = 1000


class CreateOptions(TypedDict, total=False):
    """What AutoGen may say about one call besides its messages."""

    tools: Sequence[Tool | ToolSchema]
    tool_choice: ToolChoice
    json_output: bool | type[BaseModel] | None
    extra_create_args: Mapping[str, object]
    cancellation_token: CancellationToken | None


class ModelClient(ChatCompletionClient):
    """Answers AutoGen's agents by a model of ours, with its cache, budget, fallback and cascade.

    Tools work with every model: a call is a structured answer. ``extra_create_args`` may hold
    ``temperature``, ``top_p``, ``max_tokens``, ``seed`` and ``deadline_s``. Errors are ours
    (ModelError, BudgetEnded); a team hides them in a RuntimeError, from which
    ``original_errors`` takes them out again.
    """

    component_type: ClassVar[ComponentType] = "model"

    def __init__(
        self,
        model: Model,
        *,
        role: str = "autogen",
        vision: bool = True,
        context_tokens: int = 128_000,
    ) -> None:
        """``role`` says on whose account the cost goes where the asking side does not say it.

        ``vision`` and ``context_tokens`` are what the model is said to have when an agent asks.
        """
        self._model = model
        self._role = role
        self._vision = vision
        self._context_tokens = context_tokens
        self._total = RequestUsage(0, 0)

    async def create(
        self,
        messages: Sequence[LLMMessage],
        **options: Unpack[CreateOptions],
    ) -> CreateResult:
        """Return the model's answer.

        Raises:
            ModelError: there is no usable answer.
            BudgetEnded: the call could go over the budget.
            CallError: a setting that the model doesn't know.
        """
        functions = Functions.of(options.get("tools", ()), options.get("tool_choice", "auto"))
        json_output = options.get("json_output")
        request = self._request(messages, options.get("extra_create_args", {}))
        if functions.schemas:
            request = functions.asked(request)
        elif isinstance(json_output, type):
            request = replace(request, schema=answer_schema(json_output))
        passage().count()
        with noted():
            reply = await heeding(options.get("cancellation_token"), self._model.complete(request))
            content = _content(reply.choices[0], functions, json_output)
        return self._result(reply, content)

    async def create_stream(
        self,
        messages: Sequence[LLMMessage],
        **options: Unpack[CreateOptions],
    ) -> AsyncGenerator[str | CreateResult, None]:
        """Yield the whole answer as one piece, then the result: an answer is checked first."""
        result = await self.create(messages, **options)
        if isinstance(result.content, str):
            yield result.content
        yield result

    async def close(self) -> None:
        """Do nothing: the model belongs to whoever made it."""

    def actual_usage(self) -> RequestUsage:
        """Return the tokens of all calls so far."""
        return self._total

    def total_usage(self) -> RequestUsage:
        """Return the tokens of all calls so far."""
        return self._total

    def count_tokens(
        self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()
    ) -> int:
        """Return about how many tokens ``messages`` are: one for four bytes, 1000 a picture."""
        ours = from_autogen(messages)
        described = Functions.of(tools, "auto").asked(Request(ours)).messages if tools else ours
        size = sum(len(message.text.encode("utf-8", "replace")) for message in described)
        return size // _BYTES_PER_TOKEN + _PICTURE_TOKENS * sum(len(m.pictures) for m in ours)

    def remaining_tokens(
        self, messages: Sequence[LLMMessage], *, tools: Sequence[Tool | ToolSchema] = ()
    ) -> int:
        """Return about how many tokens are left of the context."""
        return self._context_tokens - self.count_tokens(messages, tools=tools)

    @property
    def capabilities(self) -> ModelCapabilities:  # pyright: ignore[reportDeprecated] -- AutoGen's own abstract class wants it
        """What the model can, in AutoGen's former form."""
        return ModelCapabilities(vision=self._vision, function_calling=True, json_output=True)  # pyright: ignore[reportDeprecated] -- as above

    @property
    def model_info(self) -> ModelInfo:
        """What the model can."""
        return ModelInfo(
            vision=self._vision,
            function_calling=True,
            json_output=True,
            structured_output=True,
            family="unknown",
            multiple_system_messages=True,
        )

    def _request(self, messages: Sequence[LLMMessage], settings: Mapping[str, object]) -> Request:
        unknown = sorted(settings.keys() - _SETTINGS)
        if unknown:
            raise CallError(
                f"{self._model.name} takes no {', '.join(unknown)} from AutoGen",
                remedy=f"It takes {', '.join(sorted(_SETTINGS))}.",
            )
        known = cast("Mapping[str, float | None]", settings)
        tokens, seed = known.get("max_tokens"), known.get("seed")
        return Request(
            from_autogen(messages),
            temperature=known.get("temperature"),
            top_p=known.get("top_p"),
            max_tokens=None if tokens is None else int(tokens),
            seed=None if seed is None else int(seed),
            deadline_s=known.get("deadline_s"),
            role=passage().role or self._role,
        )

    def _result(self, reply: Reply, content: list[FunctionCall] | str) -> CreateResult:
        usage = RequestUsage(reply.usage.input_tokens or 0, reply.usage.output_tokens or 0)
        if not reply.from_cache:
            self._total = RequestUsage(
                self._total.prompt_tokens + usage.prompt_tokens,
                self._total.completion_tokens + usage.completion_tokens,
            )
        choice = reply.choices[0]
        reason = choice.finish_reason if choice.finish_reason in _REASONS else "unknown"
        if not isinstance(content, str):
            reason = "function_calls"
        return CreateResult(
            finish_reason=reason,
            content=content,
            usage=usage,
            cached=reply.from_cache,
            logprobs=_logprobs(choice),
            thought=choice.reasoning or None,
        )


def _content(
    choice: Choice, functions: Functions, json_output: bool | type[BaseModel] | None
) -> list[FunctionCall] | str:
    if functions.schemas:
        return functions.read(choice.data or {})
    if isinstance(json_output, type):
        return validated(json_output, choice.data)
    if not json_output:
        return choice.text
    found = extract(choice.text)
    if len(found.objects) != 1 or found.cut:
        problem = found.problem or f"{len(found.objects)} JSON objects, not one"
        raise ModelError(ModelErrorKind.BAD_JSON, f"JSON was asked for: {problem}")
    return json.dumps(dict(found.objects[0].value))


def _logprobs(choice: Choice) -> list[ChatCompletionTokenLogprob] | None:
    if choice.tokens is None:
        return None
    return [
        ChatCompletionTokenLogprob(token=token.text, logprob=token.logprob)
        for token in choice.tokens
    ]
