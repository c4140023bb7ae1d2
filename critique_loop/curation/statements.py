"""Statements without what does not change what they do: names, comments, annotations."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, NamedTuple, cast

from critique_loop.curation.texts import key

_BUILTINS: Final = frozenset(dir(builtins))
_SKIPPED: Final = frozenset({"ctx", "type_comment", "kind", "returns", "annotation"})
_NAMES: Final = frozenset(
    {
        (ast.Name, "id"),
        (ast.arg, "arg"),
        (ast.FunctionDef, "name"),
        (ast.AsyncFunctionDef, "name"),
        (ast.ClassDef, "name"),
        (ast.ExceptHandler, "name"),
        (ast.alias, "asname"),
        (ast.MatchAs, "name"),
        (ast.MatchStar, "name"),
        (ast.Global, "names"),
        (ast.Nonlocal, "names"),
    }
)


class Statement(NamedTuple):
    """One statement: a key that doesn't see its names, the names by first use, and its size."""

    key: int
    names: tuple[str, ...]
    nodes: int


class _Field(NamedTuple):
    name: str
    gives_name: bool


def statements_of(body: Sequence[ast.stmt], *, constants: bool = True) -> tuple[Statement, ...]:
    """Return statements in a row, without texts that stand alone (docstrings).

    Without ``constants`` only their types are seen.
    """
    spelt = _spelt if constants else _type_name
    return tuple(_statement(node, spelt) for node in body if not _is_docstring(node))


def _statement(tree: ast.stmt, spelt: Callable[[object], str]) -> Statement:
    """Return one statement.

    Names that the program gives are numbered by first use; builtins, attributes and modules are
    what they are.
    """
    told: list[str] = []
    numbers: dict[str, str] = {}
    stack: list[object] = [tree]
    nodes = 0
    while stack:
        item = stack.pop()
        kind = type(item)
        if kind is str:
            told.append(cast("str", item))
        elif kind is list:
            kept = [each for each in cast("list[object]", item) if not _is_docstring(each)]
            told.append(f"[{len(kept)}")
            stack.extend(reversed(kept))
        elif kind is ast.Constant:
            nodes += 1
            told.append(spelt(cast("ast.Constant", item).value))
        elif item is None or kind is int:
            told.append(str(item))
        else:
            nodes += 1
            told.append(kind.__name__)
            for name, gives_name in _fields(kind):
                value = getattr(item, name, None)
                stack.append(_numbered(value, numbers) if gives_name else value)
    return Statement(key("\n".join(told)), tuple(numbers), nodes)


@cache
def _fields(kind: type) -> tuple[_Field, ...]:
    """Return the fields of a kind of node, last one first; a number (of dots) has none."""
    fields: tuple[str, ...] = getattr(kind, "_fields", ())
    return tuple(
        _Field(name, (kind, name) in _NAMES) for name in reversed(fields) if name not in _SKIPPED
    )


def _numbered(name: object, numbers: dict[str, str]) -> object:
    if isinstance(name, list):
        return [_numbered(each, numbers) for each in cast("list[object]", name)]
    if not isinstance(name, str) or name in _BUILTINS:
        return name
    return numbers.setdefault(name, f"#{len(numbers)}")


def _is_docstring(node: object) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _spelt(value: object) -> str:
    """Return a constant's type and text; decimal digits may be too many for Python."""
    text = f"{value:x}" if isinstance(value, int) else repr(value)
    return f"{type(value).__name__} {text}"


def _type_name(value: object) -> str:
    return type(value).__name__
