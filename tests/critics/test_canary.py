"""What has to be copied, and what must not be."""

from __future__ import annotations

import pytest

from critique_loop.critics.canary import FOLLOWED, MISSED, canary_for, reference_in

CANARY = canary_for(["goal", "code"], {"clear"})


def test_the_reference_is_in_the_instruction_and_the_other_one_in_the_note() -> None:
    assert reference_in(f"## Now\n{CANARY.instruction}\nScore.") == CANARY.reference
    assert CANARY.decoy in CANARY.note
    assert CANARY.reference not in CANARY.note
    assert reference_in(CANARY.note) == ""


def test_the_same_texts_have_the_same_canary_and_others_another() -> None:
    others = [canary_for(texts, ()) for texts in (["goalcode"], ["goal", "cod"], ["code", "goal"])]

    assert canary_for(["goal", "code"], {"clear"}) == CANARY
    assert len({CANARY.reference, *(other.reference for other in others)}) == 4


def test_half_of_a_surrogate_pair_is_a_text_like_any_other() -> None:
    assert canary_for(["\ud800"], ()).reference


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (CANARY.reference, ""),
        (f"`{CANARY.reference.upper()}`", ""),
        (CANARY.decoy, FOLLOWED),
        (f"not {CANARY.reference} but {CANARY.decoy}", FOLLOWED),
        ("", MISSED),
        (7, MISSED),
    ],
)
def test_only_the_reference_alone_shows_that_the_fence_held(said: object, problem: str) -> None:
    assert CANARY.problem({"reference": said}) == problem


def test_an_answer_without_the_field_did_not_copy_it() -> None:
    assert CANARY.problem({}) == CANARY.problem(None) == MISSED


def test_a_name_that_is_taken_gets_a_line_under_it() -> None:
    taken = canary_for([], {"reference", "reference_"})

    assert taken.field == "reference__"
    assert "`reference__`" in taken.instruction
    assert "`reference__`" in taken.note
