"""Lengths: what is too short or too long."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.curation.length import Length
from tests.curation.conftest import curated, example


def test_empty_short_and_long_answers_are_dropped() -> None:
    step = Length(least_answer=5, most_answer=50)
    rows = [
        example(prose=text, where=f"r{i}")
        for i, text in enumerate(["fine enough", "tiny", "    x    ", "x" * 51])
    ]

    done = curated(step, rows)

    assert done.kept == ["r0"]
    assert done.why == {"too short": 2, "answer too long": 1}


def test_the_worse_answer_of_a_pair_counts_too() -> None:
    pair = replace(example(prose="fine"), rejected="x" * 60)

    assert curated(Length(most_answer=50), [pair]).why == {"answer too long": 1}


def test_prompts_have_a_limit_of_their_own() -> None:
    assert curated(Length(most_prompt=50), [example(goal="x" * 60, prose="y")]).why == {
        "prompt too long": 1
    }


def test_an_example_without_answers_is_held_to_its_question() -> None:
    rows = [example(goal="draw", where="asked"), example(goal=" ", where="empty")]

    assert curated(Length(), rows).kept == ["asked"]


def test_a_huge_row_is_dropped_by_default() -> None:
    assert curated(Length(), [example(prose="x" * 5_000_000)]).kept == []
