"""Tables, rubrics and findings in words."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

from critique_loop.definitions import Sharing
from critique_loop.definitions.telling import (
    code_sections,
    finding_lines,
    literal,
    read_call,
    table_forms,
    told_facts,
)
from critique_loop.values import (
    CodeSpec,
    Column,
    ColumnKind,
    Dialect,
    Finding,
    Severity,
    Suite,
    SuiteKind,
    Table,
)

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


SPEC = CodeSpec(
    "f",
    "def f(x):\n    '''\n    >>> f(3)\n    4\n    '''\n",
    (
        Suite(SuiteKind.ASSERTS, "assert f(1) == 2\n"),
        Suite(SuiteKind.DOCTEST, ">>> f(3)\n4\n"),
        Suite(SuiteKind.ASSERTS, "assert f(41) == 42\n", hidden=True),
    ),
    "f = 42",
)


def told_of(spec: CodeSpec) -> dict[str, str]:
    return {section.title: section.forms[0].text for section in code_sections(spec)}


def test_a_program_is_asked_for_with_its_signature_and_its_visible_tests() -> None:
    told = told_of(SPEC)

    assert told["Signature"] == SPEC.signature
    assert told["Tests 1: assert statements"] == "assert f(1) == 2\n"
    assert "Tests import it under the name `solution`." in told["What is to be written"]
    assert "It defines `f`." in told["What is to be written"]
    assert len(told) == 3


def test_hidden_tests_are_said_to_be_there_and_no_more() -> None:
    told = "\n".join(told_of(SPEC).values())

    assert "other tests, too, which are not shown" in told
    assert "42" not in told
    assert "not shown" not in "\n".join(told_of(replace(SPEC, suites=())).values())


def test_examples_that_no_signature_holds_are_told_as_tests() -> None:
    told = told_of(replace(SPEC, signature=""))

    assert told["Tests 2: examples, as in a docstring"] == ">>> f(3)\n4\n"


def test_whole_runs_are_asked_for_as_a_program() -> None:
    suite = Suite(SuiteKind.PROGRAM, '[{"stdin": "1", "stdout": "2"}]')

    told = told_of(replace(SPEC, suites=(suite,), entry_point="", signature=""))

    assert told["What is to be written"].startswith("A program that is run as a whole.")
    assert "Tests import it" not in told["What is to be written"]


def test_only_our_own_words_about_a_program_are_trusted() -> None:
    trusted = [section.title for section in code_sections(SPEC) if section.trusted]

    assert trusted == ["What is to be written"]


def test_facts_are_told_without_what_names_a_hidden_test() -> None:
    tests: list[object] = [
        {"name": "a", "hidden": False, "status": "failed", "message": "got 1"},
        {"name": "secret", "hidden": True, "status": "failed", "suite": "secret"},
        "odd",
    ]

    told = told_facts({"tests": tests, "other": 1})

    assert told["tests"] == [tests[0], {"name": "hidden 2", "hidden": True, "status": "failed"},
                             "odd"]  # fmt: skip
    assert told["other"] == 1
    assert told_facts({"tests": 3}) == {"tests": 3}
