from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from critique_loop.executors.limits import Limits
from critique_loop.executors.requests import BestSoFar, question_of
from critique_loop.values import (
    CodeSpec,
    Dimension,
    Draft,
    Evidence,
    Rubric,
    Suite,
    SuiteKind,
    Table,
    Task,
    TaskKind,
)

LIMITS = Limits(judge_wall_s=10.0, tests_wall_s=60.0)
TABLE = Table(Path("/cars.csv"), "cars.csv", 1, sha256="", rows=1, columns=())
ASSERTS = Suite(SuiteKind.ASSERTS, "assert f(1)\nassert f(2)", "mine", hidden=True, timeout_s=2.0)
PROGRAM = Suite(SuiteKind.PROGRAM, '[{"stdin": ""}]', timeout_s=4.0)


def code_task(*suites: Suite) -> Task:
    rubric = Rubric(
        "tests",
        (
            Dimension("a", "?", checks={"tests_failed": 1.0, "lint_error": 1.0}),
            Dimension("b", "?", checks={"blank_image": 1.0}, applies_to=(TaskKind.CHART,)),
            Dimension("c", "?", checks={"type_error": 1.0}, applies_to=(TaskKind.CODE,)),
        ),
    )
    spec = CodeSpec("f", "def f(n): ...", suites, reference="def f(n): return n", module="mine")
    return Task("Do.", rubric, kind=TaskKind.CODE, tables=(TABLE,), code=spec)


def test_of_a_chart_the_goal_and_the_tables_are_told_and_no_code_goes_along() -> None:
    task = Task("Draw.", Rubric("charts", ()), tables=(TABLE,), units={"a": "m"})

    question = question_of(task, LIMITS)

    assert question.about(Draft("x", writer="test"), "old") == {
        "goal": "Draw.",
        "tables": [
            {
                "name": "cars.csv",
                "separator": ",",
                "encoding": "utf-8",
                "decimal": ".",
                "thousands": None,
            }
        ],
        "units": {"a": "m"},
    }
    assert (question.first, question.tested, question.judge_wall_s) == ("main", False, 10.0)


def test_of_a_code_task_all_is_told_with_the_drafts_code_and_the_best_before_it() -> None:
    question = question_of(code_task(ASSERTS), LIMITS)

    told = question.about(Draft("new", writer="test"), "old")

    assert (told["kind"], told["code"], told["previous"]) == ("code", "new", "old")
    assert told["suites"] == [
        {
            "kind": "asserts",
            "source": ASSERTS.source,
            "name": "mine",
            "hidden": True,
            "timeout_s": 2.0,
        }
    ]
    assert told["checks"] == ["lint_error", "tests_failed", "type_error"]
    assert (told["entry_point"], told["module"]) == ("f", "mine")
    assert told["reference"] == "def f(n): return n"
    assert (question.first, question.tested, question.module) == ("module", True, "mine")


@pytest.mark.parametrize(
    ("suites", "first"),
    [((), "module"), ((PROGRAM,), "compile"), ((PROGRAM, ASSERTS), "module")],
    ids=["no tests", "whole runs", "whole runs and others"],
)
def test_only_a_program_that_waits_for_its_tests_input_is_not_run_before(
    suites: tuple[Suite, ...], first: str
) -> None:
    assert question_of(code_task(*suites), LIMITS).first == first


def test_the_judges_time_grows_with_the_tests_up_to_a_limit() -> None:
    none, few = question_of(code_task(), LIMITS), question_of(code_task(PROGRAM), LIMITS)
    many = question_of(code_task(replace(ASSERTS, timeout_s=99.0)), LIMITS)

    assert none.judge_wall_s == 10.0
    assert few.judge_wall_s == 10.0 + 2 * 4.0
    assert many.judge_wall_s == 70.0
    assert cast("dict[str, Any]", many.request)["wall_s"] == 70.0


def test_code_that_has_no_utf8_can_still_be_told() -> None:
    told = question_of(code_task(), LIMITS).about(Draft("x = '\ud800'", writer="test"), "")

    assert str(told["code"]).encode("utf-8").startswith(b"x = '")


def test_the_best_so_far_is_the_first_that_passed_most_tests() -> None:
    best = BestSoFar()

    seen = [best.code]
    for code, passed in (("a", 1), ("b", 0), ("c", 3), ("d", 3), ("e", None)):
        evidence = None if passed is None else Evidence(facts={"tests_passed": passed})
        best.take(Draft(code, writer="test"), evidence)
        seen.append(best.code)

    assert seen == ["", "a", "a", "c", "c", "c"]
