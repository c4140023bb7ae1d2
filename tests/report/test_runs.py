"""One run as its page tells it."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable
from dataclasses import replace

from critique_loop.report import Trace, render
from critique_loop.report.runs import run_view
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Outcome,
    Rubric,
    Score,
    Spend,
    StopReason,
    Task,
    TaskKind,
)

MakeRun = Callable[..., Trace]


def words(page: str) -> str:
    """Return what a reader sees, in one line."""
    body = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_every_round_stands_beside_the_one_before(make_run: MakeRun) -> None:
    first, second = run_view(make_run((4.0, 8.0))).rounds

    assert (first.delta, first.changes, first.previous) == (None, (), 0)
    assert (second.delta, second.previous) == (4.0, 1)
    assert [(line.mark, line.text) for line in second.changes if line.mark in "+-"] == [
        ("-", "y = 1"),
        ("+", "y = 2"),
    ]
    assert [view.delta for view in second.scores] == [4.0, 2.0, None]


def test_the_course_of_a_dimension_has_a_place_for_each_round(make_run: MakeRun) -> None:
    courses = {course.name: course for course in run_view(make_run((4.0, 8.0))).courses}

    assert [view and view.score.value for view in courses["right"].scores] == [4.0, 8.0]
    assert courses["right"].gate
    assert not courses["clear"].gate


def test_calls_and_questions_stand_with_their_round_or_after_all(make_run: MakeRun) -> None:
    view = run_view(make_run())

    assert [len(turn.calls) for turn in view.rounds] == [1, 0]
    assert [len(turn.asked) for turn in view.rounds] == [1, 0]
    assert len(view.calls_elsewhere) == 1
    assert view.models == ("small-model",)


def test_what_a_person_said_stands_beside_what_the_critic_had_said(make_run: MakeRun) -> None:
    trace = make_run((4.0,))
    [turn] = trace.outcome.rounds
    persons = Critique("person", (Score("right", 9.0, 7.0),), overall=9.0)
    decision = Decision(DecisionKind.ACCEPT, by="person", critique=persons)
    ruled = replace(turn, critique=persons, overruled=turn.critique, decision=decision)

    page = words(
        render(replace(trace, outcome=replace(trace.outcome, rounds=(ruled,), best=ruled)))
    )

    assert "A person says 9 , the critic had said 4." in page
    assert "Decision: accept by person" in page


def test_a_page_tells_all_that_happened(make_run: MakeRun) -> None:
    page = words(render(make_run(kind=TaskKind.CODE)))

    for told in (
        "sum by year",
        "Accepted",
        "that is why",
        "model writer",
        "3 is not 4",
        "Not scored: nobody looked",
        "Votes one 8 (kappa 0.8), other 1; spread 7",
        "Tests: 1 of 3 pass",
        "assert 1 == 2",
        "make it right",
        "Go on?",
        "use a log scale",
        "a sum, please",
        "first I add",
        "here it is",
        "Traceback",
        "What was said is not kept in the trace.",
        "2025-10-09 08:53 UTC",
    ):
        assert told in page, told


def test_of_a_hidden_test_neither_name_nor_message_is_told(make_run: MakeRun) -> None:
    page = words(render(make_run(kind=TaskKind.CODE)))

    assert "hidden test" in page
    assert "secret" not in page


def test_a_run_without_rounds_says_why(make_run: MakeRun) -> None:
    refused = make_run((), reason=StopReason.WRITER_GAVE_UP)

    page = words(render(refused))

    assert "Not accepted: the writer gave up" in page
    assert "that is why" in page


def test_an_outcome_alone_can_be_told(make_run: MakeRun) -> None:
    known = make_run((8.0,)).outcome

    page = words(render(Trace(known)))

    assert "Round 1" in page
    assert "Started" not in page


def test_the_least_there_can_be_of_a_run_is_a_page() -> None:
    task = Task("", Rubric("r", ()))
    nothing = Outcome("r1", task, (), None, StopReason.INTERRUPTED, Spend())

    assert "(no goal)" in words(render(Trace(nothing)))


def test_a_program_of_a_million_lines_is_cut_and_that_is_said(make_run: MakeRun) -> None:
    trace = make_run((4.0, 8.0))
    first, second = trace.outcome.rounds
    long = replace(second, draft=replace(second.draft, code="x = 1\n" * 1_000_000))

    page = render(replace(trace, outcome=replace(trace.outcome, rounds=(first, long), best=long)))

    assert len(page) < 2_000_000
    assert "more lines are left out here" in page


def test_marks_that_are_no_numbers_are_told_as_missing(make_run: MakeRun) -> None:
    trace = make_run((math.nan, math.inf))

    for page in (render(trace), render([trace, trace])):
        assert not re.search(r"\b(nan|inf|NaN|Infinity)\b", re.sub(r"<script>.*", "", page))
