"""Naive files: what is learnt that should only be read, and pairs that teach nothing."""

from __future__ import annotations

from math import log
from pathlib import Path

import pytest

from tests.train.models import ended
from tests.train.rows import GOALS, conversation, good, preference, reward, sft, write
from tests.train.trainers import train

_NOISE = 1e-6


def test_of_a_whole_conversation_everything_is_learnt_also_the_prompt(
    tmp_path: Path, model: Path
) -> None:
    naive = write(tmp_path, map(conversation, GOALS))

    trained = train("SFT", naive, model)

    assert all(goal in text.split("assistant")[0] for goal, text in _by_goal(trained.taught))
    assert trained.unlearnt == [""] * len(GOALS)


def test_a_conversation_is_masked_only_where_the_trainer_is_told_to(
    tmp_path: Path, model: Path
) -> None:
    naive = write(tmp_path, map(conversation, GOALS))

    trained = train("SFT", naive, model, assistant_only_loss=True)

    assert trained.taught == [ended(good(goal)) for goal in GOALS]


def test_prompt_and_completion_are_masked_without_being_told(tmp_path: Path, model: Path) -> None:
    plain = write(tmp_path, map(sft, GOALS))

    trained = train("SFT", plain, model)

    assert trained.taught == [ended(good(goal)) for goal in GOALS]


@pytest.mark.parametrize("method", ["DPO", "Reward"])
def test_a_pair_of_equal_answers_keeps_the_loss_at_ln_2_without_a_gradient(
    method: str, tmp_path: Path, model: Path
) -> None:
    pair = preference if method == "DPO" else reward
    rows = [pair(goal) for goal in GOALS]
    naive = write(tmp_path, [{**row, "rejected": row["chosen"], "margin": 0.0} for row in rows])

    trained = train(method, naive, model)

    assert trained.losses == pytest.approx([log(2)] * 3, abs=_NOISE)
    assert max(trained.gradients) < _NOISE


def _by_goal(texts: list[str]) -> list[tuple[str, str]]:
    return list(zip(GOALS, texts, strict=True))
