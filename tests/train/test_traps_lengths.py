"""Naive files: rows longer than the 1,024 tokens that trainers take unless told otherwise."""

from __future__ import annotations

from pathlib import Path

from tests.train.models import END
from tests.train.rows import GOALS, Row, answered, asked, good, kto, preference, reward, sft, write
from tests.train.trainers import train

GOAL, OTHER = GOALS[:2]
LONG = " ".join(f"column_{number}" for number in range(1000))
REFINED = "the refined line"


def _long_answer() -> Row:
    return {"prompt": asked(GOAL), "completion": answered(f"{LONG}\n{REFINED}")}


def test_the_end_of_a_long_answer_is_not_learnt(tmp_path: Path, model: Path) -> None:
    naive = write(tmp_path, [_long_answer(), sft(OTHER)])

    trained = train("SFT", naive, model)

    assert trained.rows == 2
    assert [REFINED in text for text in trained.taught] == [False, False]
    assert [text.count(END) for text in trained.taught] == [0, 1]  # and so never stops


def test_a_long_prompt_takes_its_row_away(tmp_path: Path, model: Path) -> None:
    naive = write(tmp_path, [sft(f"{GOAL} {LONG}"), sft(OTHER)])

    trained = train("SFT", naive, model)

    assert trained.rows == 1


def test_two_long_answers_that_differ_at_their_ends_are_a_pair_without_a_gradient(
    tmp_path: Path, model: Path
) -> None:
    chosen, rejected = answered(f"{LONG}\n{REFINED}"), answered(f"{LONG}\nthe first line")
    row: Row = {"prompt": asked(GOAL), "chosen": chosen, "rejected": rejected}
    naive = write(tmp_path, [row, row])

    trained = train("DPO", naive, model)

    assert trained.taught[0] == trained.taught[2]
    assert max(trained.gradients) < 0.01


def test_a_reward_model_never_sees_a_pair_with_one_long_answer(tmp_path: Path, model: Path) -> None:
    long = {**reward(GOAL), "rejected": asked(GOAL) + answered(LONG)}
    naive = write(tmp_path, [*[long] * 15, *[reward(OTHER)] * 5])

    trained = train("Reward", naive, model)

    assert trained.rows == 5


def test_long_prompts_take_rows_from_pairs_and_from_single_answers(
    tmp_path: Path, model: Path
) -> None:
    pairs = [preference(f"{GOAL} {LONG}"), preference(OTHER)]
    single = [kto(f"{GOAL} {LONG}", label=True), *[kto(OTHER, label=False)] * 2]
    (tmp_path / "single").mkdir()

    of_pairs = train("DPO", write(tmp_path, pairs), model)
    of_single = train("KTO", write(tmp_path / "single", single), model)

    assert (of_pairs.rows, of_single.rows) == (1, 2)
    assert good(GOAL) not in "".join(of_pairs.taught + of_single.taught)
