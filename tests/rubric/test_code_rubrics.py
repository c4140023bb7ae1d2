"""The shipped rubrics for programs."""

from __future__ import annotations

import pytest

from critique_loop import rubric as rubrics
from critique_loop.values import Finding, Rubric, Score, Severity

ALWAYS = "entry_missing", "run_error", "tests_failed", "differs_from_reference"
WARNINGS = (
    *("crash_on_input", "argument_mutated", "type_error", "lint_error", "too_complex", "too_long"),
)


def scores(rubric: Rubric, *found: Finding) -> list[Score]:
    codes = [code for dimension in rubric.dimensions for code in dimension.checks]
    return [rubrics.score(dimension, found, codes) for dimension in rubric.dimensions]


def warning(code: str) -> Finding:
    return Finding(code, Severity.WARNING, "message")


@pytest.mark.parametrize("name", ["code", "code-efficient"])
def test_a_shipped_rubric_has_nothing_doubtful(name: str) -> None:
    report = rubrics.check(name)

    assert report.errors == ()
    assert report.warnings == ()


@pytest.mark.parametrize("name", ["code", "code-efficient"])
def test_a_right_clean_program_is_accepted(name: str) -> None:
    rubric = rubrics.load(name)

    assert rubrics.accepts(rubric, scores(rubric))


@pytest.mark.parametrize("code", ALWAYS)
def test_a_wrong_program_is_never_accepted(code: str) -> None:
    rubric = rubrics.load("code")

    assert not rubrics.accepts(rubric, scores(rubric, Finding(code, Severity.ERROR, "message")))


@pytest.mark.parametrize("code", WARNINGS)
def test_one_warning_alone_does_not_keep_a_right_program_back(code: str) -> None:
    rubric = rubrics.load("code")

    assert rubrics.accepts(rubric, scores(rubric, warning(code)))


def test_a_program_with_most_of_the_warnings_is_not_accepted() -> None:
    rubric = rubrics.load("code")

    assert not rubrics.accepts(rubric, scores(rubric, *map(warning, WARNINGS)))


def test_a_note_of_an_edge_where_the_reference_differs_takes_nothing_off() -> None:
    rubric = rubrics.load("code")
    note = Finding("differs_from_reference", Severity.NOTE, "message")

    assert [score.value for score in scores(rubric, note)] == [10.0] * len(rubric.dimensions)


def test_time_that_grows_too_fast_keeps_a_program_back_where_that_matters() -> None:
    plain, efficient = rubrics.load("code"), rubrics.load("code-efficient")

    assert rubrics.accepts(plain, scores(plain, warning("slow_growth")))
    assert not rubrics.accepts(efficient, scores(efficient, warning("slow_growth")))
    assert rubrics.accepts(efficient, scores(efficient, warning("memory_growth")))


def test_what_was_not_judged_is_not_accepted() -> None:
    rubric = rubrics.load("code")
    unscored = [rubrics.score(dimension, [], []) for dimension in rubric.dimensions]

    assert all(score.value is None for score in unscored)
    assert not rubrics.accepts(rubric, unscored)
