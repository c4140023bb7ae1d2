"""Our rows and the most tokens that a trainer takes: what is exported for it is not cut by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.train.models import ended
from tests.train.rows import rows_of
from tests.train.runs import CHARTS, PROGRAMS, Export, answers
from tests.train.trainers import lengths, train

RUNS = CHARTS + PROGRAMS


def _half(file: Path, model: Path, method: str) -> int:
    """Return how long the row in the middle of a file is, as its trainer counts it."""
    found = sorted(lengths(method, file, model))
    return found[len(found) // 2]


def test_without_a_limit_a_trainer_cuts_our_rows_too(ours: Export, model: Path) -> None:
    file = ours("trajectory")
    most = _half(file, model, "SFT")

    trained = train("SFT", file, model, max_length=most)

    whole = set(map(ended, answers(right=True)))
    assert any(text not in whole for text in trained.taught)


@pytest.mark.parametrize("format_", ["sft", "trajectory"])
def test_with_max_tokens_and_the_tokenizer_nothing_is_cut(
    format_: str, ours: Export, model: Path
) -> None:
    most = _half(ours(format_), model, "SFT")
    limited = ours(format_, "--max-tokens", str(most), "--tokenizer", str(model / "tokenizer.json"))

    trained = train("SFT", limited, model, max_length=most)

    whole = set(map(ended, answers(right=True)))
    assert 0 < trained.rows == len(rows_of(limited)) < RUNS
    assert all(text in whole for text in trained.taught)


@pytest.mark.parametrize(("format_", "method"), [("preference", "DPO"), ("reward", "Reward")])
def test_no_pair_is_dropped_for_its_length(
    format_: str, method: str, ours: Export, model: Path
) -> None:
    most = _half(ours(format_), model, method)
    limited = ours(format_, "--max-tokens", str(most), "--tokenizer", str(model / "tokenizer.json"))

    trained = train(method, limited, model, max_length=most)

    assert 0 < trained.rows == len(rows_of(limited)) < RUNS
