"""Which statements are tests, told from the source alone."""

from __future__ import annotations

import ast

import pytest
from suite_reading import flattened, is_generator, statements_of


@pytest.mark.parametrize(
    ("source", "tests"),
    [
        ("assert True", 1),
        ("import numpy as np\nnp.testing.assert_equal(add(1, 2), 3)", 1),
        ("import numpy as np\nx = add(1, 2)\nnp.testing.assert_equal(x, 3)", 1),
        ("def expect(a):\n    assert add(a) == 1\nexpect(1)\nexpect(2)", 2),
        ("def same(a, b):\n    assert a == b\nfor n in [1]:\n    same(add(n), 1)", 1),
        ("def outer(a):\n    expect(a)\ndef expect(a):\n    assert add(a)\nouter(1)", 1),
        ("import unittest\ncase = unittest.TestCase()\ncase.assertEqual(add(1), 2)", 1),
        ("import pytest\nwith pytest.raises(ValueError):\n    add('')", 1),
        ("if add(1) != 2:\n    raise AssertionError", 1),
        ("def expect():\n    import numpy\n    numpy.testing.assert_equal(add(1), 2)\nexpect()", 1),
        ("if __name__ == '__main__':\n    assert add(1)\n    assert add(2)", 2),
        ("import random\nrandom.seed(0)", 0),
        ("from solution import Stack\nstack = Stack()\nstack.push(1)", 0),
        ("found = []\nfor n in range(3):\n    found.append(add(n))", 0),
        ("def twice(n):\n    return add(n, n)\nprint(twice(2))", 0),
        ("def expect():\n    yield\n    assert add(1) == 2\nexpect()", 0),
        ("async def expect():\n    assert add(1) == 2\nexpect()", 0),
        ("def expect():\n    assert add(1) == 2", 0),
    ],
)
def test_a_statement_is_a_test_if_it_can_fail_by_the_program(source: str, tests: int) -> None:
    found = statements_of(flattened(ast.parse(source).body), "solution")

    assert sum(bool(statement.name) for statement in found) == tests


@pytest.mark.parametrize(
    ("source", "is_one"),
    [
        ("def f():\n    yield 1", True),
        ("def f():\n    for x in y:\n        z = yield x", True),
        ("def f():\n    def g():\n        yield 1\n    return g", False),
    ],
)
def test_a_generator_is_told_by_its_own_statements(source: str, *, is_one: bool) -> None:
    (function,) = ast.parse(source).body

    assert isinstance(function, ast.FunctionDef)
    assert is_generator(function) is is_one
