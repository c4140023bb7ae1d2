from __future__ import annotations

import pytest

from critique_loop.models.redaction import Redactor

KEY = "sk-planted-0123456789"


def test_an_answer_that_repeats_the_key_loses_it() -> None:
    assert Redactor(KEY).clean(f"x = '{KEY}'") == "x = '[key]'"


def test_an_answer_keeps_what_only_looks_like_a_key() -> None:
    text = "import sk-learn-compatible # Bearer of bad news"

    assert Redactor(KEY).clean(text) == text


def test_a_placeholder_is_no_secret() -> None:
    assert Redactor("none").clean("none of these") == "none of these"


@pytest.mark.parametrize(
    "text", [f"you sent {KEY}", "sk-another-9876543210", "Authorization: Bearer abcdef012345"]
)
def test_a_message_holds_nothing_that_looks_like_a_key(text: str) -> None:
    shown = Redactor(KEY).snippet(text)

    assert "[key]" in shown
    assert not {"planted", "another", "abcdef"} & set(shown.replace("-", " ").split())


def test_control_characters_are_shown_and_not_sent_to_the_terminal() -> None:
    assert Redactor().snippet("a\x1b]0;b\x07\u202ec") == "a\\x1b]0;b\\x07\\u202ec"


def test_a_message_shows_a_part_of_a_long_text() -> None:
    assert Redactor().snippet("x" * 1000, 10) == "xxxxxxx..."


def test_the_key_is_not_in_its_repr() -> None:
    assert "planted" not in repr(Redactor(KEY))
