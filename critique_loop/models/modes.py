"""How a JSON answer can be asked for, and what a server has shown that it can't do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from critique_loop.values import Reply, Request


class AnswerMode(StrEnum):
    """By which means the server is asked for the answer; the stricter means come first.

    TEXT wants no JSON at all. JSON_SCHEMA is ``response_format`` with a strict schema, TOOL a
    function that must be called, JSON_OBJECT any valid JSON, PROMPT words in the conversation.
    """

    TEXT = "text"
    JSON_SCHEMA = "json_schema"
    TOOL = "tool"
    JSON_OBJECT = "json_object"
    PROMPT = "prompt"


LADDER = (AnswerMode.JSON_SCHEMA, AnswerMode.TOOL, AnswerMode.JSON_OBJECT, AnswerMode.PROMPT)

Ask = Callable[[Request, AnswerMode], Awaitable[Reply]]
"""One exchange: transport retries are inside, the answer is raw text (``Choice.data`` is None).

Raises ModelError; its kind is "unsupported" where the server refuses the mode.
"""


@dataclass(slots=True)
class ServerMemory:
    """What one model on one server has shown so far, so that it is not asked in vain again.

    ``rung`` is the mode that is tried first, None: not known yet; ``refused`` are modes that the
    server refuses. ``dropped`` are request parameters that it refuses and ``renamed`` those it
    wants under another name ("system" is the role of that name). ``ignores_n`` says that it gives
    fewer choices than are asked for. ``context_tokens`` and ``most_output`` are the sizes of its
    context and of an answer, as far as it has named them.
    """

    rung: AnswerMode | None = None
    refused: set[AnswerMode] = field(default_factory=set[AnswerMode])
    dropped: set[str] = field(default_factory=set[str])
    renamed: dict[str, str] = field(default_factory=dict[str, str])
    ignores_n: bool = False
    context_tokens: int | None = None
    most_output: int | None = None
