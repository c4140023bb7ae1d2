"""Which texts of a trace are names that stay, and which are free."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from critique_loop.store.fields import CLOSED, FILES, PROGRAMS, UNTOUCHED, has, is_free
from critique_loop.values import EventBody, Label, Preference, Score

# Decided one by one: here programs, models and persons speak freely, or data is kept.
FREE = {
    "Answer.text", "Call.notes", "Call.reason", "Choice.data",
    "Choice.reasoning", "Choice.text", "Critique.notes", "Decision.advice", "Draft.cut",
    "Draft.explanation", "Draft.not_used", "Draft.reading", "Ended.message", "Evidence.facts",
    "Execution.stderr", "Execution.stdout", "Finding.advice", "Finding.message",
    "Finding.numbers", "Finding.place", "Message.text", "OutputFile.data", "Picture.data",
    "Question.context", "Question.picture", "Question.prompt", "Score.advice", "Score.evidence",
    "Score.unscored", "Suite.source", "Token.others", "Token.text", "Vote.record",
    "Vote.unscored",
}  # fmt: skip
LISTS = (UNTOUCHED, CLOSED, PROGRAMS, FILES)


def parts(hint: Any) -> Iterator[Any]:  # noqa: ANN401 - any hint
    """Yield the types that a hint is made of."""
    yield hint
    for part in typing.get_args(hint):
        yield from parts(part)


def reachable() -> set[type]:
    """Return all dataclasses that a trace can hold."""
    found: set[type] = set()
    todo = [*typing.get_args(EventBody), Label, Preference]
    while todo:
        kind = todo.pop()
        if kind not in found:
            found.add(kind)
            hints = typing.get_type_hints(kind).values()
            inner = [part for hint in hints for part in parts(hint)]
            todo += [part for part in inner if dataclasses.is_dataclass(part)]
    return found


def holds_text(hint: Any) -> bool:  # noqa: ANN401 - any hint
    """Return whether a field of this type can hold texts or bytes of its own."""
    for part in parts(hint):
        origin = typing.get_origin(part)
        if origin is typing.Literal or part in {str, bytes, Path, object}:
            return True
        if isinstance(part, type) and issubclass(part, Enum | int | float | types.NoneType):
            continue
        if origin is not None and issubclass(origin, Mapping):
            return True
    return False


def text_fields() -> list[tuple[type, str]]:
    return [
        (kind, name)
        for kind in sorted(reachable(), key=lambda kind: kind.__name__)
        for name, hint in typing.get_type_hints(kind).items()
        if holds_text(hint)
    ]


def test_every_text_of_a_trace_is_either_listed_as_closed_or_known_to_be_free() -> None:
    free = {f"{kind.__name__}.{name}" for kind, name in text_fields() if is_free(kind, name)}

    assert free == FREE


def test_what_is_listed_is_a_field_and_listed_once() -> None:
    listed = [(kind, name) for fields in LISTS for kind, names in fields.items() for name in names]

    assert len(listed) == len(set(listed))
    assert set(listed) <= set(text_fields())


def test_a_field_that_nobody_has_listed_is_free() -> None:
    @dataclasses.dataclass(frozen=True)
    class Later:
        remark: str

    assert is_free(Later, "remark")
    assert is_free(Score, "remark")


@pytest.mark.parametrize("fields", LISTS)
def test_listed_fields_are_not_free(fields: dict[type, frozenset[str]]) -> None:
    for kind, names in fields.items():
        for name in names:
            assert has(fields, kind, name)
            assert not is_free(kind, name)
