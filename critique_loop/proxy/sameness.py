"""Programs as texts that are equal where they do the same, whatever they look like.

Left out is only what no program can tell: comments, layout, docstrings that nothing reads, the
order of imports that bind different names, and the names of variables of a function. Parameters and
the names of a module are kept, since callers and tests use them.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from itertools import groupby

_READS_DOCSTRINGS = re.compile(r"__doc__|doctest|getdoc")
_SEES_NAMES = frozenset({"locals", "vars", "dir", "eval", "exec"})
_WORD = re.compile(r"\w+")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_OWN_SCOPE = (
    *(*_FUNCTIONS, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
_IMPORTS = (ast.Import, ast.ImportFrom)


def normal(code: str) -> str:
    """Return a text that is equal for programs that do the same; one that does not parse as is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a text is no matter here
            tree = ast.parse(code)
        if not _READS_DOCSTRINGS.search(code):
            _drop_docstrings(tree)
        _sort_imports(tree)
        _rename_locals(tree)
        return ast.dump(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code


def _drop_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef, ast.Module)) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:] or [ast.Pass()]


def _sort_imports(tree: ast.Module) -> None:
    """Sort each run of imports at the top level, one name a statement."""
    body: list[ast.stmt] = []
    for is_import, found in groupby(tree.body, lambda node: isinstance(node, _IMPORTS)):
        run = list(found)
        body += _sorted(run) if is_import else run
    tree.body = body


def _sorted(run: list[ast.stmt]) -> list[ast.stmt]:
    single = [_alone(node, alias) for node in run for alias in _aliases(node)]
    bound = [_bound(alias) for node in run for alias in _aliases(node)]
    if len(set(bound)) < len(bound) or "*" in bound:
        return run  # the last one counts, so their order does
    return sorted(single, key=ast.dump)


def _aliases(node: ast.stmt) -> Sequence[ast.alias]:
    return node.names if isinstance(node, _IMPORTS) else ()


def _alone(node: ast.stmt, alias: ast.alias) -> ast.stmt:
    if isinstance(node, ast.ImportFrom):
        return ast.ImportFrom(node.module, [alias], node.level)
    return ast.Import([alias])


def _bound(alias: ast.alias) -> str:
    """Return the name that an import binds; ``import a.b`` and ``import a.c`` bind a and more."""
    return alias.asname or alias.name


def _rename_locals(tree: ast.Module) -> None:
    """Number the variables of each function, in the order in which they stand there."""
    number = 0
    for function in [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]:
        names: dict[str, str] = {}
        wanted = _renamable(function)
        for node in _in_order(function):
            if isinstance(node, ast.Name) and node.id in wanted:
                if node.id not in names:
                    number += 1
                    names[node.id] = f"${number}"
                node.id = names[node.id]


def _renamable(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Return the variables of its own scope that nothing but plain names refers to."""
    inside = [node for node in ast.walk(function) if node is not function]
    if any(isinstance(node, ast.ClassDef) for node in inside):
        return set()
    if any(isinstance(node, ast.Name) and node.id in _SEES_NAMES for node in inside):
        return set()
    stored = {
        node.id
        for node in _own_nodes(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return stored - {name for node in inside for name in _spoken(node)}


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(function):
        yield child
        if not isinstance(child, _OWN_SCOPE):
            yield from _own_nodes(child)


def _spoken(node: ast.AST) -> Iterator[str]:
    """Yield names that stand for a variable in another way than as a plain name."""
    match node:
        case ast.arg():
            yield node.arg
        case ast.Global() | ast.Nonlocal():
            yield from node.names
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield node.name
        case ast.alias():
            yield _bound(node).partition(".")[0]
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
            yield node.name or ""
        case ast.MatchMapping():
            yield node.rest or ""
        case ast.Constant(value=str() as text):
            yield from _WORD.findall(text)  # a text may be evaluated: df.query("pay > @least")
        case _:
            pass


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)
