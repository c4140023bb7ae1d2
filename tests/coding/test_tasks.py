"""From files to one task."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.coding.tasks import CodeOptions, task_of
from critique_loop.errors import CallError, DataError
from critique_loop.values import Dimension, Rubric, SuiteKind, Task, TaskKind

RUBRIC = Rubric("r", (Dimension("correctness", "?", gate=True),))
STUB = 'def mean(values):\n    """Return the mean.\n\n    >>> mean([1, 3])\n    2.0\n    """\n'
CASES = '[{"input": [[1]], "output": 1.0}]'


def task(goal: str = "", **options: object) -> Task:
    given: CodeOptions = {"rubric": RUBRIC, **options}  # pyright: ignore[reportAssignmentType] - the tables mix types
    return task_of(goal, given)


def test_a_stub_and_tests_make_a_task() -> None:
    made = task(signature=STUB, tests=CASES, hidden_tests="assert mean([2]) == 2\n")

    spec = made.code
    assert spec is not None
    assert (made.kind, made.goal) == (TaskKind.CODE, "Return the mean.")
    assert (spec.entry_point, spec.module) == ("mean", "solution")
    assert [(suite.kind, suite.hidden) for suite in spec.suites] == [
        (SuiteKind.CALLS, False),
        (SuiteKind.DOCTEST, False),
        (SuiteKind.ASSERTS, True),
    ]


def test_what_was_detected_is_said() -> None:
    told: list[str] = []

    task(
        signature=STUB, tests=CASES, hidden_tests=(CASES.replace("1", "2"),), on_notice=told.append
    )

    assert told == [
        "function: mean",
        "tests: tests: 1 call as JSON",
        "tests: 1 example in the signature",
        "hidden tests: hidden: 1 call as JSON",
    ]


def test_without_tests_and_reference_that_is_said() -> None:
    told: list[str] = []

    task("do something", on_notice=told.append)

    assert told == ["no tests and no reference: nothing tells whether a program is right"]


def test_a_module_is_called_as_the_tests_call_it(tmp_path: Path) -> None:
    tests = tmp_path / "test_mine.py"
    tests.write_text("from mine import f\n\n\ndef test_f():\n    assert f(1) == 2\n")
    solution = tmp_path / "mine.py"
    solution.write_text("def f(x):\n    return x + 1\n")

    spec = task(tests=tests, solution=solution).code

    assert spec is not None
    assert (spec.module, spec.entry_point) == ("mine", "f")


@pytest.mark.parametrize(
    ("options", "entry_point"),
    [
        ({"tests": "assert g(1) == 2\n"}, "g"),
        ({"tests": "assert g(h(1)) == 2\n"}, ""),
        ({"tests": "assert g(h(1)) == 2\n", "entry_point": "g"}, "g"),
        ({"tests": '[{"input": [], "output": 1, "function": "k"}]'}, "k"),
        ({"tests": CASES, "reference": "def r(v):\n    return _s(v)\ndef _s(v):\n    return 1\n"},
         "r"),
        ({"tests": CASES, "solution": "def broken(:\n"}, ""),
        ({"tests": CASES, "solution": "def größe(v):\n    return v\n"}, "größe"),
    ],
)  # fmt: skip
def test_the_function_is_the_one_that_the_files_agree_on(
    options: dict[str, object], entry_point: str
) -> None:
    spec = task("g", **options).code

    assert spec is not None
    assert spec.entry_point == entry_point


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "nothing says what is wanted"),
        ({"tests": ""}, "the tests: empty"),
        ({"tests": CASES, "hidden_tests": CASES}, "the hidden tests are the visible ones"),
        ({"tests": (CASES, CASES)}, "the same tests as"),
        ({"signature": STUB, "entry_point": "other"}, "the signature declares no other"),
        ({"tests": CASES, "entry_point": "no name"}, "no name that a function could have"),
        ({"signature": STUB, "reference": "def other(): pass\n"}, "defines no function mean"),
        ({"signature": STUB, "reference": "def mean(:\n"}, "the reference, line 1: no valid"),
        ({"tests": CASES, "test_timeout_s": float("nan")}, "the time for a test is nan"),
        ({"signature": STUB, "test_timeout_s": float("nan")}, "the time for a test is nan"),
        ({"tests": CASES, "solution": ""}, "the solution: empty"),
    ],
)
def test_what_contradicts_itself_is_refused(options: dict[str, object], told: str) -> None:
    with pytest.raises(CallError) as caught:
        task("", **options)

    assert told in caught.value.problem


def test_several_tables_go_with_the_task_and_two_of_one_name_do_not(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "c/a.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x,y\n1,2\n3,4\n")

    made = task("g", data=[tmp_path / "a.csv", tmp_path / "b.csv"])

    assert [table.name for table in made.tables] == ["a.csv", "b.csv"]
    with pytest.raises(CallError, match=r"two data files are called 'a\.csv'"):
        task("g", data=[tmp_path / "a.csv", tmp_path / "c" / "a.csv"])
    with pytest.raises(DataError):
        task("g", data=tmp_path / "none.csv")


def test_a_goal_is_not_told_again_as_examples() -> None:
    assert task(signature=STUB).goal == "Return the mean."
    assert task(signature="def f(x):\n    '''\n    >>> f(1)\n    1\n    '''\n").goal == (
        "Write the function f."
    )
