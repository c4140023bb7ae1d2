"""Tests that are plain statements: each top-level one with an ``assert`` in it is a test.

The other statements prepare what follows them. A function ``check(candidate)`` is read the same
way, so that each of its asserts is a test, too.
"""

from __future__ import annotations

import ast
import builtins
import operator
import reprlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from suite_module import SolutionModule
from suite_records import Reporter, Suite, attempt, outcome_of
from suite_subject import Subject, named

FILE = "tests.py"
_OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
_REPR = reprlib.Repr()
_REPR.maxother = _REPR.maxstring = _REPR.maxlong = 200
_REPR.maxlist = _REPR.maxtuple = _REPR.maxdict = _REPR.maxset = 20
_LONGEST_SOURCE = 200


class Statement(NamedTuple):
    """One statement; a test if ``name`` isn't empty."""

    node: ast.stmt
    name: str


def run_asserts(suite: Suite, subject: Subject, reporter: Reporter) -> None:
    """Run the statements in order, and record each test."""
    _run(_statements(ast.parse(suite.source, FILE).body), {}, suite, subject, reporter)


def run_check(suite: Suite, subject: Subject, reporter: Reporter) -> None:
    """Run what ``check(candidate)`` consists of, with the draft's function as the candidate.

    Raises:
        LookupError: there is no such function.
    """
    body = ast.parse(suite.source, FILE).body
    checks = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    if not checks or len(checks[-1].args.args) != 1:
        raise LookupError("the tests define no check(candidate)")
    check = checks[-1]
    before = [node for node in body if node is not check and not _calls(node, "check")]
    candidate = named(subject, suite.entry_point)
    names = {check.args.args[0].arg: candidate}
    if _is_plain(check):
        statements = _statements([*before, *check.body])
    else:
        call = ast.parse(f"assert check({suite.entry_point}) is not NotImplemented", FILE).body
        statements = [*_statements([*before, check]), Statement(call[0], "check")]
    _run(statements, names, suite, subject, reporter)


def _calls(node: ast.stmt, name: str) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == name
    )


def _is_plain(check: ast.FunctionDef) -> bool:
    """Return whether its statements mean the same outside of a function."""
    special = (ast.Return, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)
    return not any(isinstance(node, special) for node in ast.walk(check))


def _statements(body: Sequence[ast.stmt]) -> list[Statement]:
    seen = 0
    found: list[Statement] = []
    for node in body:
        is_definition = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        is_test = not is_definition and any(
            isinstance(inner, ast.Assert) for inner in ast.walk(node)
        )
        seen += is_test
        found.append(Statement(node, f"assert {seen}" if is_test else ""))
    return found


def _run(
    statements: Sequence[Statement],
    names: dict[str, object],
    suite: Suite,
    subject: Subject,
    reporter: Reporter,
) -> None:
    reporter.plan([statement.name for statement in statements if statement.name])
    sys.modules[subject.module] = SolutionModule(subject)
    scope: dict[str, object] = {"__name__": "tests", **names}
    scope |= dict(_names_of_draft([each.node for each in statements], scope, subject))
    unprepared = ""
    for node, name in statements:
        if not name:
            unprepared = unprepared or _prepare(node, scope)
            continue

        def body(node: ast.stmt = node, unprepared: str = unprepared) -> str:
            return unprepared or _test(node, scope)

        attempt(reporter, subject, name, suite.timeout_s, body)


def _names_of_draft(
    nodes: Sequence[ast.stmt], scope: dict[str, object], subject: Subject
) -> Iterator[tuple[str, object]]:
    """Yield what the tests use without having defined or imported it: that is the draft's."""
    used, made = set[str](), set[str]()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            made.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            made |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.arg):
            made.add(node.arg)
    for name in sorted(used - made - scope.keys() - vars(builtins).keys()):
        if subject.kind_of(name):
            yield name, named(subject, name)


def _prepare(node: ast.stmt, scope: dict[str, object]) -> str:
    """Run a statement that is no test; return why what comes after it can't be tested."""
    try:
        _execute(node, scope)
    except Exception as error:  # noqa: BLE001 - whatever it raises is told with each test after it
        return f"what the tests begin with failed: {outcome_of(error).message}"
    return ""


def _execute(node: ast.stmt, scope: dict[str, object]) -> None:
    exec(compile(ast.Module([node], []), FILE, "exec", dont_inherit=True), scope)


def _test(node: ast.stmt, scope: dict[str, object]) -> str:
    """Run one test; return why it failed, with the values, "" if it did not."""
    try:
        return _failure(node, scope)
    except Exception as error:  # noqa: BLE001 - whatever it raises, the test failed by it
        return f"{_source(node)}\n{outcome_of(error).message}"


def _failure(node: ast.stmt, scope: dict[str, object]) -> str:
    test = node.test if isinstance(node, ast.Assert) else None
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = (_value(part, scope) for part in (test.left, test.comparators[0]))
        if _OPERATORS[type(test.ops[0])](left, right):
            return ""
        return f"{_source(node)}\n{_source(test.left)} is {_shown(left)}, {_expected(test, right)}"
    try:
        _execute(node, scope)
    except AssertionError as error:
        return f"{_source(node)}\n{error}".strip()
    return ""


def _expected(test: ast.Compare, right: object) -> str:
    if isinstance(test.ops[0], ast.Eq):
        return f"expected {_shown(right)}"
    return f"compared with {_shown(right)}"


def _value(node: ast.expr, scope: dict[str, object]) -> Any:  # noqa: ANN401 - any value
    code = compile(ast.Expression(node), FILE, "eval", dont_inherit=True)
    return eval(code, scope)  # noqa: S307 - the user's own tests


def _source(node: ast.AST) -> str:
    text = ast.unparse(node)
    return text if len(text) <= _LONGEST_SOURCE else f"{text[:_LONGEST_SOURCE]}..."


def _shown(value: object) -> str:
    return _REPR.repr(value)
