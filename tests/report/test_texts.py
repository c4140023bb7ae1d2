"""Text as a page can hold it."""

from __future__ import annotations

import pytest

from critique_loop.report.texts import one_line, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain, ümläut, 日本, שלום\n\tx", "plain, ümläut, 日本, שלום\n\tx"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\u202eb", "a\\u202eb"),
        ("a\ud800b", "a\\ud800b"),
        ("windows\r\nline", "windows\nline"),
        ("over\rwritten", "over\\rwritten"),
        ("\x00", "\\x00"),
    ],
)
def test_what_can_not_be_seen_is_shown_as_its_escape(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_a_long_line_is_cut_and_says_by_how_much() -> None:
    assert shown("x" * 10_000_000, most=20_000_000) == f"{'x' * 2000} … 9,998,000 more characters"


def test_of_a_long_text_both_ends_stay() -> None:
    text = shown("first\n" + "m\n" * 100_000 + "last", most=1000)

    assert text.startswith("first\n")
    assert text.endswith("last")
    assert "199,010 characters are left out here" in text


def test_one_line_is_one_line() -> None:
    assert one_line("a\n\tb   c", most=10) == "a b c"
    assert one_line("abcdefgh", most=5) == "abcd…"
    assert len(one_line(" " * 10_000_000, most=5)) <= 5
