"""Known texts in other texts."""

from __future__ import annotations

import html
import json
from urllib.parse import quote

import pytest

from critique_loop.store.literals import Literals

MANY = 20_000


def replaced(text: str, *known: str) -> str:
    return Literals({each: f"redacted_{n}" for n, each in enumerate(known, 1)}).replaced(text)


@pytest.mark.parametrize(
    "form",
    [
        'Zoë "Z" O\'Neil\t& co',
        json.dumps('Zoë "Z" O\'Neil\t& co'),
        json.dumps('Zoë "Z" O\'Neil\t& co', ensure_ascii=False),
        json.dumps(json.dumps('Zoë "Z" O\'Neil\t& co')),
        repr('Zoë "Z" O\'Neil\t& co'),
        ascii('Zoë "Z" O\'Neil\t& co'),
        html.escape('Zoë "Z" O\'Neil\t& co'),
        quote('Zoë "Z" O\'Neil\t& co'),
        'zOË "z" o\'nEIL\t& CO',
        'Zoe\u0308 "Z" O\'Neil\t& co',
        'Zoë "Z" O\'Neil & co',
    ],
)
def test_a_text_is_found_in_every_form_that_programs_and_pages_give_it(form: str) -> None:
    left = replaced(f"<{form}>", 'Zoë "Z" O\'Neil\t& co')

    assert "neil" not in left.lower()
    assert "redacted_1" in left


@pytest.mark.parametrize(
    ("form", "left"),
    [
        ("http://x/M%C3%BCller%20%26%20S%C3%B6hne/Graz?a", "http://x/redacted_1?a"),
        ("M&uuml;ller &amp; S&ouml;hne/Graz", "redacted_1"),
        (r'"M\u00fcller \u0026 S\u00f6hne\/Graz"', '"redacted_1"'),
        ("b Mu\u0308ller\u00a0&\n  So\u0308hne/Graz b", "b redacted_1 b"),
        ("M\u00fc\u200bller & S\u00f6h\u00adne/Graz", "redacted_1"),
        ("&lt;M%C3%BCller &#38; S\\xf6hne&#x2f;Graz", "&lt;redacted_1"),
        ("Müller_Söhne_Graz = 1", "redacted_1 = 1"),
    ],
)
def test_a_text_goes_whole_whatever_it_is_escaped_with(form: str, left: str) -> None:
    assert replaced(form, "Müller & Söhne/Graz") == left


def test_the_longest_text_wins() -> None:
    assert replaced("New York, York", "York", "New York") == "redacted_2, redacted_1"


def test_short_texts_are_found_as_words_and_long_ones_anywhere() -> None:
    assert replaced("USA usa USAir df_usa", "USA") == "redacted_1 redacted_1 USAir df_redacted_1"
    assert replaced("meanBelgiumValue", "Belgium") == "meanredacted_1Value"


def test_the_shortest_texts_are_compared_letter_by_letter() -> None:
    assert replaced("M m F Mm", "M", "F") == "redacted_1 m redacted_2 Mm"


def test_a_long_text_is_found_where_a_table_has_cut_it() -> None:
    known = "The quick brown fox jumps over the lazy dog"

    assert replaced("0  The quick brown fox ju...", known) == "0  redacted_1..."


def test_what_was_redacted_is_not_looked_into() -> None:
    assert replaced("redacted_red_1 red", "red") == "redacted_red_1 redacted_1"


def test_what_has_no_letter_or_digit_is_not_looked_for() -> None:
    assert replaced("a - b", "-", " ", "") == "a - b"


def test_letters_that_grow_in_small_letters_keep_their_places() -> None:
    assert replaced("İİİ Ankara İ", "Ankara") == "İİİ redacted_1 İ"


def test_many_texts_that_begin_alike_are_found() -> None:
    known = Literals({f"customer-{n:06}": f"redacted_{n}" for n in range(1, MANY)})

    left = known.replaced("customer-000007 and customer-019999, customer-900000" + " x" * 5000)

    assert left.startswith("redacted_7 and redacted_19999, customer-900000")
