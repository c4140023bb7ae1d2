"""What is to go, as it is asked for."""

from __future__ import annotations

import pytest

from critique_loop.errors import CallError
from critique_loop.store.redaction import Redaction, RedactionNote


def test_words_say_what_is_to_go() -> None:
    found = Redaction.of(["paths", "column=a=b", "value=x y", "secrets", "column=c"])

    assert found == Redaction(paths=True, secrets=True, columns=("a=b", "c"), texts=("x y",))


@pytest.mark.parametrize("word", ["path", "column", "column=", "value= ", "", "columns=a"])
def test_what_is_not_known_is_refused(word: str) -> None:
    with pytest.raises(CallError, match="nothing that can be redacted"):
        Redaction.of([word])


def test_the_description_does_not_tell_what_went() -> None:
    found = Redaction.of(["values", "column=name", "value=Ada", "value=Grace"])

    assert found.described() == ("values", "column=name", "2 literal texts")


def test_pictures_show_values() -> None:
    assert Redaction(texts=("Ada",)).of_values
    assert not Redaction(paths=True, secrets=True, pictures=True).of_values


def test_a_note_says_which_programs_were_rewritten() -> None:
    note = RedactionNote.of({"redacted": {"what": ["values"], "rewritten_rounds": [1, 3]}})

    assert note is not None
    assert (note.what, note.rewritten) == (("values",), {1, 3})
    assert [note.rewrote(number) for number in (1, 2, 3)] == [True, False, True]


def test_a_note_tells_also_what_went_before() -> None:
    first: dict[str, object] = {"what": ["paths", "values"], "rewritten_rounds": [1]}
    later: dict[str, object] = {"what": ["secrets", "paths"], "before": first}

    note = RedactionNote.of({"redacted": later})

    assert note is not None
    assert note.what == ("paths", "values", "secrets")


def test_a_run_that_is_as_it_was_has_no_note() -> None:
    assert RedactionNote.of({"price": [1, 2]}) is None


@pytest.mark.parametrize(
    "found", [{"what": ["paths"]}, {"rewritten_rounds": ["1"]}, {"rewritten_rounds": 1}, "x", None]
)
def test_where_a_note_does_not_say_any_program_may_be_rewritten(found: object) -> None:
    note = RedactionNote.of({"redacted": found})

    assert note is not None
    assert note.rewritten is None
    assert note.rewrote(1)
