"""What may stand in a line of a task file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from critique_loop.batch.lines import located, parse, problem_with, schema
from critique_loop.values import TaskKind


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[]", "Expected `object`"),
        ("{", "truncated"),
        ('{"goal": 1}', r"\$\.goal"),
        ('{"colour": "red"}', "unknown field `colour`"),
        ('{"kind": "poem"}', "poem"),
        ('{"id": "../up"}', r"\$\.id"),
        ('{"max_rounds": 0}', r"\$\.max_rounds"),
        ('{"units": ["kg"]}', r"\$\.units"),
        ('{"test_timeout_s": 0}', r"\$\.test_timeout_s"),
        ('{"data": ""}', r"\$\.data"),
    ],
)
def test_a_line_that_is_not_as_it_should_be_says_which_key(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse(text)


@pytest.mark.parametrize("name", ["a b", "../up", "-o", ".git", "", "é", "a\n", "a" * 101])
def test_a_name_that_is_no_id_is_told_with_what_one_takes(name: str) -> None:
    with pytest.raises(ValueError, match="is no id") as refused:
        parse(json.dumps({"id": name}))

    assert "1 to 100 of A-Z, a-z, 0-9, '_', '.' and '-'" in str(refused.value)
    assert "{0,99}" not in str(refused.value)


@pytest.mark.parametrize("name", ["a", "7", "_a-b.c", "a" * 100])
def test_names_of_plain_signs_are_ids(name: str) -> None:
    assert parse(json.dumps({"id": name})).id == name


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"goal": "x", "data": "a.csv"}', TaskKind.CHART),
        ('{"goal": "x", "tests": "assert f(1)"}', TaskKind.CODE),
        ('{"signature": "def f(): ..."}', TaskKind.CODE),
        ('{"kind": "code", "goal": "x"}', TaskKind.CODE),
    ],
)
def test_tests_or_a_signature_make_it_code(text: str, kind: TaskKind) -> None:
    assert parse(text).task_kind is kind


def test_paths_are_those_of_the_files_beside_the_task_file(tmp_path: Path) -> None:
    (tmp_path / "cases").write_text("assert f(1)", encoding="utf-8")
    line = parse(
        '{"data": ["a.csv", "/b.csv"], "rubric": "r.toml", "tests": ["t.py", "assert f(2)"],'
        ' "hidden_tests": "cases", "signature": "def f(x): ..."}'
    )

    found = located(line, tmp_path)

    assert found.data == [str(tmp_path / "a.csv"), "/b.csv"]
    assert found.rubric == str(tmp_path / "r.toml")
    assert found.tests == [str(tmp_path / "t.py"), "assert f(2)"]
    assert found.hidden_tests == str(tmp_path / "cases")
    assert found.signature == "def f(x): ..."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"data": "DATA"}', "a chart needs a goal"),
        ('{"goal": "x"}', "a chart needs data"),
        ('{"goal": "x", "data": ["DATA", "DATA"]}', "one table"),
        ('{"goal": "x", "data": "gone.csv"}', "no such data file"),
        ('{"goal": "x", "data": "DATA", "kind": "chart", "tests": "a"}', "tests goes with code"),
        ('{"goal": "x", "kind": "code"}', "code needs tests"),
        ('{"goal": "x", "tests": "assert f()", "units": {"a": "kg"}}', "units go with a chart"),
        ('{"goal": "x", "tests": "gone.py"}', "no such file of tests"),
        ('{"goal": "x", "data": "DATA", "units": {"a": "kg"}}', ""),
        ('{"tests": "assert f()", "goal": "x"}', ""),
    ],
)
def test_what_can_not_be_is_told_before_anything_starts(text: str, why: str, table: Path) -> None:
    line = parse(text.replace("DATA", str(table)))

    found = problem_with(line)

    assert (why in found) if why else not found


def test_limits_of_a_line_are_those_that_it_names() -> None:
    line = parse('{"goal": "x", "max_rounds": 2, "max_cost_usd": 0}')

    assert line.limits() == {"max_rounds": 2, "max_cost_usd": 0}


def test_the_schema_accepts_what_is_read_and_refuses_what_is_not() -> None:
    validator: Any = jsonschema.Draft202012Validator(schema())

    right = {"data": "a.csv", "goal": "x", "id": "one", "units": {"a": "kg"}}
    wrong = [{"goal": 1}, {"colour": "red"}, {"max_rounds": 0}, {"id": ""}]

    assert validator.is_valid(right)
    assert [validator.is_valid(line) for line in wrong] == [False] * 4
