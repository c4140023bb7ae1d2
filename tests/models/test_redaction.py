from __future__ import annotations

import pytest

from critique_loop.models.redaction import Redactor

KEY = "sk-planted-0123456789"


def test_an_answer_that_repeats_the_key_loses_it() -> None:
    assert Redactor(KEY).clean(f"x = '{KEY}'") == "x = '[key]'"


@pytest.mark.parametrize("escape", ["\\u{0:04x}", "\\u{0:04X}", "\\{1}"])
@pytest.mark.parametrize("whole", [True, False])
def test_the_key_is_found_however_json_spells_it(escape: str, *, whole: bool) -> None:
    escaped = KEY if whole else "-1p"
    spelled = "".join(escape.format(ord(c), c) if c in escaped else c for c in KEY)

    assert Redactor(KEY).clean(f'{{"say": "{spelled}\\n"}}') == '{"say": "[key]\\n"}'


def test_the_key_is_taken_out_of_data_however_deep() -> None:
    data = {"a": [{KEY: f"x{KEY}"}, 7, None, "b"], "c": True}

    cleaned = Redactor(KEY).clean_data(data)

    assert cleaned == {"a": [{"[key]": "x[key]"}, 7, None, "b"], "c": True}


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
