"""What every row must be, or a trainer fails on it, or learns nothing, without a word.

Each rule is a trap that one of the trainers was seen to step into: a null becomes the word "None",
a pair of equal answers has no gradient, the first row decides what all others are taken for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from critique_loop.export.dialects.shapes import Holds, Row, Shape

_ASSISTANTS = frozenset({"assistant", "gpt"})
_SYSTEM = "system"
_PLACEHOLDER = "<image>"
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")

Check = Callable[[object], str]


class RowRules:
    """Says what is wrong with a row; one object for all rows of one file."""

    def __init__(self, shape: Shape, *, tools_as: type = dict) -> None:
        """``tools_as`` is the type in which this dialect wants arguments of tools."""
        self._shape = shape
        self._names = tuple(shape.columns)
        self._tools_as = tools_as
        self._checks: dict[Holds, Check] = {
            Holds.PROMPT: self._prompt,
            Holds.DIALOGUE: self._dialogue,
            Holds.ANSWER: self._answer,
            Holds.RANKED: self._ranked,
            Holds.TEXT: _text,
            Holds.TEXTS: _texts,
            Holds.FLAG: _flag,
            Holds.FLAGS: _flags,
            Holds.NUMBER: _number,
            Holds.PICTURES: _pictures,
            Holds.META: _meta,
            Holds.NESTED: self._nested,
        }

    def problem(self, row: Row) -> str:
        """Return what is wrong with ``row``, "" where nothing is."""
        if tuple(row) != self._names:
            return self._columns(row)
        for name, holds in self._shape.columns.items():
            wrong = self._checks[holds](row[name])
            if wrong:
                return f"{name}: {wrong}"
        return self._pair(row) or self._placeholders(row)

    def _columns(self, row: Row) -> str:
        extra = [name for name in row if name not in self._shape.columns]
        missing = [name for name in self._names if name not in row]
        if extra:
            return (
                f"a column {extra[0]!r} that other rows don't have: what is told of a row is meta"
            )
        if missing:
            return f"no column {missing[0]!r}, which other rows have"
        return "its columns are in another order than those of other rows"

    def _pair(self, row: Row) -> str:
        pair = self._shape.pairs
        if pair is None:
            return ""
        if row[pair[0]] == row[pair[1]]:
            return f"{pair[0]} and {pair[1]} are the same: there is nothing to learn"
        return ""

    def _placeholders(self, row: Row) -> str:
        column = next((n for n, h in self._shape.columns.items() if h is Holds.PICTURES), "")
        if not column:
            return ""
        there = len(cast("Sequence[object]", row[column]))
        best = self._shape.pairs[0] if self._shape.pairs else ""
        told = [
            row[name]
            for name, holds in self._shape.columns.items()
            if holds in (Holds.PROMPT, Holds.DIALOGUE) and (holds is Holds.PROMPT or name != best)
        ]
        wanted = sum(_count_placeholders(messages) for messages in told)
        return "" if wanted == there else f"{wanted} placeholders for {there} images"

    def _prompt(self, value: object) -> str:
        return self._conversation(value, by_assistant=False)

    def _dialogue(self, value: object) -> str:
        return self._conversation(value, by_assistant=True)

    def _answer(self, value: object) -> str:
        message = value
        if isinstance(value, list):
            answers = cast("list[object]", value)
            if len(answers) != 1:
                return f"{len(answers)} messages where one answer belongs"
            message = answers[0]
        role, wrong = self._message(message)
        if wrong:
            return wrong
        return "" if role in _ASSISTANTS else f"an answer by {role!r}"

    def _ranked(self, value: object) -> str:
        if not isinstance(value, list):
            return "no list"
        entries = cast("list[Mapping[str, object]]", value)
        ranks = [entry.get("rank") for entry in entries]
        if ranks != list(range(len(ranks))) or len(ranks) < 2:  # noqa: PLR2004 - of a pair
            return "the ranks are not 0, 1, ..."
        answers = [entry.get("completion") for entry in entries]
        if answers[0] == answers[1]:
            return "two answers are the same: there is nothing to learn"
        return _first(self._answer, answers)

    def _nested(self, value: object) -> str:
        if not isinstance(value, dict):
            return "no object"
        return self._prompt(cast("dict[str, object]", value).get("messages"))

    def _conversation(self, value: object, *, by_assistant: bool) -> str:
        if not isinstance(value, list) or not value:
            return "there are no messages"
        before = ""
        for place, message in enumerate(cast("list[object]", value)):
            role, wrong = self._message(message)
            if wrong:
                return wrong
            if role == _SYSTEM and place:
                return "the system speaks after others"
            if role == before:
                return f"two messages of {role!r} in a row"
            before = role
        if by_assistant == (before in _ASSISTANTS):
            return ""
        return "ends without an answer" if by_assistant else "a prompt that ends with an answer"

    def _message(self, value: object) -> tuple[str, str]:
        """Return who speaks, and what is wrong."""
        if not isinstance(value, dict):
            return "", "a message that is no object"
        entry = cast("dict[str, object]", value)
        role = entry.get("role", entry.get("from"))
        if not isinstance(role, str) or not role:
            return "", "a message of nobody"
        if None in entry.values():
            return role, "a null: leave out what is not there"
        if "tool_calls" in entry:
            return role, _tool_arguments(entry, self._tools_as)
        return role, _content(entry.get("content", entry.get("value")))


def _content(value: object) -> str:
    if isinstance(value, str):
        return "an empty turn" if _is_blank(value) else ""
    if not isinstance(value, list):
        return "a turn without content"
    parts = cast("list[dict[str, object]]", value)
    if not any(part.get("type") == "text" and str(part.get("text")).strip() for part in parts):
        return "an empty turn"
    return "a null: leave out what is not there" if any(None in p.values() for p in parts) else ""


def _is_blank(text: str) -> bool:
    """Return whether there is nothing in a text; ``strip`` would copy most of them."""
    return not text or text.isspace()


def _tool_arguments(entry: Mapping[str, object], wanted: type) -> str:
    for call in cast("list[dict[str, dict[str, object]]]", entry.get("tool_calls", [])):
        found = call.get("function", {}).get("arguments")
        if not isinstance(found, wanted):
            return f"arguments of a tool are {type(found).__name__}, not {wanted.__name__}"
    return ""


def _count_placeholders(value: object) -> int:
    if isinstance(value, str):
        return value.count(_PLACEHOLDER)
    total = 0
    for message in cast("list[dict[str, object]]", value):
        content = message.get("content", message.get("value"))
        if isinstance(content, str):
            total += content.count(_PLACEHOLDER)
        else:
            parts = cast("list[dict[str, object]]", content)
            total += sum(1 for part in parts if part.get("type") == "image")
    return total


def _first(check: Check, values: Iterable[object]) -> str:
    """Return what is wrong with the first value with which something is."""
    for value in values:
        wrong = check(value)
        if wrong:
            return wrong
    return ""


def _text(value: object) -> str:
    return "" if isinstance(value, str) and not _is_blank(value) else "no text"


def _texts(value: object) -> str:
    if not isinstance(value, list) or not value:
        return "no texts"
    return _first(_text, cast("list[object]", value))


def _flag(value: object) -> str:
    return "" if isinstance(value, bool) else f"{value!r} is neither true nor false"


def _flags(value: object) -> str:
    if not isinstance(value, list) or not value:
        return "no labels"
    return _first(_flag, cast("list[object]", value))


def _number(value: object) -> str:
    return "" if isinstance(value, float) and math.isfinite(value) else f"{value!r} is no number"


def _pictures(value: object) -> str:
    if not isinstance(value, list) or not value:
        return "no images in a file of images"
    return _first(_picture, cast("list[object]", value))


def _picture(value: object) -> str:
    if isinstance(value, bytes):
        known = value.startswith(_MAGIC)
    elif isinstance(value, dict):
        known = _picture(cast("dict[str, object]", value).get("bytes")) == ""
    else:
        known = isinstance(value, str) and value.startswith(
            ("data:image/png;", "data:image/jpeg;", "data:image/webp;", "images/")
        )
    return "" if known else "an image that is neither PNG, JPEG nor WebP"


def _meta(value: object) -> str:
    if not isinstance(value, dict):
        return "is no object"
    entries = cast("dict[str, object]", value)
    if None not in entries.values():
        return ""
    return f"{next(name for name, item in entries.items() if item is None)} is null"
