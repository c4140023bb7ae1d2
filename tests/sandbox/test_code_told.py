from __future__ import annotations

import pytest
from code_request import CodeRequest, SuiteText
from code_told import announces, changes_in_place, raises


@pytest.mark.parametrize(
    ("goal", "allowed"),
    [
        ("Sort the rows in place.", True),
        ("The function modifies its argument.", True),
        ("Return the updated prices.", False),
        ("It updates the given list.", True),
        ("Return a new list; never modify the given one.", False),
        ("Sort in place. The lists given stay as they are.", False),
        ("Return the largest.", False),
    ],
)
def test_whether_arguments_may_change_is_read_from_the_task(goal: str, allowed: bool) -> None:
    assert changes_in_place(CodeRequest("", goal=goal)) is allowed


def test_an_exception_is_announced_by_words_and_visible_tests_alone() -> None:
    suites = (
        SuiteText("asserts", "with raises(KeyError): f()"),
        SuiteText("asserts", "with raises(IndexError): f()", hidden=True),
    )
    asked = CodeRequest("", goal="Raise ValueError for none.", suites=suites)

    assert announces(asked, "ValueError")
    assert announces(asked, "KeyError")
    assert not announces(asked, "IndexError")
    assert not announces(asked, "Value")


@pytest.mark.parametrize(
    ("code", "refuses"),
    [
        ("def f():\n    raise KeyError\n", True),
        ("def f():\n    raise KeyError('x') from None\n", True),
        ("def f():\n    raise KeyError(\n        'x'\n    )\n", True),
        ("def f():\n    return {}['x']\n    raise KeyError\n", False),
        ("def f():\n    raise errors.KeyError('x')\n", True),
        ("def f():\n    raise\n", False),
        ("def f():\n    return KeyError\n", False),
        ("def f(:\n", False),
    ],
)
def test_a_raise_statement_is_a_refusal_where_it_was_run(code: str, refuses: bool) -> None:
    assert raises(code, "KeyError", 2) is refuses
