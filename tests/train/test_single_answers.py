"""What SFTTrainer and KTOTrainer make of our rows of single answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.train.models import ended
from tests.train.rows import rows_of, text_of
from tests.train.runs import CHARTS, PROGRAMS, Export, answers
from tests.train.trainers import ROOM, Trained, answered_by_neighbours, train

RUNS = CHARTS + PROGRAMS


@pytest.fixture(scope="module")
def file(ours: Export) -> Path:
    return ours("sft")


@pytest.fixture(scope="module")
def trained(file: Path, model: Path) -> Trained:
    """Train on our answers once; the tests look at it from two sides."""
    return train("SFT", file, model, **ROOM)


def test_exactly_the_accepted_programs_are_learnt(trained: Trained) -> None:
    assert trained.learnt
    assert sorted(trained.taught) == sorted(map(ended, answers(right=True)))


def test_of_a_first_draft_the_model_reads_the_task_and_no_critique(
    file: Path, trained: Trained
) -> None:
    tasks = [text_of(row["prompt"]) for row in rows_of(file)]

    assert all(task in read for task, read in zip(tasks, trained.unlearnt, strict=True))
    assert not any("Critique of attempt" in read for read in trained.unlearnt)


def test_of_a_refinement_the_draft_before_and_its_critique_are_read_and_not_learnt(
    ours: Export, model: Path
) -> None:
    trained = train("SFT", ours("trajectory"), model, **ROOM)

    assert trained.learnt
    assert sorted(trained.taught) == sorted(map(ended, answers(right=True)))
    assert all("Critique of attempt 1" in read for read in trained.unlearnt)


def test_a_whole_conversation_teaches_its_answer_alone_where_the_trainer_is_told_to(
    ours: Export, model: Path
) -> None:
    trained = train("SFT", ours("sft-messages"), model, **ROOM, assistant_only_loss=True)

    assert trained.learnt
    assert sorted(trained.taught) == sorted(map(ended, answers(right=True)))


def test_kto_learns_from_every_draft_with_its_label(ours: Export, model: Path) -> None:
    file = ours("kto")

    trained = train("KTO", file, model, **ROOM)

    labels = {text_of(row["completion"]): row["label"] for row in rows_of(file)}
    expected = dict.fromkeys(answers(right=True), True) | dict.fromkeys(answers(right=False), False)
    assert trained.learnt
    assert labels == expected
    assert sorted(trained.taught) == sorted(map(ended, expected))


@pytest.mark.parametrize("batch", [2, 8, 32])
def test_no_row_of_kto_stands_in_for_an_answer_to_its_own_prompt(
    batch: int, ours: Export, model: Path
) -> None:
    file = ours("kto")

    assert answered_by_neighbours(file, model, batch=batch) == 0
    assert len(rows_of(file)) == 2 * RUNS
