"""What would leave the machine is what a model is really shown."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from critique_loop.definitions import Sharing, leaves
from critique_loop.definitions.telling import table_forms
from critique_loop.values import (
    CodeSpec,
    Column,
    ColumnKind,
    Dimension,
    Rubric,
    Suite,
    SuiteKind,
    Table,
    Task,
)

TABLE = Table(
    path=Path("/home/me/secret folder/staff.csv"),
    name="staff.csv",
    size_bytes=10,
    sha256="0" * 64,
    rows=7,
    columns=(
        Column("pay", ColumnKind.NUMBER, minimum=1.0, maximum=9.0),
        Column("who", ColumnKind.CATEGORY, distinct=2, values=("Ann", "Bob")),
    ),
)
TASK = Task("pay by who", Rubric("r", (Dimension("d", "?"),)), tables=(TABLE,), units={"pay": "€"})


def test_every_switch_is_listed_and_the_goal() -> None:
    parts = [leaving.part for leaving in leaves(TASK, Sharing())]

    assert parts == ["goal", *(f.name for f in fields(Sharing))]


@pytest.mark.parametrize("part", [f.name for f in fields(Sharing)])
def test_a_part_that_is_switched_off_is_said_not_to_leave(part: str) -> None:
    found = {leaving.part: leaving.shared for leaving in leaves(TASK, Sharing(**{part: False}))}

    assert found[part] is False
    assert found["goal"] is True


def test_sizes_are_those_of_the_text_that_is_shown() -> None:
    size = {leaving.part: leaving.size_bytes or 0 for leaving in leaves(TASK, Sharing())}

    shown = table_forms(TABLE, Sharing())[0].text
    assert size["summary"] + size["samples"] == len(shown.encode())
    assert size["code"] == 0


def test_samples_are_values_and_the_summary_has_none() -> None:
    [shown, *_] = table_forms(TABLE, Sharing(samples=False))

    assert "Ann" not in shown.text
    assert '"who": category, 2 different' in shown.text
    assert "Ann" in table_forms(TABLE, Sharing())[0].text
    assert table_forms(TABLE, Sharing(summary=False)) == ()


def test_the_folder_of_the_file_is_never_shown() -> None:
    assert all("secret" not in form.text for form in table_forms(TABLE, Sharing()))


def test_signature_and_visible_tests_leave_with_the_goal_and_hidden_ones_do_not() -> None:
    shown = Suite(SuiteKind.ASSERTS, "assert f(1) == 2")
    hidden = Suite(SuiteKind.ASSERTS, "assert f(2) == 3" * 100, hidden=True)
    spec = CodeSpec("f", "def f(x): ...", (shown, hidden), reference="x" * 5000)

    whole = leaves(replace(TASK, code=spec), Sharing())[0]

    assert whole.what == "the goal, the signature, the visible tests and the rubric"
    assert whole.size_bytes is not None
    assert len(spec.signature + shown.source) < whole.size_bytes < 1000
