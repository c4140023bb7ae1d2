"""Texts of examples, searched line by line."""

from __future__ import annotations

import pytest

from critique_loop.curation.texts import LineSearch


class Found:
    """A search that finds nothing but one word, and knows what it was asked."""

    def __init__(self, word: str = "") -> None:
        self.word = word
        self.asked: list[str] = []

    def __call__(self, text: str) -> list[str]:
        self.asked.append(text)
        return [self.word] if self.word and self.word in text else []


def test_a_line_that_texts_share_is_searched_once() -> None:
    search = Found()

    LineSearch(search).first(["one:\ntwo", "two\nthree"])

    assert search.asked == ["one:", "two", "three"]


def test_the_first_thing_that_is_found_is_returned() -> None:
    assert LineSearch(Found("two")).first(["one", "one\ntwo", "two"]) == "two"
    assert LineSearch(Found("four")).first(["one", "one\ntwo"]) == ""


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("a:\nb\nc", ["a:\nb"]),
        ("a\nb =  \n  c", ["b =  \n  c"]),
        ("a:\nb:\nc\nd", ["a:\nb:\nc"]),
        ("a:\n\n  \nb", ["a:\n\n  \nb"]),
        ("a\n : b\nc", ["a\n : b"]),
        ("a: b\nc\n\nd=e", []),
        ("a\n\nb\n\n", []),
        ("a:\n\n", []),
        ("By TOKEN\nb", ["By TOKEN\nb"]),
        ("a:\nb\nc:\nd", ["a:\nb", "c:\nd"]),
    ],
)
def test_lines_that_go_on_are_searched_as_one_text_too(text: str, joined: list[str]) -> None:
    search = Found()

    LineSearch(search, ends=(":", "=", "token"), starts=(":",)).first([text, text])

    assert {each for each in search.asked if "\n" not in each} == set(text.split("\n"))
    assert [each for each in search.asked if "\n" in each] == joined


def test_no_line_is_searched_more_than_twice_however_many_go_on() -> None:
    search = Found()
    text = "".join(f"key{number}:\n" for number in range(10_000))

    LineSearch(search, ends=(":",)).first([text])

    assert sum(map(len, search.asked)) <= 2 * len(text)
