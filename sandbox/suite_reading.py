"""Which statements of plain tests are tests: those that can fail by what the draft does.

An ``assert`` is one anywhere. So is a statement that leads to the draft and calls what may judge:
a function of the tests that can fail, or something out of a library (``np.testing``, say). All
other statements prepare what follows them.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_PREPARING = (
    *(*_DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.AugAssign),
    *(ast.Delete, ast.Global, ast.Nonlocal, ast.Pass),
)


class Statement(NamedTuple):
    """One statement; a test if ``name`` isn't empty."""

    node: ast.stmt
    name: str


def statements_of(
    body: Sequence[ast.stmt], module: str, *, given: Collection[str] = ()
) -> list[Statement]:
    """Return the statements; the names ``given`` and those of ``module`` are the draft's."""
    reading = _Reading(body, module, given)
    seen = 0
    found: list[Statement] = []
    for node in body:
        is_test = reading.is_test(node)
        seen += is_test
        found.append(Statement(node, f"assert {seen}" if is_test else ""))
    return found


def unmade(nodes: Sequence[ast.AST]) -> set[str]:
    """Return the names that are used without being defined or imported: they are the draft's."""
    used, made = set[str](), set[str]()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        else:
            made |= set(_names_made(node))
    return used - made - vars(builtins).keys()


def flattened(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return the statements, with those that are only for a run as ``__main__`` in their place."""
    found: list[ast.stmt] = []
    for node in body:
        found += node.body if isinstance(node, ast.If) and _is_for_main(node.test) else [node]
    return found


def is_generator(function: ast.FunctionDef) -> bool:
    """Return whether a call of it runs nothing of it."""
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _own(function))


def _own(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield what is in a function, but not in those that it defines."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*_DEFINITIONS, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def _is_for_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.Eq)
    )


def _names_made(node: ast.AST) -> Iterator[str]:
    if isinstance(node, _DEFINITIONS):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)


def _made_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement gives a meaning to."""
    if isinstance(node, _DEFINITIONS):
        return {node.name}
    stored = (each for each in ast.walk(node) if isinstance(each, ast.Name))
    return {*_names_made(node), *(n.id for n in stored if isinstance(n.ctx, ast.Store))}


class _Reading:
    """What each name leads to: ``reaching`` ones to the draft, ``tools`` to what may judge."""

    def __init__(self, body: Sequence[ast.stmt], module: str, given: Collection[str]) -> None:
        self._module = module
        self._reaching = {*given, *unmade(body)}
        self._tools: set[str] = set()
        for node in (inner for outer in body for inner in ast.walk(outer)):
            if isinstance(node, (ast.Import, ast.ImportFrom)) and not self._reaches(node):
                self._tools |= set(_names_made(node))
        size = -1
        while size != len(self._reaching) + len(self._tools):
            size = len(self._reaching) + len(self._tools)
            for node in body:
                self._learn(node)

    def is_test(self, node: ast.stmt) -> bool:
        """Return whether a statement is a test."""
        if isinstance(node, _PREPARING):
            return False
        if any(isinstance(inner, ast.Assert) for inner in ast.walk(node)):
            return True
        return self._reaches(node) and self._can_fail(node)

    def _learn(self, node: ast.stmt) -> None:
        made = _made_by(node)
        if self._reaches(node):
            self._reaching |= made
        if isinstance(node, ast.FunctionDef):
            judges = not is_generator(node)
        else:  # a coroutine that nobody awaits runs nothing
            judges = isinstance(node, ast.ClassDef) or not (
                self._reaches(node) or isinstance(node, ast.AsyncFunctionDef)
            )
        if judges and self._can_fail(node):
            self._tools |= made

    def _reaches(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.ImportFrom):
            return node.module == self._module
        if isinstance(node, ast.Import):
            return any(alias.name == self._module for alias in node.names)
        return bool(_used_in(node) & self._reaching)

    def _can_fail(self, node: ast.stmt) -> bool:
        return any(
            isinstance(inner, (ast.Assert, ast.Raise))
            or (isinstance(inner, ast.Call) and _root(inner) in self._tools)
            for inner in ast.walk(node)
        )


def _used_in(node: ast.AST) -> set[str]:
    names = (each for each in ast.walk(node) if isinstance(each, ast.Name))
    return {name.id for name in names if isinstance(name.ctx, ast.Load)}


def _root(node: ast.expr) -> str:
    """Return the name that a call begins with, "" for none."""
    inner: ast.expr = node
    while not isinstance(inner, ast.Name):
        if isinstance(inner, ast.Call):
            inner = inner.func
        elif isinstance(inner, (ast.Attribute, ast.Subscript)):
            inner = inner.value
        else:
            return ""
    return inner.id
