"""The shape of programs: what it sees, and what it does not."""

from __future__ import annotations

import ast

import pytest

from critique_loop.curation.programs import (
    LONGEST_PROGRAM,
    parsed,
    shape_of,
    shape_of_statements,
)
from critique_loop.curation.statements import statements_of
from tests.curation.conftest import CHART

PROGRAM = '''
import pandas as pd

def mean(values, start=0):
    """Say the mean."""
    total = start
    for value in values:
        total += value  # add up
    return total / len(values)
'''
RENAMED = """
import pandas as frames

def average(numbers: list[float], begin=0) -> float:
    s = begin
    for n in numbers:
        s += n
    return (s / len(numbers))
"""


def test_names_comments_docstrings_and_annotations_are_not_seen() -> None:
    assert shape_of(PROGRAM) == shape_of(RENAMED)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("total += value", "total -= value"),
        ("len(values)", "max(values)"),
        ("total / len", "start / len"),
        ("import pandas as", "import polars as"),
        ("start=0", "start=1"),
        ("start=0", "start=0.0"),
    ],
)
def test_what_a_program_does_is_seen(old: str, new: str) -> None:
    assert shape_of(PROGRAM) != shape_of(PROGRAM.replace(old, new, 1))


def test_without_constants_only_their_types_are_seen() -> None:
    codes = [f"x = [{number}]" for number in ("1", "2", "2.5")]
    whole, other, real = (shape_of(code, constants=False) for code in codes)

    assert whole == other != real
    assert shape_of(codes[0]) != shape_of(codes[1])


def test_attributes_are_seen() -> None:
    assert shape_of("ax.bar(x, y)") != shape_of("ax.plot(x, y)")


def test_relative_imports_differ_by_their_dots() -> None:
    assert shape_of("from . import a") != shape_of("from .. import a")


@pytest.mark.parametrize(
    "code",
    [
        "def broken(:",
        "x = '\0'",
        "(" * 5000,
        "x = " + "-" * 100_000 + "1",
        "x" * (LONGEST_PROGRAM + 1),
        "",
        "# only said",
        '"""Only said."""',
    ],
    ids=["syntax", "null", "nested", "deep", "huge", "empty", "comment", "docstring"],
)
def test_what_is_no_program_has_no_shape(code: str) -> None:
    assert shape_of(code) is None


def test_an_integer_too_long_to_print_has_a_shape() -> None:
    assert shape_of(f"x = 0x{'f' * 5000}") is not None


def test_old_escapes_are_no_error() -> None:
    assert parsed("x = '\\d'") is not None


def test_unicode_names_are_names() -> None:
    assert shape_of("größe = 1\nprint(größe)") == shape_of("size = 1\nprint(size)")


def test_a_real_chart_has_a_shape() -> None:
    shape = shape_of(CHART)

    assert shape is not None
    assert shape.nodes > 100


@pytest.mark.parametrize(
    "code",
    [
        "x = '''a\nb = 1\n'''\ny = x\n",
        "x = [\n1,\n2,\n]\ny = (\nx\n)\n",
        "if x:\n    y = 1\nelif z:\n    y = 2\nelse:\n    y = 3\n",
        "try:\n    x = 1\nexcept ValueError as error:\n    x = error\nfinally:\n    y = x\n",
        "x = 1 + \\\n2\ny = x\n",
        "x = 1; y = x\nz = y\n",
        "@f\n@g\ndef h(a):\n    return a\nh(1)\n",
        "# first\nx = 1  # then\n# last",
        "match x:\n    case 1:\n        y = x\n",
    ],
)
def test_parts_and_the_whole_have_the_same_shape(code: str) -> None:
    tree = ast.parse(code)

    assert shape_of(code) == shape_of_statements(statements_of(tree.body))


def test_names_are_followed_from_statement_to_statement() -> None:
    assert shape_of("a = 1\nb = 2\nprint(a)") == shape_of("b = 1\na = 2\nprint(b)")
    assert shape_of("a = 1\nb = 2\nprint(a)") != shape_of("a = 1\nb = 2\nprint(b)")
