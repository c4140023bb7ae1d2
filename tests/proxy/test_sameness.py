"""Which programs count as the same."""

from __future__ import annotations

import pytest

from critique_loop.proxy.sameness import normal

PLAIN = """
import math
import statistics


def middle(values):
    ranked = sorted(values)
    total = 0
    for value in ranked:
        total += value
    return math.floor(total)
"""
DRESSED = '''
"""Finds the middle."""
import statistics, math

def middle(values):
    """Return the middle."""
    in_order = sorted( values )  # smallest first
    added = 0
    for each in in_order:
        added += each
    return (math.floor(added))
'''


def test_layout_docstrings_import_order_and_names_of_locals_make_no_other_program() -> None:
    assert normal(PLAIN) == normal(DRESSED)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sorted(values)", "list(values)"),
        ("total += value", "ranked += value"),
        ("def middle(values)", "def middle(numbers)"),
        ("def middle", "def median"),
        ("import math\n", "import cmath as math\n"),
        ("total = 0", "total = 1"),
    ],
)
def test_what_a_caller_or_a_result_can_tell_makes_another_program(before: str, after: str) -> None:
    assert normal(PLAIN) != normal(PLAIN.replace(before, after))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # A name of a module is what tests and callers go by.
        ("total = 1\nprint(total)", "added = 1\nprint(added)"),
        # A text may be evaluated where the variables are seen.
        (
            "def f(df):\n    least = 3\n    return df.query('pay > @least')",
            "def f(df):\n    most = 3\n    return df.query('pay > @least')",
        ),
        ("def f():\n    a = 1\n    return locals()", "def f():\n    b = 1\n    return locals()"),
        ("def f():\n    a = 1\n    return f'{a=}'", "def f():\n    b = 1\n    return f'{b=}'"),
        # In the one ``x`` after the comprehension is the function's, in the other the module's.
        (
            "def f(n):\n    x = 1\n    return [x for x in n], x",
            "def f(n):\n    y = 1\n    return [x for x in n], x",
        ),
        (
            "def f():\n    class A:\n        a = 1\n    return A",
            "def f():\n    class A:\n        b = 1\n    return A",
        ),
        (
            "def f():\n    global a\n    a = 1",
            "def f():\n    global b\n    b = 1",
        ),
        # The last of two imports of one name counts.
        ("from a import x\nfrom b import x", "from b import x\nfrom a import x"),
        ("from a import *\nimport b", "import b\nfrom a import *"),
        ('"""One."""\nprint(__doc__)', '"""Two."""\nprint(__doc__)'),
    ],
)
def test_what_may_be_seen_from_elsewhere_is_kept(one: str, other: str) -> None:
    assert normal(one) != normal(other)


def test_a_closure_keeps_its_variables_apart() -> None:
    one = "def f():\n    a = 1\n    def g():\n        b = 2\n        return a + b\n    return g"

    assert normal(one) == normal(one.replace("a", "left").replace("b", "right"))
    assert normal(one) != normal(one.replace("b", "a"))


def test_a_function_that_is_only_a_docstring_stays_a_function() -> None:
    assert normal('def f():\n    """Do nothing."""') == normal("def f():\n    pass")


@pytest.mark.parametrize("code", ["x = (", "x = \0", "(" * 5000 + ")" * 5000, ""])
def test_what_does_not_parse_stays_as_it_is(code: str) -> None:
    assert normal(code) == (code or "Module(body=[], type_ignores=[])")


def test_a_doubtful_escape_is_no_matter() -> None:
    assert normal(r"x = '\d'") == normal(r"x  =  '\d'")
