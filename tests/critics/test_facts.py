"""What a critic is told of the tests and the other facts of a run."""

from __future__ import annotations

from collections.abc import Mapping

from critique_loop.critics.facts import fact_sections, lines_of_tests, records_of
from critique_loop.values import (
    Evidence,
    Execution,
    ExecutionStatus,
    Rubric,
    Task,
    TaskKind,
)

TESTS = [
    {"name": "test_one", "status": "passed", "hidden": False, "seconds": 0.01, "message": ""},
    {"name": "test_two", "status": "failed", "hidden": False, "message": "assert 2 == 3\n"},
    {"name": "secret_a", "status": "failed", "hidden": True, "message": "assert f(13) == 14"},
    {"name": "secret_b", "status": "passed", "hidden": True, "message": ""},
    {"name": "secret_c", "status": "failed", "hidden": True, "message": ""},
]
FACTS = {
    "tests": TESTS,
    "tests_passed": 2,
    "tests_total": 5,
    "complexity": 4,
    "growth": [{"size": 100, "wall_s": 0.5, "cpu_seconds": 1}, {"name_s": "kept"}],
}
CODE = Task("sum", Rubric("r", ()), kind=TaskKind.CODE)
CHART = Task("bars", Rubric("r", ()))


def told(task: Task, facts: Mapping[str, object]) -> dict[str, str]:
    execution = Execution(ExecutionStatus.OK, evidence=Evidence(facts=facts))
    sections = fact_sections(task, execution)
    return {section.title: section.forms[0].text for section in sections if section.forms}


def test_visible_tests_are_told_with_what_they_said_and_of_hidden_ones_only_how_many() -> None:
    assert lines_of_tests(TESTS) == [
        "- hidden tests: 2 failed, 1 passed",
        "- failed test_two: assert 2 == 3",
        "- passed test_one",
    ]


def test_nothing_of_a_hidden_test_is_told_but_how_it_ended() -> None:
    text = "\n".join(told(CODE, FACTS).values())

    assert "13" not in text
    assert "secret" not in text
    assert "hidden tests: 2 failed, 1 passed" in text


def test_how_long_things_took_is_not_told_so_that_the_question_stays_the_same() -> None:
    text = told(CODE, FACTS)["Other facts"]

    assert '"complexity": 4' in text
    assert '"size": 100' in text
    assert '"name_s": "kept"' in text
    assert "wall_s" not in text
    assert "cpu_seconds" not in text
    assert "tests_total" not in text


def test_of_a_chart_it_is_told_what_was_drawn() -> None:
    assert told(CHART, {"title": "Pay"}) == {"What it drew": '{\n "title": "Pay"\n}'}


def test_where_nothing_was_measured_nothing_is_told() -> None:
    assert told(CODE, {}) == {"Other facts": ""}
    assert records_of({"tests": "none"}) == []
    assert records_of({"tests": ["none", {"name": "a"}]}) == [{"name": "a"}]
