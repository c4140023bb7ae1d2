"""What a request to a chat server says, as far as the server cares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Said(msgspec.Struct, frozen=True):
    """One message: a text, or parts of which some may be pictures."""

    role: str = "user"
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """All its text."""
        if isinstance(self.content, list):
            return "".join(str(part.get("text", "")) for part in self.content)
        return self.content or ""

    @property
    def pictures(self) -> int:
        """How many pictures it has."""
        parts = self.content if isinstance(self.content, list) else []
        return sum(part.get("type") == "image_url" for part in parts)


class Body(msgspec.Struct, frozen=True):
    """A chat completion request; ``fields`` are the names of all that was sent."""

    model: str = ""
    messages: list[Said] = []
    n: int | None = None
    seed: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    fields: frozenset[str] = frozenset()

    @classmethod
    def read(cls, sent: bytes) -> Body:
        """Read a request.

        Raises:
            ValueError: it is no JSON object, or a field has the wrong type.
        """
        raw = msgspec.json.decode(sent, type=dict[str, Any])
        raw["fields"] = list(raw)
        return msgspec.convert(raw, cls)

    @property
    def text(self) -> str:
        """The text of all messages, one after the other."""
        return "\n".join(message.text for message in self.messages)

    @property
    def most_tokens(self) -> int | None:
        """The length of answer that was asked for, under either of its names."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def forced_tool(self) -> Mapping[str, Any] | None:
        """The function that must be called, None where none must."""
        if not self.tools or self.tool_choice in (None, "auto", "none"):
            return None
        functions: list[dict[str, Any]] = [tool.get("function", {}) for tool in self.tools]
        if isinstance(self.tool_choice, dict):
            wanted = self.tool_choice.get("function", {}).get("name")
            return next((f for f in functions if f.get("name") == wanted), functions[0])
        return functions[0]
