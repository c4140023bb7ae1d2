"""Operators of mutation that change an expression."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import copy

from mutation_places import Edit, Scope

Edits = Iterator[Edit]

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Div,
    ast.Div: ast.FloorDiv,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
}
NEEDLESS_LOOKING = frozenset({"abs", "sorted", "set", "str", "int", "round", "float"})
NEEDLESS_METHODS = frozenset(
    {
        "strip",
        "rstrip",
        "lstrip",
        "lower",
        "upper",
        "split",
        "join",
        "isoformat",
        "items",
        "replace",
    }
)
CONFUSED = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "sum": "len",
    "startswith": "endswith",
    "endswith": "startswith",
    "rstrip": "strip",
    "strip": "lstrip",
    "lower": "upper",
    "upper": "lower",
    "ljust": "rjust",
    "rjust": "ljust",
    "isalnum": "isalpha",
    "isdigit": "isalnum",
    "partition": "rpartition",
    "index": "count",
    "values": "keys",
    "append": "extend",
}


def compared_otherwise(node: ast.AST, _: Scope) -> Edits:
    """Another comparison: its neighbour, or the other way round."""
    if not isinstance(node, ast.Compare):
        return
    for place, sign in enumerate(node.ops):
        for table, operator in ((COMPARISONS, "comparison"), (TURNED, "comparison_turned")):
            if type(sign) in table:
                signs = [*node.ops]
                signs[place] = table[type(sign)]()
                yield Edit(operator, ast.Compare(node.left, signs, node.comparators))


def off_by_one(node: ast.AST, _: Scope) -> Edits:
    """A whole number one higher or lower."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        for step in (1, -1):
            yield Edit("off_by_one", ast.Constant(node.value + step))


def text_lost(node: ast.AST, scope: Scope) -> Edits:
    """A text that is empty, or that is there where none was."""
    is_piece = isinstance(scope.parents.get(node), ast.JoinedStr | ast.FormattedValue)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not is_piece:
        yield Edit("text_changed", ast.Constant("" if node.value else " "))


def computed_otherwise(node: ast.AST, _: Scope) -> Edits:
    """Another arithmetic operator."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield Edit("arithmetic", ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right))
    if isinstance(node, ast.AugAssign) and type(node.op) in ARITHMETIC:
        new = ast.AugAssign(node.target, ARITHMETIC[type(node.op)](), node.value)
        yield Edit("arithmetic", [new])


def negated(node: ast.AST, _: Scope) -> Edits:
    """A condition that is its opposite, a minus or a not that is missing."""
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Compare):
        new = copy(node)
        new.test = ast.UnaryOp(ast.Not(), node.test)
        yield Edit("negated_condition", new)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield Edit("sign_dropped", node.operand)


def joined_otherwise(node: ast.AST, _: Scope) -> Edits:
    """An ``and`` that is an ``or``, and one of the conditions missing."""
    if not isinstance(node, ast.BoolOp):
        return
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield Edit("and_or", ast.BoolOp(other, node.values))
    for place in range(len(node.values)):
        kept = [value for number, value in enumerate(node.values) if number != place]
        new = kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)
        yield Edit("condition_dropped", new)


def wrong_variable(node: ast.AST, scope: Scope) -> Edits:
    """Another variable or parameter of the same function."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for name in scope.others(node):
            yield Edit("wrong_variable", ast.Name(name, ast.Load()))


def called_otherwise(node: ast.AST, _: Scope) -> Edits:
    """Two arguments swapped, a keyword left out."""
    if not isinstance(node, ast.Call):
        return
    if len(node.args) > 1 and not _is_symmetric(node.func):
        first, second, *rest = node.args
        swapped = ast.Call(node.func, [second, first, *rest], node.keywords)
        yield Edit("swapped_arguments", swapped)
    for keyword in node.keywords:
        kept = [other for other in node.keywords if other is not keyword]
        yield Edit("keyword_dropped", ast.Call(node.func, node.args, kept))


def _is_symmetric(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id in {"min", "max"}


def call_missing(node: ast.AST, _: Scope) -> Edits:
    """The value itself where a function or method of it was asked for."""
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name) and len(node.args) == 1:
        if node.func.id in NEEDLESS_LOOKING:
            yield Edit("call_missing", node.args[0])
        if node.func.id in {"list", "dict"}:
            yield Edit("copy_missing", node.args[0])
        if node.func.id == "set":
            yield Edit("list_for_set", ast.Call(ast.Name("list", ast.Load()), node.args, []))
    if isinstance(node.func, ast.Attribute) and node.func.attr in NEEDLESS_METHODS:
        receiver = node.args[0] if node.func.attr == "join" else node.func.value
        yield Edit("call_missing", receiver)


def call_confused(node: ast.AST, _: Scope) -> Edits:
    """A function or method in place of the one it is taken for."""
    if not isinstance(node, ast.Call):
        return
    if isinstance(node.func, ast.Name) and node.func.id in CONFUSED:
        func: ast.expr = ast.Name(CONFUSED[node.func.id], ast.Load())
        yield Edit("call_confused", ast.Call(func, node.args, node.keywords))
    if isinstance(node.func, ast.Attribute) and node.func.attr in CONFUSED:
        func = ast.Attribute(node.func.value, CONFUSED[node.func.attr], ast.Load())
        yield Edit("call_confused", ast.Call(func, node.args, node.keywords))


def sliced_otherwise(node: ast.AST, _: Scope) -> Edits:
    """A slice without one of its bounds, or with one that is off by one."""
    if not isinstance(node, ast.Slice):
        return
    for bound in ("lower", "upper"):
        value = getattr(node, bound)
        if value is None:
            continue
        for other in (None, ast.BinOp(value, ast.Add(), ast.Constant(1))):
            new = copy(node)
            setattr(new, bound, other)
            yield Edit("slice_bounds", new)


def indexed_otherwise(node: ast.AST, _: Scope) -> Edits:
    """The neighbour of the item that was meant."""
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Load)
        and isinstance(node.slice, ast.Name | ast.BinOp)
    ):
        index = ast.BinOp(node.slice, ast.Sub(), ast.Constant(1))
        yield Edit("index_shifted", ast.Subscript(node.value, index, ast.Load()))


def filtered_otherwise(node: ast.AST, _: Scope) -> Edits:
    """A comprehension that takes in everything."""
    if isinstance(node, ast.comprehension) and node.ifs:
        yield Edit("filter_missing", ast.comprehension(node.target, node.iter, [], 0))


OPERATORS: tuple[Callable[[ast.AST, Scope], Edits], ...] = (
    compared_otherwise,
    off_by_one,
    text_lost,
    computed_otherwise,
    negated,
    joined_otherwise,
    wrong_variable,
    called_otherwise,
    call_missing,
    call_confused,
    sliced_otherwise,
    indexed_otherwise,
    filtered_otherwise,
)
