from __future__ import annotations

import ast
import random

import pytest
from code_task_list import tasks
from mutation import OPERATORS, chosen, mutants, normal
from mutation_calls import Outcome, alike, called, loaded, same
from mutation_inputs import inputs, recorded, tweaked
from mutation_runs import Kind, changes_arguments, judge

TASKS = {task.entry_point: task for task in tasks()}

FROM_ONE_LINE = {
    "if a < b:\n    return a": {"a <= b", "a > b"},
    "return a and b": {"a or b", "a", "b"},
    "return a + 1": {"a - 1", "a + 2", "a + 0"},
    "return a[1:b]": {"a[:b]", "a[1:]", "a[1:b + 1]", "a[1 + 1:b]"},
    "return abs(a)": {"a"},
    "return a.strip().lower()": {"a.strip()", "a.lower()", "a.strip().upper()"},
    "return min(a, b)": {"max(a, b)"},
    "return divmod(a, b)": {"divmod(b, a)"},
    "return sorted(a, reverse=True)": {"sorted(a)", "a"},
    "raise ValueError('no')": {"raise KeyError('no')"},
    "return -a": {"return a"},
    "return [c for c in a if c]": {"[c for c in a]"},
    "c = sorted(a)\n    return c": {"a.sort()\n    c = a"},
}


@pytest.mark.parametrize("line", FROM_ONE_LINE)
def test_an_operator_makes_its_fault(line: str) -> None:
    body = line.replace("\n    ", "\n        " if line.startswith("if") else "\n    ")

    made = [mutant.source for mutant in mutants(f"def f(a, b):\n    {body}\n")]

    for wanted in FROM_ONE_LINE[line]:
        assert any(wanted in source for source in made), wanted


def test_faults_of_whole_statements_are_made() -> None:
    source = """
def f(a):
    found = []
    if not a:
        return found
    for item in a:
        found.append(item)
    return found
"""

    made = {mutant.operator: mutant.source for mutant in mutants(source)}

    assert "def f(a, found=[]):" in made["mutable_default"]
    assert "        return found\n" in made["return_in_loop"].partition("for item")[2]
    assert "if not a" not in made["guard_missing"]
    assert "found = found + [item]" in made["copied_on_append"]


def test_every_operator_makes_a_mutant_of_some_task_and_every_mutant_can_be_parsed() -> None:
    sample = [task for place, task in enumerate(TASKS.values()) if place % 5 == 0]

    made = [mutant for task in sample for mutant in mutants(task.reference)]

    assert all(ast.parse(mutant.source) for mutant in made)
    assert len({mutant.operator for mutant in made}) >= len(OPERATORS)


def test_mutants_are_the_same_each_time_and_none_is_there_twice() -> None:
    source = TASKS["merge_shifts"].reference

    first, second = mutants(source), mutants(source)

    assert first == second
    assert len({mutant.source for mutant in first}) == len(first)
    assert normal(source) not in {mutant.source for mutant in first}


def test_docstrings_annotations_and_messages_of_errors_stay() -> None:
    source = 'def f(a: int) -> str:\n    """Say 1."""\n    raise ValueError("1 is not " + "2")\n'

    made = [mutant.source for mutant in mutants(source)]

    assert all("Say 1." in text and "a: int" in text and "-> str" in text for text in made)
    assert all("'1 is not ' + '2'" in text for text in made if "raise" in text)


def test_what_is_chosen_comes_from_many_operators() -> None:
    found = mutants(TASKS["split_quoted"].reference)

    few = chosen(found, 10)

    assert len(few) == 10
    assert len({mutant.operator for mutant in few}) == 10
    assert few == chosen(found, 10)
    assert few != chosen(found, 10, seed=1)


def test_inputs_begin_with_those_of_the_tests_and_the_reference_takes_them_all() -> None:
    task = TASKS["nth_weekday"]
    given = recorded(task)

    found = inputs(task, most=60)

    function = loaded(task.reference, task.entry_point)
    assert found[: len(given)] == given
    assert len({repr(arguments) for arguments in found}) == len(found) == 60
    assert {called(function, arguments).error for arguments in found} <= {"", "ValueError"}
    assert found == inputs(task, most=60)


def test_a_neighbour_is_of_the_same_kind() -> None:
    chance = random.Random(0)  # noqa: S311 - a simulation

    for value in (True, 3, 0.5, "text", (1, "a"), [1, 2], {"a": [1]}):
        made = [tweaked(value, chance) for _ in range(30)]
        assert {type(other) for other in made} == {type(value)}
        assert any(other != value for other in made)


def test_a_wrong_mutant_is_told_from_one_that_answers_the_same() -> None:
    task = TASKS["fill_shelf"]
    by_edit = {(mutant.before, mutant.after): mutant for mutant in mutants(task.reference)}

    killed = judge(task, by_edit["max(sums)", "min(sums)"])
    same_answer = next(
        judge(task, mutant)
        for mutant in mutants(TASKS["record_days"].reference)
        if mutant.operator == "copied_on_append"
        for task in [TASKS["record_days"]]
    )

    assert killed.kind is Kind.KILLED
    assert killed.is_wrong
    assert same_answer.kind is Kind.MAYBE_EQUIVALENT
    assert not same_answer.is_wrong


def test_a_mutant_that_sorts_its_argument_changes_it_and_one_that_sorts_a_copy_does_not() -> None:
    task = TASKS["median_grade"]
    by_operator = {mutant.operator: mutant for mutant in mutants(task.reference)}

    assert changes_arguments(task, by_operator["sorted_in_place"])
    assert not changes_arguments(task, by_operator["index_shifted"])


def test_a_mutant_that_never_ends_is_killed() -> None:
    task = TASKS["balanced_ternary"]
    forever = next(
        mutant
        for mutant in mutants(task.reference)
        if mutant.operator == "statement_missing" and mutant.before.startswith("number =")
    )

    assert judge(task, forever).kind is Kind.KILLED


def test_values_are_the_same_only_with_their_types_and_orders() -> None:
    assert same({"a": 0.1 + 0.2}, {"a": 0.3})
    assert not same(1, 1.0)
    assert not same(1, True)
    assert not same((1,), [1])
    assert not same({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert not same([1, 2], [1])


def test_calls_that_change_their_arguments_differ_from_those_that_do_not() -> None:
    given = ([3, 1],)

    def sort_in_place(items: list[int]) -> list[int]:
        items.sort()
        return items

    polite = called(sorted, given)
    rude = called(sort_in_place, given)

    assert polite == Outcome([1, 3], "", ([3, 1],))
    assert rude.value == polite.value
    assert not alike(polite, rude)
    assert given == ([3, 1],)
