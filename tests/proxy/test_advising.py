"""Which findings the writer is told."""

from __future__ import annotations

import pytest

from critique_loop.proxy.advising import (
    advice,
    by_rule,
    chosen,
    focused,
    gates_to_mend,
    later,
    unasked,
)
from critique_loop.values import Answer, Critique, Dimension, Finding, Rubric, Score, Severity

SURE = Finding("wrong", Severity.ERROR, "m", advice="make it right")
UNSURE = Finding("plain", Severity.WARNING, "it is plain", confidence=0.4)
NOTE = Finding("trivia", Severity.NOTE, "m", advice="never mind")
CRITIQUE = Critique("c", (), findings=(NOTE, UNSURE, SURE))


def test_what_is_sure_enough_is_applied_unasked_and_notes_are_not() -> None:
    selection = unasked(CRITIQUE, 0.8)

    assert selection.applied == ("wrong",)
    assert selection.skipped == ("plain", "trivia")


@pytest.mark.parametrize(("threshold", "applied"), [(0.4, True), (0.41, False)])
def test_the_threshold_itself_is_sure_enough(threshold: float, applied: bool) -> None:
    assert ("plain" in unasked(CRITIQUE, threshold).applied) == applied


def test_where_nobody_is_asked_the_unsure_is_told_only_if_nothing_else_is() -> None:
    alone = Critique("c", (), findings=(UNSURE, NOTE))

    assert by_rule(CRITIQUE, 0.8).applied == ("wrong",)
    assert by_rule(alone, 0.8).applied == ("plain",)


def test_a_person_applies_what_is_unsure_and_skips_what_is_sure() -> None:
    answer = Answer("refine", applied=("trivia",), skipped=("wrong",))

    selection = chosen(CRITIQUE, 0.8, answer)

    assert selection.applied == ("trivia",)
    assert selection.skipped == ("wrong", "plain")


def test_advice_is_one_line_a_finding_errors_first() -> None:
    selection = unasked(CRITIQUE, 0.0)

    assert advice(CRITIQUE, selection) == "wrong: make it right\nplain: it is plain"


GATED = Rubric("r", (Dimension("right", "?", gate=True), Dimension("neat", "?")))
MIXED = Critique(
    "c",
    (Score("right", 2.0, 7.0), Score("neat", 2.0, 7.0)),
    findings=(
        Finding("wrong", Severity.WARNING, "m", dimension="right"),
        Finding("messy", Severity.ERROR, "m", dimension="neat"),
        Finding("other", Severity.WARNING, "m"),
        Finding("trivia", Severity.NOTE, "m", dimension="right"),
    ),
)


def test_with_a_focus_only_its_findings_are_told_and_the_rest_comes_later() -> None:
    every = by_rule(MIXED, 0.8)

    focus = gates_to_mend(GATED, MIXED, every)
    selection = focused(MIXED, every, focus)

    assert focus == ("right",)
    assert selection.applied == ("wrong",)
    assert selection.skipped == ("messy", "other", "trivia")
    assert later(every, selection) == "later: messy, other"


@pytest.mark.parametrize(
    "scores",
    [
        (Score("right", 9.0, 7.0), Score("neat", 2.0, 7.0)),  # the gate passes
        (Score("neat", 2.0, 7.0),),  # it is not scored at all, and nothing was found
    ],
)
def test_where_no_gate_can_be_mended_everything_is_told(scores: tuple[Score, ...]) -> None:
    findings = MIXED.findings if len(scores) > 1 else MIXED.findings[1:3]
    critique = Critique("c", scores, findings=findings)
    every = by_rule(critique, 0.8)

    focus = gates_to_mend(GATED, critique, every)

    assert focus == ()
    assert focused(critique, every, focus) == every
    assert later(every, every) == ""
