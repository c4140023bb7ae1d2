"""Say in text what a task is about: its table, its rubric, what was measured."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from critique_loop.definitions.definition import Sharing
from critique_loop.definitions.fences import harmless
from critique_loop.definitions.fitting import Form, Section, ends_of
from critique_loop.values import (
    CodeSpec,
    Column,
    ColumnKind,
    Finding,
    Rubric,
    Severity,
    Suite,
    SuiteKind,
    Table,
    Task,
)

_LONGEST_VALUE = 60
_LONGEST_NAME = 200
_MOST_VALUES = 20
_MOST_TEXTS = 3  # free text is long, and says little
_COLUMN_STEPS = (200, 50, 20, 8)
_TEST_SIZES = (20_000, 8000, 2000)
_FORMS_OF_TESTS = {
    SuiteKind.PYTEST: "a pytest file",
    SuiteKind.ASSERTS: "assert statements",
    SuiteKind.CHECK: "a function that is called with yours",
    SuiteKind.DOCTEST: "examples, as in a docstring",
    SuiteKind.CALLS: "calls: arguments in, result out",
    SuiteKind.PROGRAM: "whole runs: text in, text out",
}
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def literal(text: str, *, longest: int = _LONGEST_NAME) -> str:
    """Return ``text`` as a Python literal that can be copied, on one line."""
    shown = text if len(text) <= longest else text[:longest] + "..."
    return harmless(json.dumps(shown, ensure_ascii=False))


def task_sections(task: Task, sharing: Sharing) -> tuple[Section, ...]:
    """Return goal, signature, visible tests, units and tables as far as they may be shown."""
    units = "\n".join(f"- {literal(name)}: {unit}" for name, unit in task.units.items())
    tables = tuple(
        Section(f"Data file {number}" if len(task.tables) > 1 else "Data", forms, 2, 0.5)
        for number, table in enumerate(task.tables, 1)
        if (forms := table_forms(table, sharing))
    )
    return (
        Section("Goal", (Form(task.goal),), 0, trusted=True),
        *(code_sections(task.code) if task.code else ()),
        *tables,
        Section("Units of the columns", (Form(units),), 1, 0.2),
    )


def code_sections(spec: CodeSpec) -> tuple[Section, ...]:
    """Return what is known of the program; hidden tests and the reference are not in it.

    Signature and tests are fenced: they come from files, which others may have written. What they
    are for is said in our own words, outside.
    """
    shown = visible_suites(spec)
    tests = tuple(
        Section(
            f"Tests {number}: {_FORMS_OF_TESTS[suite.kind]}",
            ends_of(suite.source, _TEST_SIZES),
            2,
            0.4,
        )
        for number, suite in enumerate(shown, 1)
    )
    return (
        Section("What is to be written", (Form(_wanted(spec)),), 0, trusted=True),
        Section("Signature", (Form(spec.signature),), 1, 0.5),
        *tests,
    )


def visible_suites(spec: CodeSpec) -> tuple[Suite, ...]:
    """Return the tests that a writer is shown besides the examples in its signature."""
    return tuple(
        suite for suite in spec.suites if not (suite.hidden or _is_in(suite, spec.signature))
    )


def _is_in(suite: Suite, signature: str) -> bool:
    lines = suite.source.splitlines()
    return suite.kind is SuiteKind.DOCTEST and all(line in signature for line in lines)


def _wanted(spec: CodeSpec) -> str:
    whole = any(suite.kind is SuiteKind.PROGRAM for suite in spec.suites)
    lines = ["A program that is run as a whole." if whole else "A module that others import."]
    if not whole:
        lines.append(f"Tests import it under the name `{spec.module}`.")
    if spec.entry_point:
        lines.append(f"It defines `{spec.entry_point}`.")
    if spec.signature:
        lines.append("The signature below says what it takes and returns: keep name and arguments.")
    if any(not suite.hidden for suite in spec.suites):
        lines.append("It has to pass the tests and examples below.")
    if any(suite.hidden for suite in spec.suites):
        lines.append("It has to pass other tests, too, which are not shown.")
    return "\n".join(lines)


def told_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """Return measured facts without what would tell anything of a hidden test but its end."""
    tests = facts.get("tests")
    if not isinstance(tests, list | tuple):
        return dict(facts)
    entries = cast("Sequence[object]", tests)
    return {**facts, "tests": [_told_test(number, one) for number, one in enumerate(entries, 1)]}


def _told_test(number: int, test: object) -> object:
    if not isinstance(test, Mapping):
        return test
    entry = cast("Mapping[str, object]", test)
    if not entry.get("hidden"):
        return dict(entry)
    return {"name": f"hidden {number}", "hidden": True, "status": entry.get("status")}


@functools.lru_cache(maxsize=128)
def table_forms(table: Table, sharing: Sharing) -> tuple[Form, ...]:
    """Return what may be said of a table, with fewer values, then fewer columns."""
    if not sharing.summary:
        return ()
    number = len(table.columns)
    forms: list[Form] = []
    if sharing.samples:
        forms.append(Form(_table(table, number, _MOST_VALUES)))
        forms.append(Form(_table(table, number, 5), "most values of the columns"))
    lost = "all values of the columns" if sharing.samples else ""
    forms.append(Form(_table(table, number, 0), lost))
    for most in _COLUMN_STEPS:
        if most < number:
            left = f"{number - most} of {number} columns"
            forms.append(Form(_table(table, most, 0), f"{left}; {lost}" if lost else left))
    return tuple(forms)


def _table(table: Table, most_columns: int, most_values: int) -> str:
    columns = table.columns[:most_columns]
    rest = len(table.columns) - len(columns)
    return "\n".join(
        [
            f"{table.rows} rows, {len(table.columns)} columns. Read it with: {read_call(table)}",
            *(_column(column, most_values) for column in columns),
            *([f"... and {rest} more columns"] if rest else []),
        ]
    )


def read_call(table: Table) -> str:
    """Return the call of pandas that reads the table in a draft's folder."""
    dialect = table.dialect
    options = [literal(table.name)]
    if dialect.separator != ",":
        options.append(f"sep={literal(dialect.separator)}")
    if dialect.encoding.lower().replace("_", "-") not in ("utf-8", "ascii"):
        options.append(f"encoding={literal(dialect.encoding)}")
    if dialect.decimal != ".":
        options.append(f"decimal={literal(dialect.decimal)}")
    if dialect.thousands:
        options.append(f"thousands={literal(dialect.thousands)}")
    return f"pd.read_csv({', '.join(options)})"


def _column(column: Column, most_values: int) -> str:
    facts: list[str] = [column.kind.value]
    if column.whole_numbers:
        facts.append("whole numbers")
    if column.minimum is not None and column.maximum is not None:
        facts.append(f"{_end(column.minimum)} to {_end(column.maximum)}")
    if column.time_step:
        facts.append(f"a step is one {column.time_step}")
    if column.time_format:
        facts.append(f"format {literal(column.time_format)}")
    exact = column.values_complete
    facts.append(f"{'' if exact else 'at least '}{column.distinct} different")
    facts += [
        f"{count} {word}"
        for count, word in ((column.missing, "missing"), (column.infinite, "infinite"))
        if count
    ]
    return f"- {literal(column.name)}: {', '.join(facts)}{_values(column, most_values)}"


def _end(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def _values(column: Column, most: int) -> str:
    if column.kind is ColumnKind.TEXT:
        most = min(most, _MOST_TEXTS)
    shown = column.values[:most]
    if not shown:
        return ""
    more = ", ..." if len(column.values) > len(shown) or not column.values_complete else ""
    return ": " + ", ".join(literal(value, longest=_LONGEST_VALUE) for value in shown) + more


def rubric_section(rubric: Rubric, *, rank: int = 3) -> Section:
    """Return what the result is judged by."""
    lines = [
        f"- {d.name}: {d.question} (pass mark {d.pass_mark:g} of 10{', a must' if d.gate else ''})"
        for d in rubric.dimensions
    ]
    return Section("What it is judged by", (Form("\n".join(lines)),), rank, 0.3, trusted=True)


def finding_lines(findings: Iterable[Finding], sharing: Sharing) -> list[str]:
    """Return one line for each finding, errors first; without output only code and severity."""
    ordered = sorted(findings, key=lambda finding: _ORDER[finding.severity])
    lines: list[str] = []
    for finding in ordered:
        line = f"- {finding.severity.value} {finding.code}"
        if sharing.output:
            line += f": {finding.message}"
            line += f" ({finding.place})" if finding.place else ""
            line += f" -> {finding.advice}" if finding.advice else ""
        lines.append(line)
    return list(dict.fromkeys(lines))


def shorter(lines: Sequence[str], steps: Sequence[int], what: str) -> tuple[Form, ...]:
    """Return all lines, and forms of only the first of them."""
    number = len(lines)
    forms = [Form("\n".join(lines))] if lines else []
    forms += [
        Form("\n".join(lines[:most]), f"{number - most} of {number} {what}")
        for most in steps
        if most < number
    ]
    return tuple(forms)
