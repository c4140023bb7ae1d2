"""Whether two values are the same, and how a value is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

RELATIVE, ABSOLUTE = 1e-6, 1e-9
_LONGEST = 160
_DEEPEST = 60


def same(first: Any, second: Any, *, exactly: bool = False, depth: int = 0) -> bool:  # noqa: ANN401 - any values
    """Whether values agree as ``==`` says, floats within a millionth, NaN with NaN.

    ``exactly``: floats have to be equal.
    """
    if isinstance(first, float) and isinstance(second, int | float):
        return _near(first, second, exactly=exactly)
    if isinstance(second, float) and isinstance(first, int):
        return _near(second, first, exactly=exactly)
    if depth > _DEEPEST or type(first) is not type(second):
        return _equal(first, second, exactly=exactly)
    if isinstance(first, list | tuple):
        others = cast("list[Any]", second)
        mine = cast("list[Any]", first)
        return len(mine) == len(others) and all(
            same(one, other, exactly=exactly, depth=depth + 1)
            for one, other in zip(mine, others, strict=True)
        )
    if isinstance(first, Mapping):
        one, other = cast("dict[Any, Any]", first), cast("dict[Any, Any]", second)
        return one.keys() == other.keys() and all(
            same(one[key], other[key], exactly=exactly, depth=depth + 1) for key in one
        )
    return _equal(first, second, exactly=exactly)


def _near(first: float, second: float, *, exactly: bool) -> bool:
    try:
        if math.isnan(first) or math.isnan(second):
            return math.isnan(first) and math.isnan(second)
        near = math.isclose(first, second, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    except OverflowError:  # an integer beyond all floats
        return False
    return first == second if exactly else near


def _equal(first: Any, second: Any, *, exactly: bool) -> bool:  # noqa: ANN401 - any values
    """Compare what has elements of its own (arrays, tables) by their lists, labels included."""
    if first is second:  # pandas' missing values equal nothing, themselves included
        return True
    lists = _lists(first), _lists(second)
    if None not in lists:
        return same(*lists, exactly=exactly, depth=_DEEPEST // 2)
    try:
        return bool(first == second)
    except (TypeError, ValueError, RecursionError):
        return False


def _lists(value: Any) -> list[Any] | None:  # noqa: ANN401 - any value
    """The elements of an array, those of a series or table with their labels; None of others."""
    if hasattr(value, "iloc") and hasattr(value, "columns"):
        columns = [value.iloc[:, place].tolist() for place in range(len(value.columns))]
        return [value.index.tolist(), value.columns.tolist(), columns]
    if hasattr(value, "iloc"):
        return [value.index.tolist(), value.tolist()]
    return [value.tolist()] if hasattr(value, "tolist") else None


def told(value: object) -> str:
    """Return the value as Python writes it, its middle left out where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number too long to write, a list too deep
        return f"({type(value).__name__}, too long to write)"
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST // 2]}...{text[-_LONGEST // 4 :]}"


def told_call(function: str, args: tuple[object, ...]) -> str:
    """Return a call as it is written."""
    return f"{function}({', '.join(told(argument) for argument in args)})"
