"""Explanations, steps and what only a teacher is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from critique_loop.export.making import Making
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import Turn, keep
from critique_loop.values import DecisionKind, Example, Origin

MakeExamples = Callable[..., list[Example]]
FAILED = Turn("print(1 / 0)\n", None)
BAD = Turn("print('bad')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0, reading="Bars of mean Power")


def test_an_explanation_says_what_the_critiques_had_found(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, BAD, GOOD)

    (found,) = examples("explanation")

    assert [message.role for message in found.prompt] == ["system", "user"]
    assert found.completion.startswith("Bars of mean Power.\n\nWhat it takes care of, and why:\n")
    assert "- Add a title; otherwise: no title" in found.completion
    assert found.completion.endswith("```python\nprint('good')\n```")


def test_a_writers_own_words_explain_a_draft_that_was_accepted_at_once(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, replace(GOOD, explanation="Bars, for origins are categories."))
    keep(store, GOOD, run_id="silent")
    making = Making()

    found = examples("explanation", making)

    assert [e.completion.split("\n")[0] for e in found] == ["Bars, for origins are categories."]
    assert [line.why for line in making.counts.dropped] == ["nothing explains the accepted draft"]


def test_steps_are_all_drafts_with_whether_they_were_accepted(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, FAILED, BAD, GOOD)

    (found,) = examples("stepwise")

    assert [step.right for step in found.steps] == [False, False, True]
    assert FAILED.code.strip() in found.steps[0].answer


def test_a_step_is_right_by_the_rubric_and_by_persons(
    store: SqliteStore, examples: MakeExamples
) -> None:
    passed = replace(GOOD, code="x = 1\n", kind=DecisionKind.REFINE, by="policy")
    refused = replace(GOOD, code="x = 2\n", kind=DecisionKind.REFINE, by="person")
    taken = replace(BAD, kind=DecisionKind.ACCEPT, by="person")
    keep(store, passed, refused, taken)

    (found,) = examples("stepwise")

    assert [step.right for step in found.steps] == [True, False, True]


def test_of_the_candidates_of_a_turn_the_best_is_a_step(
    store: SqliteStore, examples: MakeExamples
) -> None:
    best, worse = replace(BAD, mark=6.0, kind=DecisionKind.COMPARE), replace(BAD, code="x = 1\n")
    keep(store, best, worse, GOOD)

    (found,) = examples("stepwise")

    assert found.provenance.rounds == (1, 3)
    assert [step.right for step in found.steps] == [False, True]


def test_steps_that_a_branch_copied_are_none_of_its_own(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, BAD, GOOD, run_id="branch", origin=Origin("first", 1))

    (found,) = examples("stepwise")

    assert found.provenance.rounds == (2,)


def test_the_teacher_alone_is_told_critique_and_errors(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, FAILED, GOOD)

    (found,) = examples("self-distillation")

    assert "KeyError: 'Horses'" in found.context
    assert "<untrusted-" in found.context
    assert "KeyError" not in "".join(message.text for message in found.prompt)
    assert found.completion == ""
