"""Conversations in AutoGen's words and in ours."""

from __future__ import annotations

from collections.abc import Sequence

from autogen_core import FunctionCall, Image
from autogen_core.models import (
    AssistantMessage,
    FunctionExecutionResultMessage,
    LLMMessage,
    SystemMessage,
    UserMessage,
)

from critique_loop.integrations.autogen.pictures import SealedImage, picture_of
from critique_loop.values import Message


def to_autogen(messages: Sequence[Message]) -> list[LLMMessage]:
    """Return our messages as AutoGen's."""
    return [_to_autogen(message) for message in messages]


def _to_autogen(message: Message) -> LLMMessage:
    if message.role == "system":
        return SystemMessage(content=message.text)
    if message.role == "assistant":
        return AssistantMessage(content=message.text, source="assistant")
    if not message.pictures:
        return UserMessage(content=message.text, source="user")
    parts: list[str | Image] = [message.text, *map(SealedImage, message.pictures)]
    return UserMessage(content=parts, source="user")


def from_autogen(messages: Sequence[LLMMessage]) -> tuple[Message, ...]:
    """Return AutoGen's messages as ours; function calls and their results become words."""
    return tuple(_from_autogen(message) for message in messages)


def _from_autogen(message: LLMMessage) -> Message:
    match message:
        case SystemMessage():
            return Message("system", message.content)
        case UserMessage(content=str() as text):
            return Message("user", text)
        case UserMessage():
            return _from_parts(message.content)
        case AssistantMessage(content=str() as text):
            return Message("assistant", text)
        case AssistantMessage():
            return Message("assistant", "\n".join(map(_call_in_words, message.content)))
        case FunctionExecutionResultMessage():
            results = [
                f"{result.name} {'failed' if result.is_error else 'returned'}: {result.content}"
                for result in message.content
            ]
            return Message("user", "\n".join(results))


def _from_parts(parts: str | Sequence[str | Image]) -> Message:
    text = "\n".join(part for part in parts if isinstance(part, str))
    pictures = tuple(picture_of(part) for part in parts if isinstance(part, Image))
    return Message("user", text, pictures)


def _call_in_words(call: object) -> str:
    if isinstance(call, FunctionCall):
        return f"I call {call.name} with {call.arguments}"
    return str(call)
