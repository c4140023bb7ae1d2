"""Calls of the function that tests and docstrings write out, read without running anything."""

from __future__ import annotations

import ast
import doctest
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from code_request import CodeRequest, SuiteText

_MOST = 400
_LONGEST = 10_000
_CONTAINERS: dict[str, Callable[[Any], Any]] = {
    kind.__name__: kind for kind in (list, tuple, set, frozenset, sorted, float, range)
}
_NO_NAMES: Mapping[str, object] = {}
Names = dict[str, object]


@dataclass(frozen=True, slots=True)
class Example:
    """One call. ``refused``: an exception is expected. What is ``hidden`` must never be told."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    hidden: bool = False
    refused: bool = False


def examples(asked: CodeRequest) -> tuple[Example, ...]:
    """Return the calls of the entry point whose arguments are written out; visible ones first."""
    stub = SuiteText("doctest", asked.signature)
    found: list[Example] = []
    for suite in sorted((stub, *asked.suites), key=lambda suite: suite.hidden):
        try:
            found += _of_suite(suite, asked.entry_point)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue  # a suite that can't be read is told of where it is run
    return tuple(found[:_MOST])


def _of_suite(suite: SuiteText, name: str) -> Iterator[Example]:
    if suite.kind == "program":
        return
    if suite.kind == "calls":
        yield from _of_calls(suite, name)
        return
    source = suite.source
    if suite.kind == "doctest":
        parts = doctest.DocTestParser().get_examples(source)
        refusing = {part.source for part in parts if part.exc_msg is not None}
        for part in parts:
            reader = _Reader({name}, hidden=suite.hidden)
            yield from reader.calls(ast.parse(part.source), refused=part.source in refusing)
        return
    names = {name, "candidate"} if suite.kind == "check" else {name}
    yield from _Reader(names, hidden=suite.hidden).calls(ast.parse(source))


def _of_calls(suite: SuiteText, name: str) -> Iterator[Example]:
    listed: Any = json.loads(suite.source)
    for call in cast("list[Any]", listed) if isinstance(listed, list) else []:
        given = cast("dict[str, Any]", call if isinstance(call, dict) else {})
        args, kwargs = given.get("input"), given.get("kwargs", {})
        is_call = isinstance(args, list) and isinstance(kwargs, dict)
        if is_call and given.get("function", name) == name:
            named = cast("dict[str, Any]", kwargs)
            refused = bool(given.get("raises"))
            yield Example(tuple(cast("list[Any]", args)), named, suite.hidden, refused)


class _Reader:
    """Finds calls of some names in a parsed file, and the values of their arguments."""

    def __init__(self, names: set[str], *, hidden: bool) -> None:
        self._names = names
        self._hidden = hidden
        self._found: list[Example] = []

    def calls(self, tree: ast.Module, *, refused: bool = False) -> list[Example]:
        """Return the calls in the order in which they are written."""
        self._block(tree.body, {}, refused=refused)
        return self._found

    def _block(self, body: Sequence[ast.stmt], names: Names, *, refused: bool) -> None:
        for statement in body:
            inner = getattr(statement, "body", None)
            if not isinstance(inner, list):
                self._expressions(statement, names, refused=refused)
                _remember(statement, names)
                continue
            is_try = isinstance(statement, ast.Try)
            for row in _bindings(statement, names):
                # What a block of a function or a loop binds is not known after it.
                own = {**names, **row} if row else names
                expected = refused or is_try or _expects_refusal(statement)
                self._block(cast("list[ast.stmt]", inner), own, refused=expected)

    def _expressions(self, statement: ast.stmt, names: Names, *, refused: bool) -> None:
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
        for call in calls:
            if _called(call) in self._names:
                try:
                    args = tuple(_value(argument, names) for argument in call.args)
                    kwargs = {str(k.arg): _value(k.value, names) for k in call.keywords if k.arg}
                except ValueError:
                    continue
                if len(kwargs) == len(call.keywords):
                    self._found.append(Example(args, kwargs, self._hidden, refused))


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _expects_refusal(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.With | ast.AsyncWith):
        return False
    contexts = [item.context_expr for item in statement.items]
    return any(
        isinstance(node, ast.Call) and _called(node) in {"raises", "assertRaises"}
        for node in contexts
    )


def _bindings(statement: ast.stmt, names: Names) -> list[dict[str, object]]:
    """What the names of a block stand for, once for each time that it runs."""
    if isinstance(statement, ast.For):
        return _turns(statement, names)
    return _rows(statement, names)


def _remember(statement: ast.stmt, names: Names) -> None:
    """Note what a name stands for; one that is changed in a way not understood is forgotten."""
    for node in ast.walk(statement):
        owner = node.func if isinstance(node, ast.Call) else node
        if isinstance(owner, ast.Attribute | ast.Subscript) and isinstance(owner.value, ast.Name):
            names.pop(owner.value.id, None)
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        names.pop(statement.target.id, None)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(statement, ast.Assign) and isinstance(target, ast.Name):
        try:
            names[target.id] = _value(statement.value, names)
        except ValueError:
            names.pop(target.id, None)


def _turns(loop: ast.For, names: Names) -> list[dict[str, object]]:
    """The values that a loop's variables take, where they are written out."""
    try:
        rows = _value(loop.iter, names)
    except ValueError:
        return [{}]
    return _bound(loop.target, rows)


def _rows(function: ast.AST, names: Names) -> list[dict[str, object]]:
    """The values that pytest's parametrize gives to a test, one empty row where it gives none."""
    given: list[dict[str, object]] = [{}]
    for mark in getattr(function, "decorator_list", []):
        if not (
            isinstance(mark, ast.Call) and _called(mark) == "parametrize" and len(mark.args) > 1
        ):
            continue
        try:
            told, rows = _value(mark.args[0], names), _value(mark.args[1], names)
        except ValueError:
            continue
        parts = told.split(",") if isinstance(told, str) else cast("Sequence[object]", told)
        targets: list[ast.expr] = [ast.Name(str(part).strip()) for part in parts]
        target = targets[0] if len(targets) == 1 else ast.Tuple(targets)
        given = [{**one, **row} for one in given for row in _bound(target, rows)][:_MOST]
    return given


def _bound(target: ast.expr, rows: object) -> list[dict[str, object]]:
    bound: list[dict[str, object]] = []
    for row in list(cast("Any", rows))[:_MOST] if isinstance(rows, list | tuple | range) else []:
        if isinstance(target, ast.Name):
            bound.append({target.id: row})
        elif isinstance(target, ast.Tuple) and isinstance(row, list | tuple):
            parts = zip(target.elts, cast("Sequence[object]", row), strict=False)
            bound.append({part.id: value for part, value in parts if isinstance(part, ast.Name)})
    return bound


def _value(node: ast.expr, names: Mapping[str, object] = _NO_NAMES) -> Any:  # noqa: ANN401 - any
    """Return what an expression of literals and known names stands for.

    Raises:
        ValueError: it is none.
    """
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        items = [_value(item, names) for item in node.elts]
        return {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)](items)
    if isinstance(node, ast.Dict):
        keys = [_value(key, names) if key else _refuse() for key in node.keys]
        return dict(zip(keys, (_value(value, names) for value in node.values), strict=True))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _made(node.func.id, [_value(argument, names) for argument in node.args])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _repeated(_value(node.left, names), _value(node.right, names))
    return ast.literal_eval(node)


def _refuse() -> Any:  # noqa: ANN401 - never returns
    raise ValueError("not written out")


def _made(kind: str, args: list[Any]) -> Any:  # noqa: ANN401 - any value
    numbers = [abs(argument) for argument in args if isinstance(argument, int)]
    if kind not in _CONTAINERS or max(numbers, default=0) > _LONGEST:
        return _refuse()
    try:
        return _CONTAINERS[kind](*args)
    except TypeError as error:
        raise ValueError(str(error)) from error


def _repeated(left: Any, right: Any) -> Any:  # noqa: ANN401 - any value
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left * right
    if isinstance(left, list | str | tuple) and isinstance(right, int):
        row = cast("Any", left)
        return row * right if len(row) * right <= _LONGEST else _refuse()
    return _refuse()
