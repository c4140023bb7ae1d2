"""What was said to a model and what it answered, as the JSON that the GenAI conventions ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from critique_loop.values import Choice, Message


def input_messages(messages: Sequence[Message]) -> str:
    """Return messages as a JSON list; of a picture only its type and size."""
    return _json([{"role": m.role, "parts": _parts(m)} for m in messages])


def output_messages(choices: Sequence[Choice]) -> str:
    """Return answers as a JSON list, what was reasoned in parts of its own."""
    return _json([_answer(choice) for choice in choices])


def readable(text: str) -> str:
    """Return ``text`` as UTF-8 can hold it: half a character becomes its escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _answer(choice: Choice) -> Mapping[str, object]:
    thought = [{"type": "reasoning", "content": readable(choice.reasoning)}]
    parts = [*(thought if choice.reasoning else ()), _text(choice.text)]
    return {"role": "assistant", "parts": parts, "finish_reason": choice.finish_reason}


def _parts(message: Message) -> list[Mapping[str, object]]:
    pictures = [
        {"type": "text", "content": f"[picture: {p.media_type}, {len(p.data)} bytes]"}
        for p in message.pictures
    ]
    return [_text(message.text), *pictures]


def _text(text: str) -> Mapping[str, object]:
    return {"type": "text", "content": readable(text)}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
