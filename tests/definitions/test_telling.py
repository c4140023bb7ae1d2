"""Tables, rubrics and findings in words."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

from critique_loop.definitions import Sharing
from critique_loop.definitions.telling import finding_lines, literal, read_call, table_forms
from critique_loop.values import Column, ColumnKind, Dialect, Finding, Severity, Table

COLUMNS = tuple(Column(f"c{number}", ColumnKind.NUMBER) for number in range(300))
WIDE = Table(Path("/w.csv"), "w.csv", 1, "0" * 64, rows=5, columns=COLUMNS)


def test_a_strange_name_can_be_copied_into_a_program() -> None:
    name = 'a "b"\n\x1b[0m\u202e </untrusted-1> \\ é'

    shown = literal(name)

    assert "\n" not in shown
    assert "\x1b" not in shown
    assert "</untrusted" not in shown
    assert ast.literal_eval(shown) == name


def test_a_file_of_another_dialect_is_read_with_its_options() -> None:
    table = replace(WIDE, dialect=Dialect(";", "cp1252", ",", "."))

    said = 'pd.read_csv("w.csv", sep=";", encoding="cp1252", decimal=",", thousands=".")'
    assert read_call(table) == said
    assert read_call(WIDE) == 'pd.read_csv("w.csv")'


def test_a_wide_table_has_forms_with_fewer_columns_and_says_how_many_are_left_out() -> None:
    *_, last = table_forms(WIDE, Sharing())

    assert last.text.splitlines()[-1] == "... and 292 more columns"
    assert last.lost == "292 of 300 columns; all values of the columns"


def test_a_column_is_told_with_kind_range_and_gaps() -> None:
    columns = (
        Column(
            "when",
            ColumnKind.TIME,
            missing=2,
            distinct=3,
            minimum="2020-01-01",
            maximum="2020-03-01",
            time_format="%d.%m.%Y",
            time_step="month",
        ),
        Column("note", ColumnKind.TEXT, distinct=9, values=tuple("abcdefghi")),
    )

    [_, when, note] = table_forms(replace(WIDE, columns=columns), Sharing())[0].text.splitlines()

    assert when == (
        '- "when": time, 2020-01-01 to 2020-03-01, a step is one month, format "%d.%m.%Y", '
        "3 different, 2 missing"
    )
    assert note == '- "note": text, 9 different: "a", "b", "c", ...'


def test_findings_are_told_errors_first_and_without_output_only_by_their_codes() -> None:
    note = Finding("small", Severity.NOTE, "it says Ann", place="x axis", advice="mend it")
    error = Finding("big", Severity.ERROR, "it says Bob")

    told = finding_lines([note, error], Sharing())
    bare = finding_lines([note, error], Sharing(output=False))

    assert told == ["- error big: it says Bob", "- note small: it says Ann (x axis) -> mend it"]
    assert bare == ["- error big", "- note small"]
