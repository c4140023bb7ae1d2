"""Say in text what was measured on a program besides its findings: its tests, what it drew."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast

from critique_loop.definitions.fitting import Section, ends_of
from critique_loop.definitions.telling import shorter, told_facts
from critique_loop.values import Evidence, Execution, Task, TaskKind

_FACTS_SIZES = (6000, 2000)
_TESTS = frozenset({"tests", "tests_passed", "tests_total"})
_LONGEST = 400


def fact_sections(task: Task, execution: Execution) -> tuple[Section, ...]:
    """Return the records of the tests and the other facts; of hidden tests only how many fail.

    How long things took is left out: it differs each time, and a question is to stay the same.
    """
    facts = (execution.evidence or Evidence()).facts
    rest = {key: value for key, value in told_facts(facts).items() if key not in _TESTS}
    rest = cast("dict[str, object]", _without_times(rest))
    told = json.dumps(rest, ensure_ascii=False, indent=1, default=str) if rest else ""
    title = "What it drew" if task.kind is TaskKind.CHART else "Other facts"
    lines = lines_of_tests(records_of(facts))
    return (
        Section("Tests that were run on it", shorter(lines, (30, 10), "tests"), 1, 0.3),
        Section(title, ends_of(told, _FACTS_SIZES), 3, 0.2),
    )


def records_of(facts: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the records of the tests among the facts."""
    records = facts.get("tests")
    if not isinstance(records, list | tuple):
        return []
    found = cast("Sequence[object]", records)
    return [cast("Mapping[str, object]", record) for record in found if isinstance(record, Mapping)]


def lines_of_tests(records: Sequence[Mapping[str, object]]) -> list[str]:
    """Return one line for each test, those that didn't pass first, and one for all hidden ones."""
    shown = [record for record in records if not record.get("hidden")]
    shown.sort(key=lambda record: record.get("status") == "passed")
    lines = [_line(record) for record in shown]
    hidden = Counter(str(record.get("status")) for record in records if record.get("hidden"))
    if hidden:
        counts = ", ".join(f"{number} {status}" for status, number in sorted(hidden.items()))
        lines.insert(0, f"- hidden tests: {counts}")
    return lines


def _line(record: Mapping[str, object]) -> str:
    line = f"- {record.get('status')} {record.get('name')}"
    message = str(record.get("message") or "").strip()[:_LONGEST]
    return f"{line}: {message}" if message else line


def _without_times(value: object) -> object:
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value).items()
        return {
            key: _without_times(part)
            for key, part in fields
            if not (str(key).endswith(("_s", "seconds")) and isinstance(part, int | float))
        }
    if isinstance(value, list | tuple):
        return [_without_times(part) for part in cast("Sequence[object]", value)]
    return value
