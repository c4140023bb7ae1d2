"""Asserts and check functions against drafts in plain forks."""

from __future__ import annotations

import socket
from collections.abc import Generator

import pytest

from tests.sandbox.tested import host, only, outcomes, try_suite

DRAFT = """
import os
def add(a, b): return a + b
def hang():
    while True: pass
def leave(): os._exit(0)
def stop(): raise SystemExit(0)
def append(item, to=[]):
    to.append(item)
    return to
"""


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Generator[socket.socket]:
    with host(tmp_path_factory.mktemp("host")) as opened:
        yield opened


def test_each_statement_with_an_assert_is_a_test_and_the_others_prepare(
    control: socket.socket,
) -> None:
    source = """
import math
from solution import add as plus
four = plus(2, 2)
def twice(n): return add(n, n)
assert four == 4
assert twice(3) == 7
for n in range(3):
    assert add(n, 1) == n + 1
assert math.isclose(add(0.1, 0.2), 0.3), "near"
"""
    run = try_suite(control, "asserts", DRAFT, source)

    assert [*outcomes(run).values()] == ["passed", "failed", "passed", "passed"]
    assert run.records[1].message == "assert twice(3) == 7\ntwice(3) is 6, expected 7"


@pytest.mark.parametrize(
    ("source", "end"),
    [
        ("assert add(1, 2) > 5", "failed: assert add(1, 2) > 5\nadd(1, 2) is 3, compared with 5"),
        ("assert 0 < add(1, 2) < 3", "failed: assert 0 < add(1, 2) < 3"),
        ("assert add('a', 1) == 2", "failed: assert add('a', 1) == 2\nTypeError: can only"),
        ("assert missing(2) == 1", "failed: assert missing(2) == 1\nNameError: name 'missing'"),
        ("assert hang() is None", "timeout: it did not end in time"),
        ("assert leave() is None", "crashed: its process is gone"),
        ("while True:\n    assert True", "timeout: it did not end in time"),
        ("assert __import__('os')._exit(0)", "error: the tests ended the process"),
        ("assert exit(0)", "failed: SystemExit: 0"),
        ("assert add(object(), 1)", "not_run: this test can't be run here"),
        ("x = 1 / 0\nassert add(1, 1) == 2", "failed: what the tests begin with failed: ZeroDiv"),
        ("assert add(1, 1) == 2 and print('x' * (10 << 20)) is None", "passed"),
        ("assert (", "not_run: File"),
        ("x = add(1)", "error: what the tests begin with failed: TypeError"),
        ("x = stop()\nassert x", "failed: what the tests begin with failed: SystemExit: 0"),
        ("x = leave()\nassert x", "failed: what the tests begin with failed: its process is gone"),
        ("import unittest\nunittest.TestCase().assertEqual(add(1, 2), 4)", "failed: unittest"),
        ("def expect(c):\n    assert add(1, 2) == c\nexpect(4)", "failed: expect(4)"),
    ],
)
def test_however_a_test_ends_it_is_told(control: socket.socket, source: str, end: str) -> None:
    run = try_suite(control, "asserts", DRAFT, source)

    assert only(run).startswith(end)


def test_a_test_that_ends_the_program_spoils_no_other(control: socket.socket) -> None:
    run = try_suite(control, "asserts", DRAFT, "assert leave()\nassert add(1, 1) == 2\n")

    assert [*outcomes(run).values()] == ["crashed", "passed"]


def test_all_tests_find_the_same_module_so_that_shared_state_is_seen(
    control: socket.socket,
) -> None:
    run = try_suite(control, "asserts", DRAFT, "assert append(1) == [1]\nassert append(2) == [2]\n")

    assert [*outcomes(run).values()] == ["passed", "failed"]
    assert "append(2) is [1, 2], expected [2]" in run.records[1].message


def test_each_assert_of_a_check_function_is_a_test(control: socket.socket) -> None:
    source = """
METADATA = {"author": "someone"}

def check(candidate):
    assert candidate(1, 2) == 3
    total = candidate(2, 2)
    assert total == 5, "no"

check(add)
"""
    run = try_suite(control, "check", DRAFT, source)

    assert [*outcomes(run).values()] == ["passed", "failed"]
    assert run.records[1].message == "assert total == 5, 'no'\ntotal is 4, expected 5"


def test_a_check_function_that_returns_is_one_test(control: socket.socket) -> None:
    source = """
def check(candidate):
    if candidate(1, 2) != 3:
        return
    assert candidate(2, 2) == {sum}
"""
    right = try_suite(control, "check", DRAFT, source.replace("{sum}", "4"))
    wrong = try_suite(control, "check", DRAFT, source.replace("{sum}", "5"))

    assert outcomes(right) == {"check": "passed"}
    assert outcomes(wrong) == {"check": "failed"}


@pytest.mark.parametrize("source", ["x = 1", "def check():\n    assert True"])
def test_without_a_check_function_nothing_is_tested(control: socket.socket, source: str) -> None:
    run = try_suite(control, "check", DRAFT, source)

    assert only(run).startswith("not_run: LookupError: the tests define no check(candidate)")


def test_a_missing_candidate_is_the_drafts_doing(control: socket.socket) -> None:
    source = "def check(candidate):\n    assert candidate(1, 2) == 3"

    run = try_suite(control, "check", DRAFT, source, entry_point="plus")

    assert only(run) == "error: AttributeError: module 'solution' has no attribute 'plus'"


def test_names_in_other_letters_are_names(control: socket.socket) -> None:
    run = try_suite(control, "asserts", "def größe(x): return x", "assert größe(2) == 2\n")

    assert outcomes(run) == {"assert 1": "passed"}


def test_a_check_that_is_a_generator_runs_nothing_and_is_no_test(control: socket.socket) -> None:
    source = "def check(candidate):\n    yield candidate\n    assert candidate(1, 2) == 3\n"

    run = try_suite(control, "check", DRAFT, source)

    assert only(run).startswith("not_run: LookupError: check(candidate) is a generator")


def test_a_check_that_leaves_its_asserts_to_others_is_run(control: socket.socket) -> None:
    source = """
import numpy as np
def assertion(found, wanted):
    if found != wanted:
        np.testing.assert_allclose(found, wanted)
def check(candidate):
    for arguments, wanted in [([1, 2], 3), ([5, 6], 12)]:
        assertion(candidate(*arguments), wanted)
    np.testing.assert_equal(candidate(5, 6), 12)
"""
    run = try_suite(control, "check", DRAFT, source)

    assert [*outcomes(run).values()] == ["failed", "failed"]
