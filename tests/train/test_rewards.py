"""What GRPOTrainer makes of our verifiable rewards, and the rewards that our judge gives it.

A random model writes no program. What it says is therefore put into its mouth: to each prompt
one right and one wrong program; the judge runs them in the sandbox, and the trainer does the rest.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.export.verifying import program_reward, sandbox_reward
from tests.train.rows import rows_of
from tests.train.runs import PROGRAMS, SECRET, Export, program_answers
from tests.train.trainers import prepared, spoken, trained_by

# A right program gets 1. A wrong one fails its tests, which is a gate: it gets nothing.
WORTH = (1.0 + 0.0) / 2


@pytest.fixture(scope="module")
def file(ours: Export) -> Path:
    return ours("rlvr", "--task-kind", "code")


def _by_name(prompt: str) -> list[str]:
    """Return a right and a wrong answer to the prompt that names a function."""
    number = next(n for n in range(PROGRAMS) if f"`shift_{n}`" in prompt)
    return program_answers(number)


@pytest.mark.docker
def test_the_judge_of_our_rows_rewards_the_right_program_and_the_model_moves_towards_it(
    file: Path, model: Path
) -> None:
    trainer = prepared(
        "GRPO",
        file,
        model,
        {"num_generations": 2, "max_completion_length": 256},
        reward_funcs=[sandbox_reward],
        rollout_func=spoken(_by_name),
    )

    trained = trained_by(trainer, [], [])

    assert trained.learnt
    assert trained.logged["rewards/sandbox_reward/mean"] == pytest.approx(WORTH)
    assert trained.logged["frac_reward_zero_std"] == 0.0


def test_what_a_random_model_says_is_worth_nothing(file: Path, model: Path) -> None:
    trainer = prepared(
        "GRPO",
        file,
        model,
        {"num_generations": 2, "max_completion_length": 16},
        reward_funcs=[program_reward],
    )

    trained = trained_by(trainer, [], [])

    assert len(trained.losses) == 3
    assert trained.logged["rewards/program_reward/mean"] == 0.0


def test_what_only_the_judge_may_know_is_in_no_prompt(file: Path) -> None:
    rows = rows_of(file)

    assert len(rows) == PROGRAMS
    assert all(SECRET in str(row["expected"]) for row in rows)
    assert not any(SECRET in str(row["prompt"]) for row in rows)
