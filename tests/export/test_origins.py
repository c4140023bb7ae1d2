"""Groups: what must not be torn apart is in one."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.export.origins import Origins, group_of, task_sha256
from critique_loop.testing.stored_runs import RUBRIC, task_of
from critique_loop.values import CodeSpec, Task, TaskKind


def code(goal: str, name: str = "", signature: str = "") -> Task:
    return Task(goal, RUBRIC, TaskKind.CODE, code=CodeSpec(entry_point=name, signature=signature))


def test_tables_with_the_same_columns_are_one_group_whatever_is_asked() -> None:
    same = task_of("total Power")
    (table,) = same.tables
    renamed = replace(same, tables=(replace(table, name="b.csv", sha256="f" * 64, rows=1),))

    assert group_of(task_of("mean Power")) == group_of(same) == group_of(renamed)
    assert group_of(task_of("mean Power", 1)) != group_of(same)


def test_the_order_and_the_case_of_columns_make_no_other_group() -> None:
    task = task_of()
    (table,) = task.tables
    columns = tuple(replace(c, name=f" {c.name.upper()}") for c in reversed(table.columns))
    turned = replace(task, tables=(replace(table, columns=columns, sha256="f" * 64),))

    assert group_of(turned) == group_of(task)


def test_goals_that_differ_in_their_numbers_are_one_group() -> None:
    assert group_of(code("Return the first 3 primes")) == group_of(
        code("return the first 12 Primes")
    )
    assert group_of(code("Return the first 3 primes")) != group_of(code("Return 3 squares"))


def test_programs_of_one_name_and_signature_are_one_group() -> None:
    one = code("Double x.", "double", "def double(x): ...")
    other = code("Give twice x.", "double", "def  double(x):  ...")

    assert group_of(one) == group_of(other)
    assert task_sha256(one) != task_sha256(other)


def test_a_rubric_is_named_with_its_hash() -> None:
    origins = Origins()

    changed = replace(RUBRIC, target=9.0)

    assert origins.rubric(RUBRIC).startswith("short@")
    assert origins.rubric(RUBRIC) != origins.rubric(changed)
