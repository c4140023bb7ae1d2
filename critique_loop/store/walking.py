"""All texts of a value of this package, but for those that are names out of closed lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, cast

from critique_loop.store.fields import UNTOUCHED


class Visitor:
    """What is to become of texts and of whole values; as it is, it leaves all as it was."""

    def text(self, text: str, *, owner: type, field: str) -> str:
        """Return what is to stand in this field of an object of the type ``owner``."""
        del owner, field
        return text

    def value(self, value: Any, was: Any) -> Any:  # noqa: ANN401 - any dataclass
        """Return what is to stand for an object whose fields have been visited."""
        del was
        return value


def visited(value: Any, visitor: Visitor) -> Any:  # noqa: ANN401 - any value
    """Return ``value`` with everything in it as ``visitor`` wants it."""
    return _visited(value, visitor, object, "")


def texts_of(value: object) -> Iterator[str]:
    """Yield all texts that a visitor sees, and the names that files are kept under."""
    found: list[str] = []

    class Reader(Visitor):
        def text(self, text: str, *, owner: type, field: str) -> str:
            del owner, field
            found.append(text)
            return text

    visited(value, Reader())
    return iter(found)


def _visited(value: Any, visitor: Visitor, owner: type, field: str) -> Any:  # noqa: ANN401 - any value
    if value is None or isinstance(value, Enum | bool | int | float | bytes):
        return value
    if isinstance(value, str | Path):
        kind = str if isinstance(value, str) else Path
        return kind(visitor.text(str(value), owner=owner, field=field))

    def inner(item: object) -> object:
        return _visited(item, visitor, owner, field)

    if isinstance(value, Mapping):
        entries = cast("Mapping[object, object]", value)
        return {inner(key): inner(item) for key, item in entries.items()}
    if isinstance(value, tuple | list):
        items = [inner(item) for item in cast("tuple[object, ...] | list[object]", value)]
        return tuple(items) if isinstance(value, tuple) else items
    return _visited_fields(value, visitor)


def _visited_fields(value: Any, visitor: Visitor) -> Any:  # noqa: ANN401 - any dataclass
    if not is_dataclass(value) or isinstance(value, type):
        return value
    kind = type(value)
    closed = UNTOUCHED.get(kind, frozenset())
    changed = {
        field.name: _visited(getattr(value, field.name), visitor, kind, field.name)
        for field in fields(value)
        if field.name not in closed
    }
    return visitor.value(replace(value, **changed), value)
