"""Tests that are data: comparison of values and outputs, and both kinds against plain forks."""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Generator

import pytest
from suite_data import same

from tests.sandbox.tested import host, outcomes, try_suite

DRAFT = """
import os
import numpy as np
def add(a, b): return a + b
def broken(): raise KeyError("no")
def hang():
    while True: pass
def pair(): return (1, {2: (3,)})
def array(): return np.array([1.5, 2.0])
def named(*, x): return x
"""


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Generator[socket.socket]:
    with host(tmp_path_factory.mktemp("host")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("found", "expected", "tolerance"),
    [
        (3, 3, 0.0),
        (3.0, 3, 0.0),
        (3, 3.0, 0.0),
        ((1, (2,)), [1, [2]], 0.0),
        ({1: "a"}, {"1": "a"}, 0.0),
        ({None: 1}, {"null": 1}, 0.0),
        (0.30000001, 0.3, 1e-6),
        (300000.1, 300000, 1e-6),
        (math.nan, math.nan, 0.0),
        (math.inf, math.inf, 0.0),
        (None, None, 0.0),
        (True, True, 0.0),
    ],
)
def test_values_are_the_same_as_json_writes_them(
    found: object, expected: object, tolerance: float
) -> None:
    assert same(found, expected, tolerance)


@pytest.mark.parametrize(
    ("found", "expected", "tolerance"),
    [
        (True, 1, 0.0),
        (1, True, 0.0),
        (True, 1.0, 0.5),
        ("7", 7, 0.0),
        (3, "3", 0.0),
        ([1, 2], [1], 0.0),
        ([1], [1, 2], 0.0),
        ({1, 2}, [1, 2], 0.0),
        ({1: 1, "1": 1}, {"1": 1}, 0.0),
        ({"a": 1}, {"b": 1}, 0.0),
        (0.31, 0.3, 1e-6),
        (math.nan, 0.0, 1.0),
        (None, 0, 0.0),
        (1 + 0j, 1, 0.0),
        (10**400, 3.0, 0.0),
        (10**400, math.nan, 1.0),
        ("ab", ["a", "b"], 0.0),
    ],
)
def test_values_that_only_look_the_same_are_not(
    found: object, expected: object, tolerance: float
) -> None:
    assert not same(found, expected, tolerance)


def test_calls_end_as_they_must_or_fail_with_both_values(control: socket.socket) -> None:
    calls = [
        {"input": [1, 2], "output": 3},
        {"input": [1, 2], "output": 4},
        {"input": [1], "raises": "TypeError"},
        {"input": [1, 2], "raises": "TypeError"},
        {"function": "broken", "raises": "KeyError"},
        {"function": "broken", "output": None},
        {"function": "pair", "output": [1, {"2": [3]}]},
        {"function": "array", "output": [1.5, 2]},
        {"function": "named", "kwargs": {"x": 5}, "output": 5},
        {"function": "named", "kwargs": {"x": 5}},
        {"input": [0.1, 0.2], "output": 0.3, "tolerance": 1e-9},
        {"function": "hang", "output": 1},
        {"input": [2, 2], "output": 4},
    ]

    run = try_suite(control, "calls", DRAFT, json.dumps(calls))

    ends = [*outcomes(run).values()]
    passed, failed = "passed", "failed"
    assert ends[:6] == [passed, failed, passed, failed, passed, failed]
    assert ends[6:] == [passed, passed, passed, passed, "timeout", passed]
    assert run.records[1].message == "add(1, 2) must return 4, but returned 3"
    assert run.records[5].message == "broken() must return None, but raised KeyError: 'no'"


def test_whole_runs_are_compared_by_what_they_print_and_how_they_end(
    control: socket.socket,
) -> None:
    draft = """
import sys
for line in sys.stdin:
    print(line.strip()[::-1], *sys.argv[1:], end=" \\n")
if "-x" in sys.argv:
    sys.exit(3)
if "-w" in sys.argv:
    while True: pass
if "-k" in sys.argv:
    import os
    os.kill(os.getpid(), 9)
"""
    runs = [
        {"stdin": "ab\ncd\n", "stdout": "ba\ndc"},
        {"stdin": "ab\n", "stdout": "ab\n"},
        {"stdin": "ab\n", "arguments": ["-x"], "stdout": "ba -x", "exit_code": 3},
        {"stdin": "ab\n", "arguments": ["-x"], "stdout": "ba -x"},
        {"stdin": "", "arguments": ["-w"], "stdout": ""},
        {"stdin": "", "arguments": ["-k"], "stdout": ""},
    ]

    run = try_suite(control, "program", draft, json.dumps(runs))

    assert [*outcomes(run).values()] == [
        *("passed", "failed", "passed", "failed", "timeout", "crashed")
    ]
    assert "it printed 'ba', not 'ab'" in run.records[1].message
    assert "it ended with 3, not 0" in run.records[3].message


@pytest.mark.parametrize("kind", ["calls", "program"])
@pytest.mark.parametrize("source", ["{", "{}", "[1]", ""])
def test_what_is_no_list_of_tests_is_broken(control: socket.socket, kind: str, source: str) -> None:
    run = try_suite(control, kind, DRAFT, source)

    assert run.broken
    assert not run.by_draft


@pytest.mark.parametrize("value", ["10**5000", "10**400", "{10**5000: 1}", "[[10**5000]]"])
def test_no_value_keeps_the_next_call_from_being_judged(control: socket.socket, value: str) -> None:
    calls = [{"output": 3.0}, {"output": {"1": 2}}, {"output": [[1]]}]

    run = try_suite(control, "calls", f"def add(): return {value}", json.dumps(calls))

    assert set(outcomes(run).values()) <= {"failed", "error"}
    assert len(run.records) == len(calls)


@pytest.mark.parametrize(
    ("draft", "end"),
    [
        ("def add(): raise ValueError", "passed"),
        ("class ValueError(Exception): pass\ndef add(): raise ValueError", "failed"),
        ("raise ValueError", "error"),
    ],
)
def test_an_error_of_pythons_is_pythons_own_and_raised_by_the_call(
    control: socket.socket, draft: str, end: str
) -> None:
    run = try_suite(control, "calls", draft, '[{"raises": "ValueError"}]')

    assert [*outcomes(run).values()] == [end]


def test_an_error_of_the_drafts_own_goes_by_its_name(control: socket.socket) -> None:
    draft = "class Empty(Exception): pass\ndef add(): raise Empty"

    run = try_suite(control, "calls", draft, '[{"raises": "Empty"}]')

    assert [*outcomes(run).values()] == ["passed"]


def test_only_a_line_end_ends_a_line_of_output(control: socket.socket) -> None:
    draft = r"print('a\x0cb\u2028c \r')"
    runs = [{"stdout": "a\nb\nc\n"}, {"stdout": "a\x0cb\u2028c\n"}]

    run = try_suite(control, "program", draft, json.dumps(runs))

    assert [*outcomes(run).values()] == ["failed", "passed"]
