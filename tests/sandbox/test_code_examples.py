from __future__ import annotations

import pytest
from code_examples import Example, examples
from code_request import read_code_request


def found(kind: str, source: str, *, hidden: bool = False) -> tuple[Example, ...]:
    suite = {"kind": kind, "source": source, "hidden": hidden}
    return examples(read_code_request({"entry_point": "f", "suites": [suite]}))


@pytest.mark.parametrize(
    ("kind", "source", "args"),
    [
        ("asserts", "assert f([3, 1], 'a') == 2", ([3, 1], "a")),
        ("asserts", "assert -f(-1) == 1", (-1,)),
        ("asserts", "xs = [1, 2]\nassert f(xs) == 3", ([1, 2],)),
        ("asserts", "assert f([0] * 3, list(range(2))) == 0", ([0, 0, 0], [0, 1])),
        ("asserts", "assert f({1, 2}, {'a': (1,)}) == 0", ({1, 2}, {"a": (1,)})),
        ("check", "def check(candidate):\n    assert candidate(7) == 1", (7,)),
        ("pytest", "import solution\ndef test_it():\n    assert solution.f(2.5) == 1", (2.5,)),
        ("doctest", "Words.\n\n>>> f('x')\n1\n", ("x",)),
        ("calls", '[{"input": [[1], null], "output": 1}]', ([1], None)),
    ],
)
def test_arguments_that_are_written_out_are_read(
    kind: str, source: str, args: tuple[object, ...]
) -> None:
    (example,) = found(kind, source)

    assert example == Example(args)


def test_each_row_of_a_parametrised_test_and_turn_of_a_loop_is_an_example() -> None:
    source = (
        "import pytest\nfrom solution import f\n"
        "@pytest.mark.parametrize(('x', 'out'), [(1, 2), (3, 4)])\n"
        "def test_it(x, out):\n    assert f(x) == out\n"
        "def test_all():\n    for x, y in [(5, 6), (7, 8)]:\n        assert f(x, y)\n"
    )

    assert [example.args for example in found("pytest", source)] == [(1,), (3,), (5, 6), (7, 8)]


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("pytest", "def test_it():\n    with pytest.raises(ValueError):\n        f(-1)\n"),
        ("asserts", "try:\n    f(-1)\nexcept ValueError:\n    pass\n"),
        ("doctest", ">>> f(-1)\nTraceback (most recent call last):\nValueError: negative\n"),
        ("calls", '[{"input": [-1], "raises": "ValueError"}]'),
    ],
)
def test_a_call_that_must_fail_is_marked(kind: str, source: str) -> None:
    assert found(kind, source) == (Example((-1,), refused=True),)


def test_the_docstring_of_the_signature_is_visible_and_comes_first() -> None:
    asked = read_code_request(
        {
            "entry_point": "f",
            "signature": 'def f(x):\n    """Double.\n\n    >>> f(2)\n    4\n    """\n',
            "suites": [{"kind": "asserts", "source": "assert f(9) == 18", "hidden": True}],
        }
    )

    assert examples(asked) == (Example((2,)), Example((9,), hidden=True))


def test_a_suite_that_does_not_say_what_it_is_counts_as_hidden() -> None:
    suite = {"kind": "asserts", "source": "assert f(9)"}

    (example,) = examples(read_code_request({"entry_point": "f", "suites": [suite]}))

    assert example.hidden


@pytest.mark.parametrize(
    "source",
    [
        "assert f(g(1)) == 2",
        "assert f(x) == 2",
        "x = [1]\nx.append(2)\nassert f(x) == 2",
        "x = [1]\nx[0] = 2\nassert f(x) == 2",
        "x = 1\nx += 1\nassert f(x) == 2",
        "assert f(*args) == 2",
        "assert f(**options) == 2",
        "assert f([0] * 10 ** 9) == 2",
        "assert f(list(range(10000000))) == 2",
        "def f(:",
        "f(\0)",
        "assert g(1) == 2",
    ],
)
def test_what_is_not_written_out_is_left_out(source: str) -> None:
    assert found("asserts", source) == ()


@pytest.mark.parametrize("source", ["{", "[1]", '{"input": [1]}', '[{"input": 1}]', "null"])
def test_calls_of_another_form_are_left_out(source: str) -> None:
    assert found("calls", source) == ()
