"""Which findings the writer is told."""

from __future__ import annotations

import pytest

from critique_loop.proxy.advising import advice, by_rule, chosen, unasked
from critique_loop.values import Answer, Critique, Finding, Severity

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
