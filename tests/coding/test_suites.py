"""Tests in the forms that people have."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from critique_loop.coding.suites import Detected, detect, module_of
from critique_loop.errors import CallError
from critique_loop.values import SuiteKind

PYTEST = "from mine import f\n\n\ndef test_one():\n    assert f(1) == 2\n"


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        (PYTEST, SuiteKind.PYTEST, "pytest file with 1 test"),
        (
            "import unittest\nfrom mine import f\n\nclass Cases(unittest.TestCase):\n"
            "    def test_a(self): pass\n    def test_b(self): pass\n    def other(self): pass\n",
            SuiteKind.PYTEST,
            "pytest file with 2 tests",
        ),
        ("x = 2\nassert f(1) == x\nassert f(2) == 3\n", SuiteKind.ASSERTS, "2 asserts"),
        ("def check(candidate):\n    assert candidate(1) == 2\n", SuiteKind.CHECK,
         "a function check(candidate)"),
        (">>> f(1)\n2\n", SuiteKind.DOCTEST, "1 example"),
        ('"""\n>>> f(1)\n2\n"""\n', SuiteKind.DOCTEST, "1 example"),
        ('[{"input": [1], "output": 2}]', SuiteKind.CALLS, "1 call as JSON"),
        ('{"stdin": "1", "stdout": "2"}\n{"stdout": ""}\n', SuiteKind.PROGRAM, "2 runs as JSON"),
    ],
)  # fmt: skip
def test_the_form_is_told_by_the_content(text: str, kind: SuiteKind, what: str) -> None:
    found = detect(text)

    assert (found.suite.kind, found.what) == (kind, what)


def test_a_file_gives_its_name_to_the_suite(tmp_path: Path) -> None:
    path = tmp_path / "cases.py"
    path.write_text("assert f(1) == 2\n", encoding="utf-8")

    found = detect(path, hidden=True, timeout_s=2)

    assert found.suite.name == "cases.py"
    assert (found.suite.hidden, found.suite.timeout_s) == (True, 2)


def test_asserts_say_which_functions_they_call() -> None:
    found = detect("from math import floor\nn = 2\nassert max(f(n), floor(g(1))) == len([1])\n")

    assert set(found.called) == {"f", "g"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n", "there is no test in it"),
        ("def test_a(: pass\n", "line 1: no valid Python"),
        ("def test_a(): pass\n\ndef test_a(): pass\n", "two tests are called test_a"),
        (">>> f(1) ==> 2\n", "no example in it is Python"),
        ("[]", "there is no test in it"),
    ],
)
def test_what_holds_no_test_is_refused(text: str, told: str) -> None:
    with pytest.raises(CallError) as caught:
        detect(text)

    assert told in caught.value.problem


def test_a_file_of_tests_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "test_large.py"
    path.write_bytes(b"#" * (4 * 1024 * 1024 + 1))

    with pytest.raises(CallError, match=r"larger than 4,194,304 bytes"):
        detect(path)


@pytest.mark.parametrize("seconds", [math.nan, math.inf, 0, -1, 601])
def test_a_time_that_no_test_could_be_given_is_refused(seconds: float) -> None:
    with pytest.raises(CallError, match="the time for a test"):
        detect(PYTEST, timeout_s=seconds)


def importing(*modules: str) -> Detected:
    lines = "".join(f"import {module}\n" for module in modules)
    return detect(f"{lines}\n\ndef test_a():\n    pass\n")


@pytest.mark.parametrize(
    ("imports", "stems", "chosen", "module"),
    [
        (("mine",), (), "", "mine"),
        (("mine", "pytest", "json", "numpy"), (), "", "mine"),
        (("other", "mine"), ("mine",), "", "mine"),
        (("other", "solution"), ("mine",), "", "solution"),
        (("other", "mine"), ("mine",), "other", "other"),
        (("mine.part",), (), "", "mine"),
    ],
)
def test_the_module_is_the_one_that_the_tests_import(
    imports: tuple[str, ...], stems: tuple[str, ...], chosen: str, module: str
) -> None:
    assert module_of([importing(*imports)], stems=stems, chosen=chosen) == module


def test_without_a_test_file_the_module_is_called_solution() -> None:
    assert module_of([detect("assert f(1) == 2")], stems=("mine",)) == "solution"


@pytest.mark.parametrize(
    ("imports", "chosen", "told"),
    [
        (("one", "two"), "", "imports one, two; which of them is the program?"),
        (("one", "two"), "three", "does not import three"),
        (("pytest",), "", "imports no module that the program could be"),
        (("one",), "no name", "is no name that a module could have"),
    ],
)
def test_a_module_that_can_not_be_told_is_asked_for(
    imports: tuple[str, ...], chosen: str, told: str
) -> None:
    with pytest.raises(CallError) as caught:
        module_of([importing(*imports)], stems=(), chosen=chosen)

    assert told in caught.value.problem
