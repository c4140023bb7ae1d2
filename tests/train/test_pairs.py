"""What DPOTrainer and RewardTrainer make of our pairs."""

from __future__ import annotations

from math import exp, log1p
from pathlib import Path

import pytest

from tests.train.models import ended
from tests.train.rows import rows_of
from tests.train.runs import CHARTS, PROGRAMS, Export, answers
from tests.train.trainers import ROOM, Trained, train

RUNS = CHARTS + PROGRAMS
GAP = 0.75  # of marks 9.5 and 2.0, each of 10


@pytest.fixture(scope="module")
def trained(ours: Export, model: Path) -> Trained:
    """Train on our pairs once; the tests look at it from several sides."""
    return train("DPO", ours("preference"), model, **ROOM)


def test_the_accepted_program_is_chosen_and_the_failed_one_rejected(trained: Trained) -> None:
    chosen, rejected = trained.taught[:RUNS], trained.taught[RUNS:]

    assert trained.learnt
    assert sorted(chosen) == sorted(map(ended, answers(right=True)))
    assert sorted(rejected) == sorted(map(ended, answers(right=False)))


def test_both_answers_of_a_pair_are_to_one_prompt_that_tells_of_neither(trained: Trained) -> None:
    asked, again = trained.unlearnt[:RUNS], trained.unlearnt[RUNS:]

    assert asked == again
    assert not any("attempt 1" in read for read in asked)


def test_every_pair_has_something_to_learn(trained: Trained) -> None:
    pairs = zip(trained.taught[:RUNS], trained.taught[RUNS:], strict=True)

    assert all(chosen != rejected for chosen, rejected in pairs)
    assert min(trained.gradients) > 0.001
    assert trained.losses[-1] < trained.losses[0]


def test_a_reward_model_sees_every_pair_with_the_gap_of_the_scores_as_margin(
    ours: Export, model: Path
) -> None:
    file = ours("reward")

    trained = train("Reward", file, model, **ROOM)

    margins = [row["margin"] for row in rows_of(file)]
    assert trained.learnt
    assert trained.rows == RUNS
    assert trained.losses[0] == pytest.approx(_loss_of_equal_rewards(margins), abs=0.01)


def _loss_of_equal_rewards(margins: list[object]) -> float:
    """Return -log(sigmoid(-margin)), what a model that prefers nothing yet loses at first."""
    (margin,) = set(margins)
    assert isinstance(margin, float)
    return log1p(exp(margin))
