"""What SDFTTrainer and SDPOTrainer make of our rows: the teacher is told more than the student."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.train.models import BEGIN
from tests.train.runs import Export
from tests.train.trainers import Heard, Trained, listening, prepared, trained_by

FEEDBACK = "How an earlier attempt ended"
USUAL = {"num_generations": 2, "max_completion_length": 8}
WHOLE = {**USUAL, "max_prompt_length": 4096}  # unless told otherwise it is 512, the last ones


class Run(NamedTuple):
    """A training, and what was read in it."""

    trained: Trained
    heard: Heard


@pytest.fixture(scope="module")
def file(ours: Export) -> Path:
    return ours("self-distillation")


def _none_succeeds(completions: Sequence[object], **_columns: object) -> list[float]:
    return [0.0] * len(completions)


def _sdft(file: Path, model: Path) -> Run:
    trainer = prepared("SDFT", file, model, WHOLE)
    heard = listening(trainer)
    return Run(trained_by(trainer, [], []), heard)


def _sdpo(file: Path, model: Path, **settings: object) -> Run:
    trainer = prepared("SDPO", file, model, settings, reward_funcs=[_none_succeeds])
    heard = listening(trainer)
    return Run(trained_by(trainer, [], []), heard)


def test_only_the_teacher_of_sdft_is_told_what_came_of_an_earlier_attempt(
    file: Path, model: Path
) -> None:
    trained, heard = _sdft(file, model)

    assert trained.learnt
    assert [FEEDBACK in text for text in heard.teacher] == [True] * 3
    assert heard.student
    assert not any(FEEDBACK in text for text in heard.student)


def test_only_the_teacher_of_sdpo_is_told_what_came_of_an_earlier_attempt(
    file: Path, model: Path
) -> None:
    trained, heard = _sdpo(file, model, **WHOLE, include_environment_feedback=True)

    assert trained.learnt
    assert [FEEDBACK in text for text in heard.teacher] == [True] * 3
    assert heard.student
    assert not any(FEEDBACK in text for text in heard.student)


def test_sdpo_leaves_the_feedback_out_unless_told_to_use_it(file: Path, model: Path) -> None:
    trained, heard = _sdpo(file, model, **WHOLE)

    assert trained.moved == 0.0
    assert not any(FEEDBACK in text for text in heard.teacher)


def test_sdpo_cuts_the_beginning_of_prompts_unless_told_how_long_they_may_be(
    file: Path, model: Path
) -> None:
    _, cut = _sdpo(file, model, **USUAL, include_environment_feedback=True)
    _, whole = _sdpo(file, model, **WHOLE, include_environment_feedback=True)

    assert not any(text.startswith(f"{BEGIN}system") for text in cut.student)
    assert all(f"{BEGIN}system" in text for text in whole.student)
