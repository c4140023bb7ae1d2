"""Calls and runs as JSON."""

from __future__ import annotations

import json

import pytest

from critique_loop.coding.json_tests import json_suite
from critique_loop.coding.sources import Source
from critique_loop.errors import CallError
from critique_loop.values import SuiteKind


def test_lines_and_lists_give_the_same_suite() -> None:
    calls: list[dict[str, object]] = [
        {"input": [1], "output": 2},
        {"input": [], "raises": "ValueError", "function": "g"},
    ]

    listed = json_suite(Source(json.dumps(calls), "t"))
    lined = json_suite(Source("\n".join(map(json.dumps, calls)), "t"))

    assert listed == lined
    assert (listed.kind, json.loads(listed.text)) == (SuiteKind.CALLS, calls)
    assert listed.called == ("g",)


def test_one_object_over_several_lines_is_one_test() -> None:
    found = json_suite(Source('{\n  "stdin": "ä",\n  "stdout": "b"\n}\n', "t"))

    assert (found.kind, found.what) == (SuiteKind.PROGRAM, "1 run as JSON")


def test_a_test_that_is_there_twice_runs_once() -> None:
    found = json_suite(Source('[{"input": [1], "output": 2}, {"output": 2, "input": [1]}]', "t"))

    assert found.what == "1 call as JSON"
    assert found.notes == ("t: 1 tests are there twice, and run once",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[{"input": [1], "output": 2}, {"input": [1], "output": 3}]',
         "t: test 2: contradicts test 1"),
        ('{"input": [1], "output": 1}\n\n{"input": [1], "output": 2}',
         "t, line 3: contradicts line 1"),
        ('{"input": [1]}\n{"input": }', "t, line 2: no valid JSON"),
        ('[{"input": [1]},\n {"input": ]', "t, line 2: no valid JSON"),
        ('[{"input": [NaN], "output": 1}]', "t: NaN is no JSON"),
        ('[{"input": [1], "output": Infinity}]', "t: Infinity is no JSON"),
        ("[1]", "t: test 1: expected an object, found 1"),
        ('[{"input": 1}]', "t: test 1: input: expected the list"),
        ('[{"inputs": [1]}]', "t: test 1: unknown key 'inputs'"),
        ('[{"input": [1], "output": 1, "raises": "E"}]', "can't both return (output) and fail"),
        ('[{"input": [], "kwargs": []}]', "kwargs: expected an object"),
        ('[{"input": [], "function": "a b"}]', "function: expected a name"),
        ('[{"input": [], "tolerance": -1}]', "tolerance: expected a number, 0 or more"),
        ('[{"input": [], "tolerance": true}]', "tolerance: expected a number"),
        ('[{"stdin": "a"}]', "stdout: expected the text"),
        ('[{"stdout": "a", "arguments": "b"}]', "arguments: expected a list of texts"),
        ('[{"stdout": "a", "exit_code": true}]', "exit_code: expected a whole number"),
        ('[{"stdout": "a"}, {"input": []}]', "test 2: a call among whole runs"),
        ("[" * 100_000, "no valid JSON"),
    ],
)  # fmt: skip
def test_what_is_no_test_is_refused_with_its_place(text: str, told: str) -> None:
    with pytest.raises(CallError) as caught:
        json_suite(Source(text, "t"))

    assert told in caught.value.problem
