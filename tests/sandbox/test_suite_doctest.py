"""Examples of a session against drafts in plain forks."""

from __future__ import annotations

import socket
from collections.abc import Generator

import pytest

from tests.sandbox.tested import host, only, outcomes, try_suite

DRAFT = '''
class Broken(ValueError):
    pass
def add(a, b):
    """
    >>> add(1, 1)
    3
    """
    return a + b
def broken(): raise Broken("no", 1)
def say(): print("a  b")
def hang():
    while True: pass
'''


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Generator[socket.socket]:
    with host(tmp_path_factory.mktemp("host")) as opened:
        yield opened


def test_examples_are_tests_in_one_scope_and_the_drafts_own_are_not(control: socket.socket) -> None:
    source = """Return the sum.

    >>> two = add(1, 1)
    >>> two
    2
    >>> from solution import add as plus
    >>> [plus(1,
    ...       2)]
    [3]
    >>> broken()
    Traceback (most recent call last):
    Broken: ('no', 1)
    >>> say()
    a  b
    >>> say()  # doctest: +NORMALIZE_WHITESPACE
    a b
    >>> "é" + add("a", "b")  # doctest: +ELLIPSIS
    'é...b'
    """
    run = try_suite(control, "doctest", DRAFT, source)

    assert [*outcomes(run).values()] == ["passed"] * 8


@pytest.mark.parametrize(
    ("source", "end"),
    [
        (">>> add(1, 1)\n3\n", "failed: add(1, 1)\nexpected 3, got 2"),
        (">>> add(1, 1)\n", "failed: add(1, 1)\nexpected nothing, got 2"),
        (">>> add(1, None)\n3\n", "failed: add(1, None)\nexpected 3, got TypeError"),
        (">>> broken()\nTraceback (most recent call last):\nKeyError: 1\n", "failed: broken()"),
        (">>> add(1, 1)\nTraceback (most recent call last):\nKeyError: 1\n", "failed: add(1, 1)"),
        (">>> hang()\n", "timeout: it did not end in time"),
        (">>> missing()\n1\n", "failed: missing()\nexpected 1, got NameError"),
        (">>> exit()\n", "failed: SystemExit"),
        (">>> say()\na b\n", "failed: say()\nexpected a b, got a  b"),
        (">>> add('a', 'b')\n'a...'\n", "failed: add('a', 'b')"),
    ],
)
def test_an_example_that_ends_otherwise_has_failed(
    control: socket.socket, source: str, end: str
) -> None:
    assert only(try_suite(control, "doctest", DRAFT, source)).startswith(end)


def test_a_text_without_examples_holds_no_test(control: socket.socket) -> None:
    assert try_suite(control, "doctest", DRAFT, "Nothing to see.").all_records() == []
