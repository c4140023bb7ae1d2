"""Tokens, stems and likeness of words."""

from __future__ import annotations

import pytest

from critique_loop.writers.words import likeness, name_words, stem, tokenise


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gdpPercap", ("gdp", "percap")),
        ("Weight_in_lbs", ("weight", "in", "lbs")),
        ("GDPPerCapita", ("gdp", "per", "capita")),
        ("life-expectancy", ("life", "expectancy")),
        ("U.S. sales", ("us", "sales")),
    ],
)
def test_names_are_cut_at_underscores_and_capitals(name: str, words: tuple[str, ...]) -> None:
    assert name_words(name) == words


def test_numbers_keep_their_value_and_scale() -> None:
    tokens = tokenise("above 1,500 or 50k in the 1990s, 2001-2005")

    assert [t.number for t in tokens if t.number is not None] == [1500, 50_000, 1990, 2001, 2005]
    assert [t.lower for t in tokens if t.lower == "to"] == ["to"]
    assert [t.text for t in tokens if t.plural] == ["1990s"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("countries", "country"),
        ("boxes", "box"),
        ("women", "woman"),
        ("glass", "glass"),
        ("prices", "price"),
        ("gas", "ga"),
    ],
)
def test_plurals_share_a_stem_with_their_singular(word: str, expected: str) -> None:
    assert stem(word) == expected


@pytest.mark.parametrize(
    ("word", "name"),
    [("population", "pop"), ("quantity", "qty"), ("temperature", "temp"), ("cyl", "cylinders"),
     ("horsepowr", "horsepower"), ("utilities", "utilties")],
)  # fmt: skip
def test_abbreviations_and_slips_are_recognised(word: str, name: str) -> None:
    assert 0 < likeness(word, name) < 1


@pytest.mark.parametrize(
    ("word", "name"),
    [("count", "country"), ("window", "wind"), ("day", "date"), ("origin", "region"),
     ("typical", "tip"), ("mean", "median"), ("price", "prize")],
)  # fmt: skip
def test_words_that_only_look_alike_are_kept_apart(word: str, name: str) -> None:
    assert likeness(word, name) == 0
