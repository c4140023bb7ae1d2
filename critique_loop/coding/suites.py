"""Tests as a user has them, told apart by what they hold: pytest, asserts, examples, JSON."""

from __future__ import annotations

import ast
import builtins
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from critique_loop.coding.json_tests import json_suite
from critique_loop.coding.signatures import Function, examples_in
from critique_loop.coding.sources import Source, source_of
from critique_loop.errors import CallError
from critique_loop.values import Suite, SuiteKind

MOST_TEST_BYTES = 4 * 1024 * 1024
_LONGEST_TIMEOUT_S = 600.0
_PROVIDED = frozenset({"hypothesis", "matplotlib", "numpy", "pandas", "pytest", "conftest"})
_FORMS = (
    "Known forms: a pytest file, assert statements, a function check(candidate), >>> examples, or "
    "JSON with input and output, or stdin and stdout."
)


@dataclass(frozen=True, slots=True)
class Detected:
    """A suite, what it was taken for in words, and the modules of the user's that it imports."""

    suite: Suite
    what: str
    imports: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def detect(given: str | Path, *, hidden: bool = False, timeout_s: float = 5.0) -> Detected:
    """Return the tests in a file or text, in the form that its content has. Nothing runs.

    Raises:
        CallError: there is no test in it, or it is broken; the message names file and line.
    """
    check_timeout(timeout_s)
    what = "the hidden tests" if hidden else "the tests"
    source = source_of(given, what, most_bytes=MOST_TEST_BYTES)

    def suite(kind: SuiteKind, text: str) -> Suite:
        name = source.name or ("hidden" if hidden else "tests")
        return Suite(kind, text, name=name, hidden=hidden, timeout_s=timeout_s)

    if source.text.lstrip().startswith(("[", "{")):
        found = json_suite(source)
        return Detected(suite(found.kind, found.text), found.what, (), found.called, found.notes)
    if source.text.lstrip().startswith(">>>"):
        return _examples(source, suite)
    return _python(source, suite)


def check_timeout(timeout_s: float) -> None:
    """Refuse a time that no test could be given.

    Raises:
        CallError: it is not over 0, or beyond ten minutes.
    """
    if not (math.isfinite(timeout_s) and 0 < timeout_s <= _LONGEST_TIMEOUT_S):
        raise CallError(
            f"the time for a test is {timeout_s} seconds",
            remedy=f"Give more than 0 and at most {_LONGEST_TIMEOUT_S:g}.",
        )


_MakeSuite = Callable[[SuiteKind, str], Suite]


def _examples(source: Source, suite: _MakeSuite) -> Detected:
    found = examples_in(source.text)
    if not found.number:
        raise source.error("no example in it is Python", remedy="; ".join(found.notes))
    notes = tuple(f"{source.place}: {note}" for note in found.notes)
    return Detected(suite(SuiteKind.DOCTEST, found.text), _count(found.number, "example"), (), (),
                    notes)  # fmt: skip


def _python(source: Source, suite: _MakeSuite) -> Detected:
    tree = source.parsed()
    tests = [name for node in tree.body for name in _test_names(node)]
    if tests:
        twice = sorted({name for name in tests if tests.count(name) > 1})
        if twice:
            raise source.error(
                f"two tests are called {twice[0]}: only the last would run", remedy="Rename one."
            )
        what = f"pytest file with {_count(len(tests), 'test')}"
        return Detected(suite(SuiteKind.PYTEST, source.text), what, _imports(tree))
    if any(_is_check(node) for node in tree.body):
        return Detected(suite(SuiteKind.CHECK, source.text), "a function check(candidate)")
    asserts = [node for node in tree.body if isinstance(node, ast.Assert)]
    if asserts:
        what = _count(len(asserts), "assert")
        called = tuple(dict.fromkeys(name for node in asserts for name in _called(node, tree)))
        return Detected(suite(SuiteKind.ASSERTS, source.text), what, _imports(tree), called)
    if examples_in(source.text).number:
        return _examples(source, suite)
    raise source.error("there is no test in it", remedy=_FORMS)


def _test_names(node: ast.stmt) -> list[str]:
    if isinstance(node, Function):
        return [node.name] if node.name.startswith("test") else []
    if not isinstance(node, ast.ClassDef):
        return []
    is_unittest = any("TestCase" in ast.unparse(base) for base in node.bases)
    if not (is_unittest or node.name.startswith("Test")):
        return []
    return [f"{node.name}.{name}" for inner in node.body for name in _test_names(inner)]


def _is_check(node: ast.stmt) -> bool:
    return isinstance(node, Function) and node.name == "check" and len(node.args.args) == 1


def _imports(tree: ast.Module) -> tuple[str, ...]:
    """Return the modules that are neither the language's nor come with the sandbox."""
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module.split(".")[0])
    strange = (name for name in found if name not in sys.stdlib_module_names)
    return tuple(dict.fromkeys(name for name in strange if name not in _PROVIDED))


def _called(node: ast.AST, tree: ast.Module) -> list[str]:
    """Return the names of functions that ``node`` calls and that nothing there defines."""
    own = {n.name for n in tree.body if isinstance(n, Function | ast.ClassDef)}
    own |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _is_stored(n)}
    own |= {
        (alias.asname or alias.name).split(".")[0]
        for n in ast.walk(tree)
        if isinstance(n, ast.Import | ast.ImportFrom)
        for alias in n.names
    }
    calls = (n.func for n in ast.walk(node) if isinstance(n, ast.Call))
    names = [func.id for func in calls if isinstance(func, ast.Name)]
    return [name for name in names if name not in own and name not in _BUILTIN_NAMES]


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


_BUILTIN_NAMES = frozenset(dir(builtins))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def module_of(detected: Sequence[Detected], *, stems: Sequence[str], chosen: str = "") -> str:
    """Return the name under which the tests import the program.

    ``stems`` are names that files of the user's would be imported by, the likeliest first.

    Raises:
        CallError: they import several that it could be, none at all, or not the ``chosen`` one.
    """
    if chosen and not chosen.isidentifier():
        raise CallError(f"{chosen!r} is no name that a module could have")
    wanted = "solution"
    for one in detected:
        imports = one.imports
        if one.suite.kind is SuiteKind.PYTEST and not imports:
            raise CallError(
                f"{one.suite.name}: imports no module that the program could be",
                remedy=f"Begin it with: from {chosen or wanted} import ...",
            )
        likely = [name for name in (chosen, *stems, "solution") if name and name in imports]
        if likely:
            wanted = likely[0]
        elif len(imports) == 1 and not chosen:
            wanted = imports[0]
        elif imports:
            raise CallError(
                f"{one.suite.name}: imports {', '.join(imports)}; which of them is the program?"
                if not chosen
                else f"{one.suite.name}: does not import {chosen}",
                remedy="Say it with --module.",
            )
    return chosen or wanted
