"""What stubs say."""

from __future__ import annotations

import pytest

from critique_loop.coding.signatures import Signature, examples_in, read_signature
from critique_loop.coding.sources import Source
from critique_loop.errors import CallError


def read(text: str) -> Signature:
    return read_signature(Source(text, "stub.py"))


def test_a_stub_gives_its_function_its_docstring_and_its_examples() -> None:
    found = read('def mean(v):\n    """The mean.\n\n    >>> mean([1, 2])\n    1.5\n    """\n')

    assert (found.entry_point, found.names) == ("mean", ("mean",))
    assert found.docstring.startswith("The mean.")
    assert found.examples == ">>> mean([1, 2])\n1.5\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("def f(x):\n    ...\n", "f"),
        ("def f(x): pass", "f"),
        ("def f(x):\n    raise NotImplementedError\n", "f"),
        ("def helper(x):\n    return x\n\ndef größe(x):\n    '''Doc.'''\n", "größe"),
        ("def first(x):\n    return x\n\ndef last(x):\n    return x\n", "last"),
        ("def a(x): ...\ndef b(x): ...\n", ""),
        ("class A:\n    def f(self): ...\n", ""),
        ("async def f(x): ...", "f"),
        ("from math import pi\n\ndef f(x: float) -> float:", "f"),
        ("def f(x):\n    # to be written\n", "f"),
    ],
)
def test_the_function_that_is_wanted_is_the_one_without_a_body(text: str, wanted: str) -> None:
    assert read(text).entry_point == wanted


def test_examples_in_all_docstrings_count() -> None:
    method = 'class A:\n    def f(self):\n        """\n        >>> 2\n        2\n        """\n'

    found = read(f'"""\n>>> 1\n1\n"""\n{method}')

    assert found.examples == ">>> 1\n1\n>>> 2\n2\n"


def test_an_example_that_is_no_python_is_left_out_and_said() -> None:
    found = read('def f(x):\n    """\n    >>> f(1) ==> 2\n    >>> f(2)\n    3\n    """\n')

    assert found.examples == ">>> f(2)\n3\n"
    assert found.notes == ("stub.py: the example 'f(1) ==> 2' is no Python and is left out",)


def test_examples_over_several_lines_stay_whole() -> None:
    found = examples_in(">>> for n in (1, 2):\n...     print(n)\n...\n1\n2\n")

    assert found.number == 1
    assert found.text == ">>> for n in (1, 2):\n...     print(n)\n1\n2\n"


def test_examples_that_can_not_be_told_apart_are_said_to_be_none() -> None:
    found = examples_in(">>>f(1)\n2\n")

    assert (found.text, found.number) == ("", 0)
    assert "can't be read" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\n", "stub.py: declares no function"),
        ("def f(x)\n", "stub.py, line 1: no valid Python"),
        ("def f(x):\n    return (\n", "stub.py, line 2: no valid Python"),
    ],
)
def test_a_stub_without_a_function_is_refused(text: str, told: str) -> None:
    with pytest.raises(CallError) as caught:
        read(text)

    assert told in caught.value.problem
