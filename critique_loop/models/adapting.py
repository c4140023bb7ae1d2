"""What can be asked differently where a server refuses: less, by other names, or more shortly."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.body import Body, Turn, fitting_tokens
from critique_loop.models.modes import ServerMemory
from critique_loop.models.refusals import RefusedError

_LONGER = 2
_LEAST_ANSWER = 64  # tokens; below, the history is shortened and not the answer
_FIRM = ("model", "messages", "response_format", "tools", "tool_choice")
_SHAPING = {
    "response_format": r"response_format|json_schema|json_object|guided|grammar|structured output",
    "tools": r"tools?|tool_choice|functions?( call\w*)?|auto-tool-choice",
}
# Words of everyday English count as a parameter's name only where they look like one.
_EVERYDAY = ("n", "stop", "stream", "temperature", "seed")
_CONTEXT = re.compile(
    r"(?:context (?:length|window|size)(?: is| of|:)?(?: only)? |n_ctx\W{1,3}|context size \()(\d+)"
)
_PROMPT = re.compile(
    r"(\d+) (?:input tokens|tokens? in the (?:messages|prompt|input)|in the (?:messages|prompt))"
    r"|prompt contains (?:at least )?(\d+)"
    r"|(?:request|messages)[^.]{0,30}? (?:has|resulted in) (\d+)"
)
_MOST_OUTPUT = re.compile(r"at most (\d+) (?:completion|output) tokens")


def longer(turn: Turn, memory: ServerMemory) -> Turn | None:
    """Return ``turn`` with more tokens for its answer, None where it was cut off once already."""
    more = replace(turn, max_tokens=turn.max_tokens * _LONGER, is_longer=True)
    if turn.is_longer or fitting_tokens(more, memory) <= fitting_tokens(turn, memory):
        return None
    return more


def shorter(turn: Turn, error: ModelError, memory: ServerMemory) -> Turn | None:
    """Return ``turn`` so that it may fit: a shorter answer, else once without its middle."""
    before = fitting_tokens(turn, memory)
    text = error.text.lower() if isinstance(error, RefusedError) else ""
    most = _found(_MOST_OUTPUT, text)
    if most is not None:
        memory.most_output = most
    context, prompt = _found(_CONTEXT, text), _found(_PROMPT, text)
    if context is not None:
        memory.context_tokens = context
        if prompt is not None and context - prompt >= _LEAST_ANSWER:
            turn = replace(turn, max_tokens=min(turn.max_tokens, context - prompt))
    if fitting_tokens(turn, memory) < before and (most is not None or prompt is not None):
        return turn
    return None if turn.is_shortened else _without_middle(turn)


def with_less(error: ModelError, sent: Body, memory: ServerMemory) -> bool:
    """Remember which parameter of ``sent`` was refused; whether it pays to ask without it.

    Raises:
        ModelError: what is refused is the way in which JSON is asked for (kind "unsupported").
    """
    if not isinstance(error, RefusedError):
        return False
    text = error.text.lower()
    for name, words in _SHAPING.items():
        if name in sent and (
            any(named.startswith((name, "tool_choice")) for named in error.parameters)
            or re.search(rf"\b(?:{words})\b", text)
        ):
            raise _unsupported(error) from error
    if _has_system(sent) and re.search(r"system (role|message|prompt)|'system'", text):
        memory.renamed["system"] = "user"
        return True
    named = [name for name in sent if name not in _FIRM and _is_named(name, error)]
    gone = [name for name in named if _give_way(name, memory)]
    return bool(gone)


def notes_of(turn: Turn, asked: Body, memory: ServerMemory) -> tuple[str, ...]:
    """Return what of ``turn`` the server did not do, and what was done instead."""
    notes = [f"{name} dropped: the server refuses it" for name in asked if name in memory.dropped]
    notes += [f"{name} sent as {other}" for name, other in memory.renamed.items() if name in asked]
    if "system" in memory.renamed and any(m.role == "system" for m in turn.messages):
        notes.append("system message sent as the user's: the server knows no system role")
    if turn.is_longer:
        notes.append(f"cut off once: asked again with {asked['max_tokens']} tokens")
    elif fitting_tokens(turn, memory) < turn.wanted_tokens:
        notes.append(f"max_tokens lowered to {asked['max_tokens']}: the model takes no more")
    if turn.is_shortened:
        left_out = len(turn.request.messages) - len(turn.messages)
        notes.append(f"{left_out} messages left out: the context was too small")
    return tuple(notes)


def _give_way(name: str, memory: ServerMemory) -> bool:
    if name == "max_completion_tokens":  # the last name there is; without any nothing bounds costs
        return False
    if name == "max_tokens":
        memory.renamed[name] = "max_completion_tokens"
        return True
    memory.dropped.add(name)
    memory.ignores_n = memory.ignores_n or name == "n"
    return True


def _is_named(name: str, error: RefusedError) -> bool:
    if error.parameters:
        return name in error.parameters
    text = error.text.lower()
    if name not in _EVERYDAY:
        return re.search(rf"(?<![\w-]){name}(?![\w-])", text) is not None
    like_a_name = (
        rf"['\"`]{name}['\"`]|\b{name} ?[=:<>]"
        rf"|(?:parameter|argument|field|option|property):? {name}\b"
        rf"|\b{name} (?:parameter|argument|must|is not|isn't|does not|not supported|unsupported)"
        rf"|(?:support|supported|unknown|unsupported|unexpected|allow|invalid)\w* {name}\b"
    )
    return re.search(like_a_name, text) is not None


def _unsupported(error: RefusedError) -> ModelError:
    mode = ModelError(
        ModelErrorKind.UNSUPPORTED,
        error.problem,
        remedy="Ask for the answer in another way.",
        status=error.status,
        code=error.code,
    )
    mode.attempts = error.attempts
    return mode


def _has_system(sent: Body) -> bool:
    messages = sent["messages"]
    first = next(iter(cast("list[Body]", messages)), Body())
    return first.get("role") == "system"


def _found(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text.replace(",", ""))
    number = next((group for group in found.groups() if group), "") if found else ""
    return int(number[:9]) if number else None


def _without_middle(turn: Turn) -> Turn | None:
    """Keep what the system said at the beginning and the last message."""
    system = tuple(message for message in turn.messages[:-1] if message.role == "system")
    kept = (*system, *turn.messages[-1:])
    if len(kept) == len(turn.messages):
        return None
    return replace(turn, messages=kept, is_shortened=True)
