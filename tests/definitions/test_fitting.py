"""Prompts within a number of tokens."""

from __future__ import annotations

import pytest

from critique_loop.definitions.fitting import Form, Section, ends_of, estimated_tokens, fitted


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("The quick brown fox jumps over the lazy dog", 9),  # one a word, as any tokenizer has it
        ("1234567890", 10),
        ("{}[]()", 6),
        ("年", 3),
        ("x" * 40, 20),
    ],
)
def test_tokens_are_counted_high(text: str, least: int) -> None:
    assert estimated_tokens(text) >= least


def test_a_byte_is_never_more_than_a_token() -> None:
    text = "df['Größe'] = 5 # µ\n" * 9

    assert estimated_tokens(text) <= len(text.encode())


def test_sections_keep_their_order_and_what_is_not_trusted_is_fenced() -> None:
    one = Section("One", (Form("first"),), 2)
    two = Section("Two", (Form("second"),), 1, trusted=True)

    found = fitted([one, two], tokens=1000)

    assert found.cut == ()
    head, tag, *rest = found.text.splitlines()
    assert head == "## One"
    assert tag.startswith("<untrusted-")
    assert rest == ["first", tag.replace("<", "</"), "", "## Two", "second"]


def test_what_ranks_first_gets_room_first_and_the_rest_is_told() -> None:
    long = Section("Long", (Form("a" * 4000), Form("b" * 400, "most of it")), 1)
    last = Section("Last", (Form("c" * 4000),), 2)

    found = fitted([last, long], tokens=500)

    assert "bbb" in found.text
    assert "ccc" not in found.text
    assert found.cut == ("Last: all of it", "Long: most of it")


def test_a_section_takes_no_more_than_its_share() -> None:
    greedy = Section("Greedy", (Form("a" * 1000), Form("b" * 100, "some")), 1, 0.3)

    assert "bbb" in fitted([greedy], tokens=1000).text
    assert "aaa" in fitted([greedy], tokens=2000).text


def test_a_section_of_rank_0_is_there_whatever_the_room() -> None:
    goal = Section("Goal", (Form("all of this"),), 0)

    assert "all of this" in fitted([goal], tokens=-5).text


def test_an_empty_section_is_left_out_and_nothing_is_said_to_be_cut() -> None:
    found = fitted([Section("None", ()), Section("Blank", (Form(" \n"),))], tokens=100)

    assert found.text == ""
    assert found.cut == ()


def test_a_long_output_keeps_its_beginning_and_more_of_its_end() -> None:
    text = "".join(f"{number:04}" for number in range(1000))

    whole, short = ends_of(text, (4000, 400))

    assert whole == Form(text)
    assert short.text.startswith("0000")
    assert short.text.endswith("0999")
    assert short.lost == "3600 of 4000 characters"
    assert len(short.text) < 420
