"""Operators of mutation that change, move or remove statements."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import copy

from mutation_places import Edit, Scope

Edits = Iterator[Edit]

ERRORS = {"ValueError": "KeyError", "KeyError": "ValueError"}
LEAVING = ast.Return | ast.Raise | ast.Continue | ast.Break


def statement_missing(node: ast.AST, _: Scope) -> Edits:
    """A statement that was forgotten."""
    if isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Delete | LEAVING):
        operator = "return_missing" if isinstance(node, ast.Return) else "statement_missing"
        yield Edit(operator, [])


def guard_missing(node: ast.AST, scope: Scope) -> Edits:
    """A base case or an edge case that nobody thought of; a branch that was forgotten."""
    if not isinstance(node, ast.If):
        return
    if isinstance(node.body[-1], LEAVING) and not node.orelse:
        yield Edit("guard_missing", [])
    if node.orelse and not _is_elif(node, scope):
        new = copy(node)
        new.orelse = []
        yield Edit("else_missing", new)


def _is_elif(node: ast.If, scope: Scope) -> bool:
    parent = scope.parents.get(node)
    return isinstance(parent, ast.If) and parent.orelse == [node]


def left_otherwise(node: ast.AST, _: Scope) -> Edits:
    """A loop that goes on where it should end, or the other way round; another error raised."""
    if isinstance(node, ast.Break):
        yield Edit("break_continue", [ast.Continue()])
    if isinstance(node, ast.Continue):
        yield Edit("break_continue", [ast.Break()])
    if (
        isinstance(node, ast.Raise)
        and isinstance(node.exc, ast.Call)
        and isinstance(node.exc.func, ast.Name)
        and node.exc.func.id in ERRORS
    ):
        error = ast.Name(ERRORS[node.exc.func.id], ast.Load())
        yield Edit("wrong_error", [ast.Raise(ast.Call(error, node.exc.args, []), node.cause)])


def left_early(node: ast.AST, _: Scope) -> Edits:
    """A return that slipped into the loop before it."""
    if not isinstance(node, ast.FunctionDef) or len(node.body) <= 1:
        return
    *before, loop, last = node.body
    if isinstance(loop, ast.For | ast.While) and isinstance(last, ast.Return):
        inner = copy(loop)
        inner.body = [*loop.body, last]
        new = copy(node)
        new.body = [*before, inner]
        yield Edit("return_in_loop", new)


def shared_default(node: ast.AST, _: Scope) -> Edits:
    """A list or dictionary that is made once, as a default, and kept from call to call."""
    if not isinstance(node, ast.FunctionDef):
        return
    for place, statement in enumerate(node.body):
        target, value = _assigned(statement)
        is_fresh = (isinstance(value, ast.List) and not value.elts) or (
            isinstance(value, ast.Dict) and not value.keys
        )
        if not target or not value or not is_fresh:
            continue
        new = copy(node)
        new.body = [*node.body[:place], *node.body[place + 1 :]]
        new.args = copy(node.args)
        new.args.args = [*node.args.args, ast.arg(target)]
        new.args.defaults = [*node.args.defaults, value]
        yield Edit("mutable_default", new)


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id, statement.value
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id, statement.value
    return "", None


def default_changed(node: ast.AST, _: Scope) -> Edits:
    """Another default of a parameter."""
    if not isinstance(node, ast.FunctionDef):
        return
    for place, default in enumerate(node.args.defaults):
        if isinstance(default, ast.Tuple) and len(default.elts) > 1:
            new = copy(node)
            new.args = copy(node.args)
            new.args.defaults = [*node.args.defaults]
            new.args.defaults[place] = ast.Tuple(default.elts[::-1], ast.Load())
            yield Edit("default_changed", new)


def import_missing(node: ast.AST, _: Scope) -> Edits:
    """An import that was forgotten, or one of its names."""
    if isinstance(node, ast.Import):
        yield Edit("import_missing", [])
    if isinstance(node, ast.ImportFrom):
        for name in node.names:
            kept = [other for other in node.names if other is not name]
            new: list[ast.stmt] = [ast.ImportFrom(node.module, kept, 0)] if kept else []
            yield Edit("import_missing", new)


def sorted_in_place(node: ast.AST, scope: Scope) -> Edits:
    """An argument that is sorted itself, where a sorted copy was wanted."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
        return
    call = node.value
    if (
        isinstance(call.func, ast.Name)
        and call.func.id == "sorted"
        and isinstance(call.args[0], ast.Name)
        and call.args[0].id in scope.names.get(node, ())
    ):
        sort = ast.Call(ast.Attribute(call.args[0], "sort", ast.Load()), [], call.keywords)
        yield Edit("sorted_in_place", [ast.Expr(sort), ast.Assign(node.targets, call.args[0])])


def slower(node: ast.AST, _: Scope) -> Edits:
    """The same answer, with work that grows with what is there already."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return
    call = node.value
    if (
        isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.attr == "append"
    ):
        name = call.func.value.id
        longer = ast.BinOp(ast.Name(name, ast.Load()), ast.Add(), ast.List(call.args, ast.Load()))
        yield Edit("copied_on_append", [ast.Assign([ast.Name(name, ast.Store())], longer)])
        again = ast.Call(ast.Name("sorted", ast.Load()), [call.func.value], [])
        yield Edit("sorted_again", [node, ast.Expr(again)])


OPERATORS: tuple[Callable[[ast.AST, Scope], Edits], ...] = (
    statement_missing,
    guard_missing,
    left_otherwise,
    left_early,
    shared_default,
    default_changed,
    import_missing,
    sorted_in_place,
    slower,
)
