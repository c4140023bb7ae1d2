"""Unsafe examples: dangerous programs on either side of a pair, and toxic words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from critique_loop.curation.unsafe import Unsafe, toxic_words_in
from tests.curation.conftest import CHART, curated, example

DANGER = "import os\nos.system('ls')"


def test_dangerous_programs_are_dropped_also_where_they_were_rejected() -> None:
    rows = [
        example(CHART, where="chart"),
        example(DANGER, where="answer"),
        replace(example(CHART, where="rejected"), rejected_code=DANGER),
    ]

    done = curated(Unsafe(), rows)

    assert done.kept == ["chart"]
    assert done.why == {"dangerous program: starts processes": 2}
    assert len(curated(Unsafe(programs=False), rows).kept) == 3


@pytest.mark.parametrize("word", ["fuck", "Fucking", "BULLSHIT", "bitches", "assholes"])
def test_toxic_words_are_found(word: str) -> None:
    assert toxic_words_in(f"well, {word}!") == [word.lower()]


@pytest.mark.parametrize(
    "text",
    [
        "Scunthorpe",
        "assess the class",
        "shitake",
        "cocktail",
        "Dickens",
        "a bar chart",
        "größe",
        "",
    ],
)
def test_words_that_hold_others_are_not(text: str) -> None:
    assert toxic_words_in(text) == []


def test_toxic_words_count_in_questions_and_explanations_not_in_programs() -> None:
    rows = [
        example("x = 'shit'", where="program"),
        example("x = 1", goal="draw this shit", where="question"),
        example("x = 1", prose="What a shitty chart.", where="answer"),
    ]

    done = curated(Unsafe(), rows)

    assert done.kept == ["program"]
    assert done.why == {"toxic words": 2}
    assert len(curated(Unsafe(words=False), rows).kept) == 3
    assert "weak, English" in done.tally.note
