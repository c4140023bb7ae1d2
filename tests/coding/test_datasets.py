"""Data sets of programming tasks."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from critique_loop.coding.datasets import Problem, load_dataset, load_solutions
from critique_loop.definitions.definition import Sharing
from critique_loop.definitions.telling import task_sections
from critique_loop.errors import CallError, DataError
from critique_loop.values import CodeSpec, Dimension, Rubric, Suite, SuiteKind

RUBRIC = Rubric("r", (Dimension("correctness", "?", gate=True),))
STUB = 'def add(a, b):\n    """Add.\n\n    >>> add(1, 2)\n    3\n    """\n'
HUMAN_EVAL: dict[str, object] = {
    "task_id": "Own/0",
    "prompt": STUB,
    "entry_point": "add",
    "canonical_solution": "    return a + b\n",
    "test": "def check(candidate):\n    assert candidate(40, 2) == 42\n",
}
EVAL_PLUS: dict[str, object] = {
    "task_id": "Own/0",
    "prompt": STUB,
    "entry_point": "add",
    "canonical_solution": "    return a + b\n",
    "base_input": [[40, 2]],
    "plus_input": [[-1, 1], ["a", 1], [0.1, 0.2]],
    "contract": "",
    "atol": 0,
}
MBPP: dict[str, object] = {
    "task_id": 11,
    "text": 'Write a function to add "two" numbers.',
    "code": "def add(a, b):\r\n    return a + b\r\n",
    "test_list": ["assert add(1, 2) == 3", "assert add(40, 2) == 42"],
    "test_setup_code": "",
    "challenge_test_list": [],
}
SANITIZED: dict[str, object] = {
    "task_id": 11,
    "prompt": "Write a function to add two numbers.",
    "code": "import math\ndef add(a, b):\n    return a + b\n",
    "test_imports": ["import math"],
    "test_list": ["assert math.isclose(add(1, 2), 3)"],
    "source_file": "x",
}
BIG_CODE_BENCH: dict[str, object] = {
    "task_id": "Own/7",
    "complete_prompt": "import json\n" + STUB,
    "instruct_prompt": "Add two numbers.",
    "code_prompt": "",
    "canonical_solution": "    return a + b\n",
    "test": "import unittest\n\nclass TestCases(unittest.TestCase):\n"
    "    def test_one(self):\n        self.assertEqual(add(40, 2), 42)\n",
    "entry_point": "add",
    "libs": "['json']",
}
ALL = {
    "HumanEval": HUMAN_EVAL,
    "EvalPlus": EVAL_PLUS,
    "MBPP": MBPP,
    "MBPP (sanitized)": SANITIZED,
    "BigCodeBench": BIG_CODE_BENCH,
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(*rows: object, name: str = "set.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        return path

    return written


def loaded(path: Path) -> tuple[Problem, CodeSpec, Suite]:
    (problem,) = load_dataset(path, rubric=RUBRIC).problems
    spec = problem.task.code
    assert spec is not None
    return problem, spec, spec.suites[-1]


@pytest.mark.parametrize("shape", ALL)
def test_the_shape_is_told_by_the_keys_and_the_tests_are_hidden(
    write: Callable[..., Path], shape: str
) -> None:
    path = write(ALL[shape])

    dataset = load_dataset(path, rubric=RUBRIC)
    _, spec, hidden = loaded(path)

    assert dataset.shape == shape
    assert "hidden: " in dataset.told
    assert spec.entry_point == "add"
    assert [suite.hidden for suite in spec.suites] == [False] * (len(spec.suites) - 1) + [True]
    assert hidden.name == "tests of the data set"


@pytest.mark.parametrize("shape", ALL)
def test_no_prompt_holds_a_hidden_test_or_a_right_program(
    write: Callable[..., Path], shape: str
) -> None:
    problem, spec, hidden = loaded(write(ALL[shape]))

    sections = task_sections(problem.task, Sharing())

    told = "\n".join(form.text for section in sections for form in section.forms)
    assert hidden.source not in told
    assert "42" not in told
    assert "return a + b" not in told
    assert spec.reference == ""
    assert [section.trusted for section in sections if section.title == "Signature"] == [False]


def run_check(source: str, program: Callable[[Any, Any], object]) -> None:
    """Run a suite's ``check`` on ``program``, as the sandbox does in a process of its own."""
    space: dict[str, Any] = {"__name__": "tests"}
    exec(source, space)  # noqa: S102 - our own suite, made of the rows above
    space["check"](program)


def test_evalplus_compares_with_the_canonical_solution_where_that_takes_the_input(
    write: Callable[..., Path],
) -> None:
    _, _, hidden = loaded(write(EVAL_PLUS))

    run_check(hidden.source, lambda a, b: a + b + 1e-9 * isinstance(a, float))

    with pytest.raises(AssertionError):
        run_check(hidden.source, lambda a, b: abs(a) + b)
    with pytest.raises(AssertionError):
        run_check(hidden.source, lambda a, b: a + b + 1e-3 * isinstance(a, float))


def test_an_evalplus_task_of_which_no_input_can_be_compared_passes_nobody(
    write: Callable[..., Path],
) -> None:
    _, _, hidden = loaded(write({**EVAL_PLUS, "base_input": [["a", 1]], "plus_input": []}))

    with pytest.raises(AssertionError):
        run_check(hidden.source, lambda a, b: a + b)


def test_nested_results_are_compared_part_by_part(write: Callable[..., Path]) -> None:
    row = {**EVAL_PLUS, "canonical_solution": "    return {'x': (a, [b * 0.1])}\n", "atol": 0.01}
    _, _, hidden = loaded(write({**row, "plus_input": []}))

    run_check(hidden.source, lambda a, b: {"x": [a, (b * 0.1 + 0.005,)]})


@pytest.mark.parametrize("wrong", [{"x": (40,)}, {"y": (40, [0.2])}, {"x": (40, [0.3])}, None])
def test_a_part_that_differs_is_found(write: Callable[..., Path], wrong: object) -> None:
    row = {**EVAL_PLUS, "canonical_solution": "    return {'x': (a, [b * 0.1])}\n", "atol": 0.01}
    _, _, hidden = loaded(write({**row, "plus_input": []}))

    with pytest.raises(AssertionError):
        run_check(hidden.source, lambda a, b: wrong if (a, b) == (40, 2) else None)


def test_a_check_finds_what_the_prompt_defines_besides(write: Callable[..., Path]) -> None:
    prompt = "def twice(a):\n    return 2 * a\n\n\n" + STUB
    test = "def check(candidate):\n    assert candidate(1, 1) == twice(1)\n"
    _, spec, hidden = loaded(write({**HUMAN_EVAL, "prompt": prompt, "test": test}))

    run_check(hidden.source, lambda a, b: a + b)

    assert spec.entry_point == "add"


@pytest.mark.parametrize("row", [EVAL_PLUS, HUMAN_EVAL], ids=["MBPP+", "with a test"])
def test_a_text_may_stand_where_a_stub_does(
    write: Callable[..., Path], row: dict[str, object]
) -> None:
    prompt = '"""\nWrite a function to add.\nassert add(1, 2) == 3\n"""\n'
    whole = "\ndef add(a, b):\n    return a + b\n"
    path = write({**row, "prompt": prompt, "canonical_solution": whole})

    _, spec, hidden = loaded(path)

    assert (spec.signature, spec.entry_point, len(spec.suites)) == (prompt, "add", 1)
    run_check(hidden.source, lambda a, b: a + b)


def test_mbpp_shows_its_text_and_its_first_assert(write: Callable[..., Path]) -> None:
    _, spec, hidden = loaded(write(MBPP))

    space: dict[str, Any] = {}
    exec(spec.signature, space)  # noqa: S102 - our own row
    assert spec.signature.count("assert") == 1
    assert hidden.kind is SuiteKind.ASSERTS
    assert hidden.source.count("assert ") == 2


def test_bigcodebench_runs_its_test_class_on_the_module(write: Callable[..., Path]) -> None:
    _, spec, hidden = loaded(write(BIG_CODE_BENCH))

    assert hidden.kind is SuiteKind.PYTEST
    assert hidden.source.startswith("from solution import *\nfrom solution import add\n")
    assert len(spec.suites) == 1


@pytest.mark.parametrize("form", ["gz", "list"])
def test_packed_files_and_lists_are_read_too(write: Callable[..., Path], form: str) -> None:
    path = write(HUMAN_EVAL)
    if form == "gz":
        path.write_bytes(gzip.compress(path.read_bytes()))
    else:
        path.write_text(json.dumps([HUMAN_EVAL], indent=1))

    assert loaded(path)[0].id == "Own/0"


def without(row: Mapping[str, object], key: str) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != key}


BAD_ROWS: list[tuple[list[object], str]] = [
    ([{"a": 1}], "line 1: no known shape of a data set; keys: a."),
    ([HUMAN_EVAL, HUMAN_EVAL], "line 2: task_id: Own/0 is there twice"),
    ([HUMAN_EVAL, without(HUMAN_EVAL, "test")], "line 2: test: missing (HumanEval has it)"),
    (
        [{**HUMAN_EVAL, "test": "def other(): pass\n"}],
        "line 1: test: defines no function check",
    ),
    ([{**HUMAN_EVAL, "test": "def check(:"}], "line 1: test: no valid Python"),
    ([{**HUMAN_EVAL, "test": 3}], "line 1: test: expected a text, found 3"),
    ([{**HUMAN_EVAL, "entry_point": "a b"}], "line 1: entry_point: 'a b' is no name"),
    ([{**HUMAN_EVAL, "task_id": None}], "line 1: task_id: expected a name or a number"),
    ([{**EVAL_PLUS, "base_input": [1]}], "line 1: base_input, plus_input: expected lists"),
    ([{**EVAL_PLUS, "base_input": {}}], "line 1: base_input: expected a list, found {}"),
    ([{**EVAL_PLUS, "atol": -1}], "line 1: atol: expected a number, 0 or more"),
    ([{**EVAL_PLUS, "canonical_solution": "    )\n"}], "canonical_solution: no valid Python"),
    ([{**MBPP, "test_list": []}], "line 1: test_list: there is no test in it"),
    ([{**MBPP, "test_list": [1]}], "line 1: test_list: expected a list of texts"),
    ([{**MBPP, "test_list": ["assert 1"]}], "the first test calls no function of code"),
    ([{**BIG_CODE_BENCH, "test": "class ("}], "line 1: test: no valid Python"),
    ([1], "line 1: expected an object, found 1"),
    ([], "empty"),
]


@pytest.mark.parametrize(("rows", "told"), BAD_ROWS)
def test_a_row_that_does_not_fit_is_named_by_line_and_key(
    write: Callable[..., Path], rows: list[object], told: str
) -> None:
    path = write(*rows)

    with pytest.raises(DataError) as caught:
        load_dataset(path, rubric=RUBRIC)

    assert caught.value.problem.startswith(f"{path}: ")
    assert told in caught.value.problem


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"a": 1}\n{', "line 2: no valid JSON"),
        (b"\xff\xfe", "no UTF-8 text"),
        (b"\x1f\x8bxx", "a damaged .gz file"),
        (gzip.compress(b'{"a": 1}', mtime=0)[:-9], "a damaged .gz file"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)

    with pytest.raises(DataError) as caught:
        load_dataset(path, rubric=RUBRIC)

    assert told in caught.value.problem


def test_a_part_is_chosen_by_id_or_number(write: Callable[..., Path]) -> None:
    rows = [{**HUMAN_EVAL, "task_id": f"Own/{number}"} for number in range(5)]
    dataset = load_dataset(write(*rows), rubric=RUBRIC)

    assert [p.id for p in dataset.part(limit=2).problems] == ["Own/0", "Own/1"]
    assert [p.id for p in dataset.part(only=("3", "Own/1")).problems] == ["Own/1", "Own/3"]
    with pytest.raises(CallError, match="there is no task '9'"):
        dataset.part(only=("9",))


def test_completions_go_on_from_the_prompt_and_solutions_stand_alone(
    write: Callable[..., Path],
) -> None:
    dataset = load_dataset(write(HUMAN_EVAL), rubric=RUBRIC)
    path = write(
        {"task_id": "Own/0", "completion": "    return a + b\n"},
        {"task_id": "Own/0", "solution": "def add(a, b): return 0\n"},
        name="samples.jsonl",
    )

    found = load_solutions(path, dataset)

    assert found == {"Own/0": (STUB + "    return a + b\n", "def add(a, b): return 0\n")}


@pytest.mark.parametrize(
    ("row", "sample", "told"),
    [
        (HUMAN_EVAL, {"task_id": "Own/9", "solution": ""}, "'Own/9' is no task of"),
        (HUMAN_EVAL, {"task_id": "Own/0"}, "expected a solution or a completion"),
        (MBPP, {"task_id": 11, "completion": ""}, "the task has no prompt to go on from"),
        (HUMAN_EVAL, {"task_id": "Own/0", "solution": None}, "solution: expected a text"),
    ],
)
def test_a_program_without_a_task_is_refused(
    write: Callable[..., Path], row: object, sample: object, told: str
) -> None:
    dataset = load_dataset(write(row), rubric=RUBRIC)
    path = write(sample, name="samples.jsonl")

    with pytest.raises(DataError) as caught:
        load_solutions(path, dataset)

    assert told in caught.value.problem
    assert caught.value.problem.startswith(f"{path}: line 1")
