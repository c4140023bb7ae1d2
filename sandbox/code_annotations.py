"""What of a draft is annotated, and what of it the task's signature asks to be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_SAYS_NOTHING = {"Any", "typing.Any", "object"}
_NOT_CHECKED = {"no_type_check", "no_type_check_decorator", "MYPY"}
_TYPE_CHECKING = "TYPE_CHECKING"


@dataclass(frozen=True, slots=True)
class Annotations:
    """Which functions are annotated.

    ``missing`` names the parameters (and "return") of the entry point that the signature annotates
    and the draft does not. ``why_not`` says why the draft's types can't be judged, "" if they can.
    """

    entry_point: str = ""
    functions: int = 0
    annotated: int = 0
    missing: tuple[str, ...] = ()
    bare: tuple[range, ...] = ()
    why_not: str = ""

    def cover(self, line: int) -> bool:
        """Whether the line is in no function without annotations."""
        return not any(line in lines for lines in self.bare)


def read_annotations(code: str, signature: str, entry_point: str) -> Annotations:
    """Compare a draft with the signature that was asked for."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Annotations(why_not=f"the draft can't be parsed ({type(error).__name__})")
    if _hides(tree):
        return Annotations(why_not="the draft keeps parts of itself from type checkers")
    functions = [node for node in ast.walk(tree) if isinstance(node, _Function)]
    bare = [node for node in functions if not _said(node)]
    return Annotations(
        entry_point=entry_point,
        functions=len(functions),
        annotated=len(functions) - len(bare),
        missing=_missing(tree, signature, entry_point),
        bare=tuple(range(node.lineno, (node.end_lineno or node.lineno) + 1) for node in bare),
    )


def _missing(tree: ast.Module, signature: str, entry_point: str) -> tuple[str, ...]:
    try:
        asked = _find(ast.parse(signature), entry_point)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found = _find(tree, entry_point)
    if asked is None or found is None:
        return ()
    said, wanted = _said(found), _said(asked)
    return tuple(
        name
        for name, annotation in wanted.items()
        if annotation not in _SAYS_NOTHING and said.get(name, "Any") in _SAYS_NOTHING
    )


def _find(tree: ast.Module, name: str) -> _Function | None:
    found = [node for node in tree.body if isinstance(node, _Function) and node.name == name]
    return found[-1] if found else None


def _said(function: _Function) -> dict[str, str]:
    """The annotations of a function by parameter, and of what it returns."""
    said = {one.arg: one.annotation for one in _parameters(function.args)}
    said["return"] = function.returns
    return {name: ast.unparse(node) for name, node in said.items() if node is not None}


def _parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    yield from (one for one in (arguments.vararg, arguments.kwarg) if one is not None)


def _hides(tree: ast.Module) -> bool:
    """Whether code is marked as not to be checked, beyond imports for type checkers alone."""
    harmless = {
        id(node.test)
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        and not node.orelse
        and all(isinstance(line, ast.Import | ast.ImportFrom) for line in node.body)
    }
    names = [(_name(node), id(node)) for node in ast.walk(tree)]
    return any(
        name in _NOT_CHECKED or (name == _TYPE_CHECKING and number not in harmless)
        for name, number in names
    )


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.alias) and node.asname and node.name == _TYPE_CHECKING:
        return "MYPY"  # under another name it can't be followed
    return node.name if isinstance(node, ast.alias) and node.name in _NOT_CHECKED else ""
