"""Naive files: columns beside the ones to train on, which a trainer takes for its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.train.rows import GOALS, Trap, asked, conversation, preference, reward, sft, write
from tests.train.trainers import train

GOAL = GOALS[0]
# Whether rows are conversations is told by the first of their columns, in the order of a set of
# words: another one in each process.
EITHER = (AttributeError, TypeError)
# Measured with TRL 1.16: the trainer, a row with one column too many, and what becomes of it.
STOPPED = {
    "prompt": Trap("SFT", [conversation(GOAL, prompt="the goal")] * 2, KeyError, "completion"),
    "labels": Trap("SFT", [sft(GOAL, labels="accepted")] * 2, TypeError, "invalid data type 'str'"),
    "images": Trap("SFT", [sft(GOAL, images=["chart.png"])] * 2, ValueError, "vision-related"),
    "image": Trap("SFT", [sft(GOAL, image="chart.png")] * 2, ValueError, "vision-related"),
    "input_ids": Trap("SFT", [sft(GOAL, input_ids="7f3a")] * 2, TypeError, "invalid data type"),
    "null": Trap("SFT", [sft(GOAL, chat_template_kwargs=None)] * 2, TypeError, "not a mapping"),
    "images-dpo": Trap("DPO", [preference(GOAL, images=["c.png"])] * 2, ValueError, "vision-rel"),
    "prompt-reward": Trap("Reward", [reward(GOAL, prompt="the goal")] * 2, EITHER, "list"),
    "margin": Trap("Reward", [reward(GOAL, margin=None)] * 2, TypeError, "NoneType"),
}


@pytest.mark.parametrize("trap", STOPPED.values(), ids=STOPPED)
def test_metadata_at_the_top_stops_the_trainer(trap: Trap, tmp_path: Path, model: Path) -> None:
    naive = write(tmp_path, trap.rows)

    with pytest.raises(trap.error, match=trap.says):
        train(trap.method, naive, model)


def test_a_prompt_beside_the_pair_is_read_twice_by_a_reward_model(
    tmp_path: Path, model: Path
) -> None:
    naive = write(tmp_path, [{**reward(GOAL), "prompt": asked(GOAL)}] * 2)

    trained = train("Reward", naive, model)

    assert [text.count("user\n") for text in trained.taught] == [2, 2, 2, 2]
