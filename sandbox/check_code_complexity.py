"""Is any function too tangled or too long to be read?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from code_request import MOST_CHARACTERS, CodeRequest
from findings import Checked, Finding

CODES = ("too_complex", "too_long")

# McCabe, A complexity measure, IEEE TSE SE-2(4), 1976: "a reasonable, but not magical, upper limit"
MOST_PATHS = 10
MOST_LINES = 50
MOST_NESTED = 5  # pylint's max-nested-blocks

_MODULE = "the program outside its functions"
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler)
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)


def check(asked: CodeRequest) -> Checked:
    """Count paths, nested blocks and lines of each function; nothing is run."""
    if len(asked.code) > MOST_CHARACTERS:
        return Checked(failed=(f"too_complex: the draft has more than {MOST_CHARACTERS} letters",))
    try:
        tree = ast.parse(asked.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Checked(failed=(f"too_complex: the draft can't be parsed ({type(error).__name__})",))
    scopes = [node for node in ast.walk(tree) if isinstance(node, _Function)]
    found = [*_tangled(tree, _MODULE)]
    for scope in scopes:
        found += [*_tangled(scope, f"{scope.name}()"), *_long(scope)]
    return Checked(tuple(found), CODES)


def paths(scope: ast.AST) -> int:
    """Return McCabe's number of a function: its decisions, compound conditions by part, and one.

    What a function within it decides is counted there.
    """
    return 1 + sum(_decisions(node) for node in _own(scope))


def _decisions(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    if isinstance(node, ast.match_case):
        pattern = node.pattern
        is_rest = isinstance(pattern, ast.MatchAs) and pattern.pattern is None
        return int(not is_rest or node.guard is not None)
    return int(isinstance(node, _BRANCHES))


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """Every node of a scope, but not those of the functions within it."""
    waiting = [*ast.iter_child_nodes(scope)]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _Function):
            waiting += ast.iter_child_nodes(node)


def _nested(scope: ast.AST) -> int:
    """How many blocks stand within each other at most; an elif is no block of its own."""
    deepest, waiting = 0, [(scope, 0, False)]
    while waiting:
        node, depth, is_elif = waiting.pop()
        deeper = depth + int(isinstance(node, _BLOCKS) and not is_elif)
        deepest = max(deepest, deeper)
        chained = node.orelse if isinstance(node, ast.If) and len(node.orelse) == 1 else []
        waiting += [
            (child, deeper, child in chained and isinstance(child, ast.If))
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, _Function)
        ]
    return deepest


def _tangled(scope: ast.Module | _Function, name: str) -> Iterator[Finding]:
    counted, deep = paths(scope), _nested(scope)
    line = 1 if isinstance(scope, ast.Module) else scope.lineno
    numbers: dict[str, object] = {"paths": counted, "nested": deep, "line": line}
    if counted > MOST_PATHS:
        yield Finding(
            "too_complex",
            "warning",
            f"{name} has a cyclomatic complexity of {counted}; {MOST_PATHS} can be followed",
            f"split {name}: move parts of it into functions of their own",
            place=name,
            numbers=numbers,
        )
    elif deep > MOST_NESTED:
        yield Finding(
            "too_complex",
            "warning",
            f"{name} nests {deep} blocks within each other; {MOST_NESTED} can be followed",
            f"flatten {name}: return early, or move the inner blocks into functions",
            place=name,
            numbers=numbers,
        )


def _long(function: _Function) -> Iterator[Finding]:
    lines = _lines(function)
    if lines > MOST_LINES:
        yield Finding(
            "too_long",
            "warning",
            f"{function.name}() has {lines} lines; {MOST_LINES} fit on a screen",
            f"split {function.name}(): move parts of it into functions of their own",
            place=f"{function.name}()",
            numbers={"lines": lines, "line": function.lineno},
        )


def _lines(function: _Function) -> int:
    """How many lines it has, its docstring left out."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is None:
        return lines
    text = function.body[0]
    return lines - ((text.end_lineno or text.lineno) - text.lineno + 1)
