"""Programs as syntax trees: parsed once for all steps, and compared by their shape."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from critique_loop.curation.statements import Statement, statements_of
from critique_loop.curation.texts import key

LONGEST_PROGRAM: Final = 200_000
"""Characters of the longest program that is parsed; a longer one counts as not parseable."""

FEWEST_NODES: Final = 12
"""Nodes of the smallest tree that is somebody's work: `return a + b` is everybody's."""
_BEGIN = re.compile(r"^(?=[^\s#)\]}])(?!(?:else|elif|except|finally)\b)", re.MULTILINE)
_DECORATED = re.compile(r"^@", re.MULTILINE)
_LONGEST_PART = 1_000


class Shape(NamedTuple):
    """A key of a program that doesn't see names, comments, docstrings, annotations; its size."""

    key: int
    nodes: int


def parsed(code: str) -> ast.Module | None:
    """Return a program's tree, None where Python (or this limit) does not take it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old programs have escapes that Python now warns of
        return _parsed(code)


def _parsed(code: str) -> ast.Module | None:
    if len(code) > LONGEST_PROGRAM:
        return None
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # ValueError: a null byte; the last two: too deeply nested


@lru_cache(maxsize=16)  # rows go through all steps one by one: the same program is asked for again
def shape_of(code: str, *, constants: bool = True) -> Shape | None:
    """Return the shape of a program, None where it can't be parsed or does nothing.

    Without ``constants`` only their types are seen.
    """
    if len(code) > LONGEST_PROGRAM:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = _told_by_parts(code, constants) or _told.__wrapped__(code, constants)
    return shape_of_statements(told) if told else None


def shape_of_statements(statements: Sequence[Statement]) -> Shape:
    """Return the shape of statements in a row; their names are numbered anew by first use."""
    numbers: dict[str, int] = {}
    told: list[int] = []
    for statement in statements:
        names = [numbers.setdefault(name, len(numbers)) for name in statement.names]
        told += (statement.key, len(names), *names)
    nodes = sum(statement.nodes for statement in statements)
    return Shape(key(" ".join(map(str, told))), nodes)


def _told_by_parts(code: str, constants: bool) -> Sequence[Statement] | None:
    """Return the statements of a program that is parsed part by part, None where that fails.

    Programs of one craft share most of their statements, so that few parts must be parsed. Where
    every part is a program, all of them in a row are the whole: a string or a bracket that goes
    over the end of one leaves it open, which is an error.
    """
    if _DECORATED.search(code):
        return None
    found: list[Statement] = []
    for part in _BEGIN.split(code):
        told = (_told if len(part) <= _LONGEST_PART else _told.__wrapped__)(part, constants)
        if told is None:
            return None
        found += told
    return found


@lru_cache(maxsize=2**13)
def _told(part: str, constants: bool) -> tuple[Statement, ...] | None:
    tree = _parsed(part)
    return None if tree is None else statements_of(tree.body, constants=constants)


def functions_of(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions of a program, inner ones and methods included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
