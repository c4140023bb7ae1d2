"""The rules of the house that no other tool measures: sizes, names, reasons.

Sizes: a file has 250 lines of code at most, a function 40 lines and 5 parameters.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

THIS = Path(__file__).resolve()
ROOT = THIS.parents[1]
FOLDERS = ("critique_loop", "sandbox", "recipes", "benchmarks")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

MOST_FILE_LINES = 250
MOST_FUNCTION_LINES = 40
MOST_PARAMETERS = 5
VAGUE = re.compile(
    r"Manager|Handler|Helper|Base(?![a-z])|Utils?(?![a-z])|(?:^|_)(?:utils?|helpers?)$"
)
SUPPRESSION = re.compile(r"#\s*(noqa|type: ignore|pyright: ignore)\b")
WITH_REASON = re.compile(
    r"# (noqa: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*|pyright: ignore\[[A-Za-z, ]+\])"
    r"( # pyright: ignore\[[A-Za-z, ]+\])? --? \w"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(path: Path) -> Iterator[Function]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, Function))


def _code_lines(path: Path) -> int:
    """Lines that are neither blank, nor comment, nor docstring."""
    documented: set[int] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node):
            text = node.body[0]
            documented.update(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return sum(
        1
        for number, line in lines
        if line.strip() and not line.strip().startswith("#") and number not in documented
    )


def _lines_of(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _parameters_of(function: Function) -> int:
    arguments = function.args
    named = arguments.posonlyargs + arguments.args + arguments.kwonlyargs
    return sum(1 for argument in named if argument.arg not in {"self", "cls"})


def test_there_is_something_to_measure() -> None:
    assert {path.parent.name for path in FILES} >= {"critique_loop", "sandbox"}


def test_a_file_has_one_idea() -> None:
    sizes = {_name(path): _code_lines(path) for path in FILES}

    assert {name: size for name, size in sizes.items() if size > MOST_FILE_LINES} == {}


def test_a_function_fits_on_a_screen() -> None:
    sizes = {f"{_name(p)}:{f.name}": _lines_of(f) for p in FILES for f in _functions(p)}

    assert {name: size for name, size in sizes.items() if size > MOST_FUNCTION_LINES} == {}


def test_a_function_takes_few_parameters() -> None:
    counts = {f"{_name(p)}:{f.name}": _parameters_of(f) for p in FILES for f in _functions(p)}

    assert {name: count for name, count in counts.items() if count > MOST_PARAMETERS} == {}


def test_no_name_says_nothing() -> None:
    classes = [
        f"{_name(path)}:{node.name}"
        for path in FILES
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef) and VAGUE.search(node.name)
    ]
    files = [_name(path) for path in FILES if VAGUE.search(path.stem)]

    assert classes + files == []


def test_no_test_folder_is_a_package() -> None:
    assert [_name(path) for path in TESTS if path.name == "__init__.py"] == []


@pytest.mark.parametrize("path", [p for p in FILES + TESTS if p != THIS], ids=_name)
def test_a_suppression_names_its_rule_and_its_reason(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    bare = [
        f"{number}: {line.strip()}"
        for number, line in enumerate(lines, 1)
        if SUPPRESSION.search(line) and not WITH_REASON.search(line)
    ]

    assert bare == []
