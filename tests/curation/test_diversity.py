"""Diversity: each measure at its ends, and in between."""

from __future__ import annotations

import random

import pytest

from critique_loop.curation.diversity import DiversityMeter, diversity, vendi_score
from tests.curation.conftest import CHART, example


def varied(number: int) -> list[str]:
    dice = random.Random(1)  # noqa: S311 - a draw, no secret
    return [" ".join(f"w{dice.randrange(10**6)}" for _ in range(40)) for _ in range(number)]


def test_vendi_counts_texts_that_differ() -> None:
    different = varied(20)

    assert vendi_score(different) == pytest.approx(20)
    assert vendi_score([different[0]] * 20) == pytest.approx(1)
    assert vendi_score(different[:4] * 5) == pytest.approx(4)
    assert vendi_score([]) == 0
    assert vendi_score(["", "größe", "größe"]) == pytest.approx(1.89, abs=0.01)


def test_all_measures_tell_a_template_from_varied_programs() -> None:
    template = [CHART.replace("airports", word) for word in ("cars", "cats", "cups", "cows") * 10]
    alike = diversity(example(code) for code in template)
    different = diversity(example(code) for code in varied(40))

    assert alike.n == different.n == alike.sampled == 40
    assert all(one < other for one, other in zip(alike.distinct, different.distinct, strict=True))
    assert alike.compression > 5 * different.compression
    assert alike.vendi < 2
    assert different.vendi > 39


def test_distinct_is_the_share_of_different_runs() -> None:
    meter = DiversityMeter()
    meter.add("a b a b")

    assert meter.result().distinct == (2 / 4, 2 / 3, 2 / 2)


def test_figures_are_json_and_come_with_their_numbers() -> None:
    plain = diversity([example("x = 1"), example("y = 2")]).plain()

    assert set(plain) == {
        *("n", "distinct_1", "distinct_2", "distinct_3"),
        *("compression_ratio", "vendi", "vendi_sampled"),
    }


def test_nothing_has_no_diversity() -> None:
    assert diversity([]).plain() == {
        "n": 0,
        "distinct_1": 0.0,
        "distinct_2": 0.0,
        "distinct_3": 0.0,
        "compression_ratio": 0.0,
        "vendi": 0.0,
        "vendi_sampled": 0,
    }


def test_the_sample_is_seeded_and_bounded() -> None:
    texts = [text[: 30 + 3 * place] + CHART[: 5 * place] for place, text in enumerate(varied(60))]
    meters = [DiversityMeter(sample=10, seed=seed) for seed in (1, 1, 2)]
    for meter in meters:
        for text in texts * 2:
            meter.add(text)

    first, again, other = (meter.result() for meter in meters)

    assert first == again
    assert first.sampled == 10
    assert first.vendi != other.vendi


def test_huge_broken_and_foreign_texts_are_measured() -> None:
    meter = DiversityMeter()
    for text in ("", "x" * 300_000, "数据 \udc80", "def broken(:"):
        meter.add(text)

    assert meter.result().n == 4
