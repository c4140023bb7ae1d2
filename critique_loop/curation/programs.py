"""Programs as syntax trees: parsed once for all steps, and compared by their shape."""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, NamedTuple, cast

from critique_loop.curation.texts import key

LONGEST_PROGRAM: Final = 200_000
"""Characters of the longest program that is parsed; a longer one counts as not parseable."""

FEWEST_NODES: Final = 12
"""Nodes of the smallest tree that is somebody's work: `return a + b` is everybody's."""

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


class _Field(NamedTuple):
    name: str
    gives_name: bool


class Shape(NamedTuple):
    """Two keys of a program that don't see its names, comments, docstrings and annotations.

    ``exact`` sees its constants, ``masked`` only their types; ``nodes`` says how much there is.
    """

    exact: int
    masked: int
    nodes: int


@lru_cache(maxsize=16)  # rows go through all steps one by one: the same program is asked for again
def parsed(code: str) -> ast.Module | None:
    """Return a program's tree, None where Python (or this limit) does not take it."""
    if len(code) > LONGEST_PROGRAM:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old programs have escapes that Python now warns of
        try:
            return ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None  # ValueError: a null byte; the last two: too deeply nested


@lru_cache(maxsize=16)
def shape_of(code: str) -> Shape | None:
    """Return the shape of a program, None where it can't be parsed or does nothing."""
    tree = parsed(code)
    shape = None if tree is None else shape_of_tree(tree)
    return shape if shape and shape.nodes > 1 else None


def shape_of_tree(tree: ast.AST) -> Shape:
    """Return the shape of a program or of a part of it.

    Names that the program gives are numbered by first use; builtins, attributes and modules are
    what they are.
    """
    told: list[str] = []
    constants: list[int] = []
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
            constants.append(len(told))
            told.append(_spelt(cast("ast.Constant", item).value))
        elif item is None or kind is int:
            told.append(str(item))
        else:
            nodes += 1
            told.append(kind.__name__)
            for name, gives_name in _fields(kind):
                value = getattr(item, name, None)
                stack.append(_numbered(value, numbers) if gives_name else value)
    exact = key("\n".join(told))
    for index in constants:
        told[index] = told[index].partition(" ")[0]
    return Shape(exact, key("\n".join(told)), nodes)


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions of a program, inner ones and methods included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


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
