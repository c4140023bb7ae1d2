"""The chat completion as servers send it: typed, and lenient where they leave things out."""

from __future__ import annotations

import msgspec

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.redaction import Redactor
from critique_loop.values.models import MOST_TOKENS, Usage

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What the decoder raises where bytes are no JSON of the kind that is wanted."""

_SHOWN = 100_000  # bytes; far more than a message shows, so that no key is cut in two


class Function(msgspec.Struct):
    """What a tool call calls; ``arguments`` should be JSON text, and are an object at times."""

    name: str | None = None
    arguments: str | dict[str, object] | None = None

    @property
    def text(self) -> str:
        """The arguments as text."""
        if isinstance(self.arguments, dict):
            return msgspec.json.encode(self.arguments).decode()
        return self.arguments or ""


class ToolCall(msgspec.Struct):
    """One call of a tool; ``index`` joins its pieces in a stream."""

    function: Function | None = None
    index: int | None = None


class Part(msgspec.Struct):
    """A part of a content that is a list."""

    text: str | None = None


class Said(msgspec.Struct):
    """What the model said, whole or (in a stream) a piece of it."""

    content: str | list[Part] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolCall] | None = None
    function_call: Function | None = None

    @property
    def text(self) -> str:
        """The content as one text."""
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content)
        return self.content or ""


class Candidate(msgspec.Struct):
    """One choice; a stream has ``delta`` in the place of ``message``."""

    index: int | None = None
    message: Said | None = None
    delta: Said | None = None
    finish_reason: str | None = None
    logprobs: msgspec.Raw = msgspec.Raw()


class Completion(msgspec.Struct):
    """A whole answer, or one chunk of a stream."""

    choices: list[Candidate] | msgspec.UnsetType | None = msgspec.UNSET
    model: str | None = None
    usage: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()


class _InputDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Counts(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    prompt_cache_hit_tokens: int | None = None


def decoded(data: bytes, *, status: int, redactor: Redactor) -> Completion:
    """Read an answer that should be JSON.

    Raises:
        ModelError: it is something else (kind "protocol"); the message shows how it begins.
    """
    try:
        return msgspec.json.decode(data, type=Completion, strict=False)
    except UNREADABLE:
        shown = redactor.snippet(data[:_SHOWN].decode(errors="replace"))
        # The decoder's own error would show more of the answer than was cleaned.
        raise ModelError(
            ModelErrorKind.PROTOCOL,
            f"the server's answer is no chat completion: {shown or '(nothing)'}",
            remedy="Is this the base URL of an OpenAI-compatible server (often it ends in /v1)?",
            status=status,
        ) from None


def usage_of(completion: Completion) -> Usage:
    """Return the tokens that the server counted; counts that can't be true are unknown."""
    try:
        counts = msgspec.json.decode(completion.usage, type=_Counts | None, strict=False)
    except UNREADABLE:  # told in a way nobody reads: as good as not told
        counts = None
    if counts is None or not 0 < (counts.prompt_tokens or 0) <= MOST_TOKENS:
        return Usage()  # no prompt has 0 tokens: such a server doesn't count
    if counts.completion_tokens is None or not 0 <= counts.completion_tokens <= MOST_TOKENS:
        return Usage()
    cached = counts.prompt_cache_hit_tokens or 0
    if counts.prompt_tokens_details is not None:
        cached = counts.prompt_tokens_details.cached_tokens or cached
    thought = 0
    if counts.completion_tokens_details is not None:
        thought = counts.completion_tokens_details.reasoning_tokens or 0
    return Usage(
        counts.prompt_tokens,
        counts.completion_tokens,
        cached_input_tokens=min(max(0, cached), counts.prompt_tokens),
        reasoning_tokens=min(max(0, thought), counts.completion_tokens),
    )


def has_error(completion: Completion) -> bool:
    """Whether the answer is an error, whatever its status says."""
    return bytes(completion.error) not in (b"", b"null", b'""', b"{}", b"false")
