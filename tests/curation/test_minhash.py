"""Signatures: how near the estimate is to the truth, with rensa and without."""

from __future__ import annotations

import random
import statistics
import sys

import pytest

from critique_loop.curation.minhash import SIZE, shingles, signer, similarity


def pair(dice: random.Random, changed: int) -> tuple[str, str]:
    words = [f"w{dice.randrange(400)}" for _ in range(200)]
    other = list(words)
    for _ in range(changed):
        other[dice.randrange(200)] = f"x{dice.randrange(400)}"
    return " ".join(words), " ".join(other)


def truth(one: str, other: str) -> float:
    first, second = set(shingles(one)), set(shingles(other))
    return len(first & second) / len(first | second)


@pytest.mark.parametrize("own", [True, False], ids=["own", "rensa"])
def test_the_estimate_is_near_the_truth(own: bool) -> None:
    dice = random.Random(4)  # noqa: S311 - a draw, no secret
    sign = signer(own=own)
    errors = [
        similarity(sign(one), sign(other)) - truth(one, other)
        for one, other in (pair(dice, changed) for changed in range(40))
    ]

    assert abs(statistics.fmean(errors)) < 0.02
    assert statistics.pstdev(errors) < 0.06


@pytest.mark.parametrize("own", [True, False], ids=["own", "rensa"])
@pytest.mark.parametrize("text", ["", "one", "größe = 'é' 数据 \udc80", "x " * 5000])
def test_every_text_has_a_signature_and_is_like_itself(own: bool, text: str) -> None:
    signature = signer(own=own)(text)

    assert len(signature) == SIZE
    assert similarity(signature, signature) == 1


@pytest.mark.parametrize("own", [True, False], ids=["own", "rensa"])
def test_unlike_texts_are_unlike(own: bool) -> None:
    sign = signer(own=own)

    assert similarity(sign("a b c d e f g"), sign("h i j k l m n")) < 0.05


def test_space_does_not_count_and_ideographs_are_tokens() -> None:
    assert shingles("a =  1\n") == shingles("a=1")
    assert len(shingles("数据图表分析结果")) == 4


def test_without_rensa_signatures_are_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rensa", None)

    assert signer()("a b c d e f") == signer(own=True)("a b c d e f")
