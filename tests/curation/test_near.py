"""Near duplicates: found among many, and only where most is shared."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from critique_loop.curation import temporary
from critique_loop.curation.minhash import shingles, signer, similarity
from critique_loop.curation.near import NearDuplicates, NearIndex
from critique_loop.values import ExampleKind
from tests.curation.conftest import CHART, curated, example


def programs(number: int, seed: int = 5) -> list[str]:
    """Programs of 60 statements, each followed by variants of which 0 to 9 are changed."""
    dice = random.Random(seed)  # noqa: S311 - a draw, no secret
    made: list[str] = []
    for _ in range(number):
        lines = [f"v{dice.randrange(999)} = f{dice.randrange(99)}(a, b)" for _ in range(60)]
        for changed in range(10):
            variant = list(lines)
            for place in dice.sample(range(60), changed):
                variant[place] = f"other{dice.randrange(999)} = g(c)"
            made.append("\n".join(variant))
    return made


@pytest.mark.parametrize("own", [True, False], ids=["own", "rensa"])
def test_a_program_with_another_title_is_dropped_and_another_chart_kept(own: bool) -> None:
    retitled = CHART.replace("Number of airports by state", "Airports of each state")
    other = CHART.replace("barh", "scatter").replace("state", "city").replace("size()", "mean()")

    done = curated(
        NearDuplicates(own=own),
        [example(code, where=f"r{i}") for i, code in enumerate([CHART, retitled, other])],
    )

    assert done.kept == ["r0", "r2"]
    assert done.why == {"most of its text is that of another": 1}


def test_own_signatures_decide_as_those_of_rensa_do_away_from_the_threshold() -> None:
    decided = {True: 0, False: 0}
    variants = programs(30)
    for start in range(0, 300, 10):
        base = set(shingles(variants[start]))
        for place in range(start, start + 10):
            other = shingles(variants[place])
            true = len(base & set(other)) / len(base | set(other))
            if abs(true - 0.85) < 0.1:
                continue
            ours, theirs = (is_near(variants[start], variants[place], own) for own in (True, False))
            decided[ours == theirs == (true > 0.85)] += 1

    assert decided[True] > 120
    assert decided[False] <= 0.01 * decided[True]


def is_near(one: str, other: str, own: bool) -> bool:
    sign = signer(own=own)
    index = NearIndex(0.85)
    index.add(sign(one))
    return index.find(sign(other)) is not None


def test_nearly_all_that_comparing_every_pair_finds_is_found() -> None:
    sign = signer(own=True)
    kept: list[bytes] = []
    index, missed, found = NearIndex(0.85), 0, 0
    for signature in map(sign, programs(30, seed=6)):
        true = any(similarity(signature, other) >= 0.85 for other in kept)
        if index.find(signature) is not None:
            found += 1
            assert true
            continue
        missed += true
        kept.append(signature)
        index.add(signature)

    assert found > 30
    assert missed <= 0.02 * found


def test_an_index_that_leaves_memory_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    signatures = list(map(signer(own=True), programs(20)))
    monkeypatch.setattr(temporary, "IN_MEMORY", 1)
    index = NearIndex(0.85)

    numbers = [index.add(signature) for signature in signatures]

    assert numbers == list(range(200))
    assert all(index.find(signature) is not None for signature in signatures)
    assert index.find(signer(own=True)(CHART)) is None


def test_kinds_and_labels_are_not_compared_with_each_other() -> None:
    row = example(CHART)
    rows = [
        row,
        replace(row, kind=ExampleKind.KTO, label=True),
        replace(row, kind=ExampleKind.KTO, label=False),
    ]

    assert len(curated(NearDuplicates(), rows).kept) == 3


def test_answers_without_programs_are_compared_with_their_questions() -> None:
    verdict = '{"scores": [10, 10, 10], "advice": ""}'
    rows = [
        example(goal=f"judge {word} " * 40, prose=verdict, where=word) for word in ("a", "b", "a")
    ]

    assert curated(NearDuplicates(), rows).kept == ["a", "b"]


def test_empty_texts_are_kept() -> None:
    rows = [example(goal="", where="r1"), example(goal=" \n", where="r2")]

    assert curated(NearDuplicates(), rows).kept == ["r1", "r2"]
