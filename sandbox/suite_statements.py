"""Tests that are plain statements, see suite_reading: each that can fail is a test of its own.

The other statements prepare what follows them; where one fails, so does all after it. A function
``check(candidate)`` is read the same way, so that each of its asserts is a test, too.
"""

from __future__ import annotations

import ast
import operator
import reprlib
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from suite_module import SolutionModule
from suite_reading import Statement, flattened, is_generator, statements_of, unmade
from suite_records import Reporter, Suite, Trial, attempt, outcome_of
from suite_subject import LOADING_S, Subject, named

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


def run_asserts(suite: Suite, subject: Subject, reporter: Reporter) -> None:
    """Run the statements in order, and record each test."""
    body = flattened(ast.parse(suite.source, FILE).body)
    _run(statements_of(body, subject.module), {}, suite, subject, reporter)


def run_check(suite: Suite, subject: Subject, reporter: Reporter) -> None:
    """Run what ``check(candidate)`` consists of, with the draft's function as the candidate.

    Raises:
        LookupError: there is no such function, or its call runs nothing.
    """
    body = flattened(ast.parse(suite.source, FILE).body)
    checks = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    if not checks or len(checks[-1].args.args) != 1:
        raise LookupError("the tests define no check(candidate)")
    check = checks[-1]
    if is_generator(check):
        raise LookupError("check(candidate) is a generator: a call runs nothing of it")
    before = [node for node in body if node is not check and not _calls(node, "check")]
    candidate = named(subject, suite.entry_point)
    names = {check.args.args[0].arg: candidate}
    if _is_plain(check):
        statements = statements_of([*before, *check.body], subject.module, given=names)
    else:
        call = ast.parse(f"assert check({suite.entry_point}) is not NotImplemented", FILE).body
        statements = statements_of([*before, check], subject.module)
        statements.append(Statement(call[0], "check"))
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
    unprepared, is_told = "", False
    for node, name in statements:
        if not name:
            unprepared = unprepared or _prepare(node, scope, subject, reporter)
            continue

        def body(node: ast.stmt = node, unprepared: str = unprepared) -> str:
            return unprepared or _test(node, scope)

        is_told = bool(unprepared)
        attempt(reporter, subject, name, suite.timeout_s, body)
    if unprepared and not is_told:
        Trial(reporter, subject, "preparation", suite.timeout_s).end("error", unprepared)


def _names_of_draft(
    nodes: Sequence[ast.stmt], scope: dict[str, object], subject: Subject
) -> Iterator[tuple[str, object]]:
    """Yield what the tests use without having defined or imported it: that is the draft's."""
    for name in sorted(unmade(nodes) - scope.keys()):
        if subject.kind_of(name):
            yield name, named(subject, name)


def _prepare(node: ast.stmt, scope: dict[str, object], subject: Subject, reporter: Reporter) -> str:
    """Run a statement that is no test; return why what comes after it can't be tested."""

    def body() -> str:
        _execute(node, scope)
        return ""

    status, why = attempt(reporter, subject, "", LOADING_S, body)
    return "" if status == "passed" else f"what the tests begin with failed: {why}"


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
