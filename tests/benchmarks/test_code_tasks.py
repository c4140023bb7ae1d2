from __future__ import annotations

import ast
import doctest
import json
import subprocess
import sys

import code_task_list
import pytest
from code_task_list import CodeTask, check_of, tasks
from mutation import chosen, mutants
from mutation_calls import loaded
from mutation_runs import Kind, judge, passes_tests

TASKS = tasks()
FEWEST_TASKS = 64
FEWEST_ASSERTS = 6


def test_there_are_many_tasks_and_no_name_twice() -> None:
    names = [task.entry_point for task in TASKS]

    assert len(names) >= FEWEST_TASKS
    assert len(set(names)) == len(names)
    assert len({task.topic for task in TASKS}) >= 10


def test_about_half_of_the_tasks_show_examples_and_about_a_third_do_not() -> None:
    with_examples = sum(bool(task.examples) for task in TASKS)

    assert with_examples >= len(TASKS) // 2
    assert len(TASKS) - with_examples >= len(TASKS) // 4


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.task_id)
def test_the_reference_passes_the_tests_and_the_examples(task: CodeTask) -> None:
    names = {task.entry_point: loaded(task.reference, task.entry_point)}
    examples = doctest.DocTestParser().get_doctest(task.examples, names, task.task_id, None, 0)

    failed, tried = doctest.DocTestRunner(verbose=False).run(examples)

    assert passes_tests(task.reference, task)
    assert failed == 0
    assert bool(tried) == bool(task.examples)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.task_id)
def test_a_task_says_all_that_a_writer_needs(task: CodeTask) -> None:
    tests = ast.parse(task.tests).body
    function = loaded(task.reference, task.entry_point)

    assert sum(isinstance(statement, ast.Assert) for statement in tests) >= FEWEST_ASSERTS
    assert task.goal.endswith(".")
    assert "\n" not in task.goal
    assert f"def {task.entry_point}(" in task.signature
    assert function.__doc__
    assert set(function.__annotations__) >= {"return"}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.task_id)
def test_the_tests_kill_half_of_a_few_mutants(task: CodeTask) -> None:
    faults = [mutant for mutant in mutants(task.reference) if not mutant.is_slower]

    judged = [judge(task, mutant) for mutant in chosen(faults, 4)]

    assert sum(one.kind is Kind.KILLED for one in judged) >= 2


def test_the_tests_of_a_task_fit_humanevals_shape() -> None:
    printed = subprocess.run(
        [sys.executable, code_task_list.__file__, "--jsonl"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = [json.loads(line) for line in printed.splitlines()]

    assert len(lines) == len(TASKS)
    for line, task in zip(lines, TASKS, strict=True):
        names: dict[str, object] = {}
        exec(line["prompt"] + line["canonical_solution"], names)  # noqa: S102 - our own program
        exec(line["test"], names)  # noqa: S102 - our own tests
        check = names["check"]
        assert callable(check)
        check(names[line["entry_point"]])
        assert line["task_id"] == task.task_id


def test_a_wrong_program_fails_the_check_of_its_task() -> None:
    task = next(task for task in TASKS if task.entry_point == "record_days")
    names: dict[str, object] = {}
    exec(check_of(task), names)  # noqa: S102 - our own tests
    check = names["check"]
    assert callable(check)

    with pytest.raises(AssertionError):
        check(lambda _levels: [0])  # pyright: ignore[reportUnknownLambdaType] - any levels
