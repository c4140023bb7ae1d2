"""Where tasks come from, and what is told of lines that are none."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from critique_loop.batch.sources import Given, GoalsFile, Numbered, TaskFile, Wrong, checked
from critique_loop.errors import CallError


def written(path: Path, *lines: str) -> TaskFile:
    path.write_text("\n".join(lines), encoding="utf-8")
    return TaskFile(path)


def test_lines_are_numbered_as_an_editor_does_and_blank_ones_do_not_count(
    tmp_path: Path, table: Path
) -> None:
    task = f'{{"data": "{table.name}", "goal": "x"}}'
    source = written(tmp_path / "tasks.jsonl", "\ufeff" + task, "", "   ", task)

    found = list(source.read())

    assert [one.number for one in found] == [1, 4]
    assert all(isinstance(one, Numbered) for one in found)


def test_all_that_is_wrong_is_told_with_its_line(tmp_path: Path, table: Path) -> None:
    good = f'{{"data": "{table.name}", "goal": "x", "id": "a"}}'
    source = written(tmp_path / "tasks.jsonl", good, "nonsense", good, '{"goal": ""}')

    with pytest.raises(CallError) as caught:
        checked(source)

    told = caught.value.problem.splitlines()
    assert [line.split(":")[1] for line in told] == ["2", "3", "4"]
    assert "the id a is that of an earlier line" in told[1]


def test_of_many_wrong_lines_the_first_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    source = written(tmp_path / "tasks.jsonl", *(["nonsense"] * 40))

    with pytest.raises(CallError) as caught:
        checked(source)

    assert len(caught.value.problem.splitlines()) == 13
    assert caught.value.problem.endswith("and 28 more lines")


@pytest.mark.parametrize("content", ["", "\n\n  \n"])
def test_a_file_without_a_task_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(CallError, match="no task in it"):
        checked(TaskFile(path))


@pytest.mark.parametrize("name", ["none.jsonl", "."])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(CallError, match=r"no such file|is no file"):
        checked(TaskFile(tmp_path / name))


def test_a_line_without_end_is_passed_over_and_told(tmp_path: Path, table: Path) -> None:
    good = f'{{"data": "{table.name}", "goal": "x"}}'
    source = written(tmp_path / "tasks.jsonl", '"' + "a" * (5 << 20), good)

    found = list(source.read())

    assert [type(one) for one in found] == [Wrong, Numbered]
    assert [one.number for one in found] == [1, 2]


def test_each_line_of_the_goals_is_a_chart_of_the_table(tmp_path: Path, table: Path) -> None:
    goals = tmp_path / "goals.txt"
    goals.write_bytes(b"revenue by region\n\n  total revenue \n\xff\n")

    found = list(GoalsFile(table, goals).read())

    assert [one.line.goal for one in found if isinstance(one, Numbered)] == [
        "revenue by region",
        "total revenue",
    ]
    assert [one.number for one in found if isinstance(one, Wrong)] == [4]


def test_given_tasks_are_told_apart_by_what_they_say_unless_they_have_a_name(table: Path) -> None:
    one, other = {"data": table, "goal": "x"}, {"data": table, "goal": "y"}

    names = [Given([one]).name, Given([other]).name, Given([one], "n").name]

    assert len(set(names)) == 3
    assert Given([one]).name == names[0]
    assert checked(Given([one, other])) == 2


@pytest.mark.slow
def test_a_long_file_is_not_held_in_memory(tmp_path: Path, table: Path) -> None:
    task = f'{{"data": "{table.name}", "goal": "x{"y" * 200}"}}\n'
    path = tmp_path / "tasks.jsonl"
    path.write_text(task * 20_000, encoding="utf-8")
    tracemalloc.start()

    number = checked(TaskFile(path))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert number == 20_000
    assert peak < path.stat().st_size / 4
