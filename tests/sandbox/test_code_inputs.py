from __future__ import annotations

import pytest
from code_inputs import MOST, inputs_for, scalable_shape
from code_request import CodeRequest, SuiteText

SIGNATURE = "def f(numbers: list[int], count: int) -> int: ...\n"
TESTS = "assert f([3, 5, 9], 2) == 1\nassert f([4, 8], 1) == 2\nassert f([7, 7, 7, 8], 4) == 3\n"


def asked(signature: str = SIGNATURE, tests: str = "", goal: str = "") -> CodeRequest:
    suites = (SuiteText("asserts", tests),) if tests else ()
    return CodeRequest("", goal=goal, entry_point="f", signature=signature, suites=suites)


def hidden(tests: str, signature: str = SIGNATURE) -> CodeRequest:
    suites = (SuiteText("asserts", tests, hidden=True),)
    return CodeRequest("", entry_point="f", signature=signature, suites=suites)


def test_inputs_like_the_examples_come_first_and_hold_what_these_have_in_common() -> None:
    inputs = inputs_for(asked(tests=TESTS))

    inside = [call.args for call in inputs.calls if call.inside]
    assert len(inside) > 10
    assert [call.inside for call in inputs.calls[: len(inside)]] == [True] * len(inside)
    assert all(len(numbers) in {2, 3, 4} and min(numbers) >= 3 for numbers, _ in inside)
    assert all(count <= len(numbers) for numbers, count in inside)
    assert ([4, 8], 1) in inside


def test_edges_are_marked_with_what_is_new() -> None:
    edges = {call.edge for call in inputs_for(asked(tests=TESTS)).calls if not call.inside}

    assert edges >= {"empty", "negative", "zero", "single"}


def test_an_edge_that_the_task_speaks_of_is_inside() -> None:
    inputs = inputs_for(asked(tests=TESTS, goal="Count. The result for an empty list is 0."))

    empty = [call for call in inputs.calls if call.edge == "empty"]
    assert empty
    assert all(call.inside for call in empty)
    assert not any(call.inside for call in inputs.calls if call.edge == "negative")


def test_none_is_an_edge_where_the_signature_allows_it() -> None:
    signature = "def f(numbers: list[int] | None, count: int) -> int: ...\n"

    edges = [call for call in inputs_for(asked(signature, TESTS)).calls if call.edge == "none"]

    assert edges
    assert all(call.args[0] is None for call in edges)


def test_the_same_task_is_tried_with_the_same_inputs() -> None:
    assert inputs_for(asked(tests=TESTS)) == inputs_for(asked(tests=TESTS))


def test_no_hidden_call_is_made() -> None:
    tests = "".join(f"assert f({n}) == 1\n" for n in range(1, 6))

    calls = inputs_for(hidden(tests, "def f(x: int) -> int: ...\n")).calls

    assert not {call.args for call in calls} & {(n,) for n in range(1, 6)}


def test_without_examples_annotations_say_what_to_try() -> None:
    inputs = inputs_for(
        asked("def f(words: list[str], n: int | None = None) -> dict[str, int]: ...")
    )

    assert not inputs.shown
    assert all(isinstance(call.args[0], list) for call in inputs.calls)
    assert len([call for call in inputs.calls if call.inside]) > MOST // 2


@pytest.mark.parametrize(
    "signature",
    ["", "def f(x): ...", "def f(x: Callable[[int], int]): ...", "def g(x: int): ...", "def f(:"],
)
def test_where_nothing_says_what_is_allowed_nothing_is_tried(signature: str) -> None:
    assert inputs_for(asked(signature)).calls == ()


def test_keywords_are_put_in_their_places() -> None:
    inputs = inputs_for(asked(tests="assert f(numbers=[1], count=3) == 1\nassert f([2], count=1)"))

    assert ([1], 3) in [call.args for call in inputs.calls]
    assert ([2], 1) in [call.args for call in inputs.calls]


def test_calls_that_must_fail_say_nothing_of_what_is_allowed() -> None:
    tests = TESTS + "with raises(ValueError):\n    f([], -5)\n"

    inside = [call.args for call in inputs_for(asked(tests=tests)).calls if call.inside]

    assert all(count > 0 for _, count in inside)


def test_the_shape_that_can_grow_is_that_of_most_calls() -> None:
    shape = scalable_shape(asked(tests=TESTS + "assert f([1]) == 2\n"))

    assert shape is not None
    assert len(shape.shapes) == 2
