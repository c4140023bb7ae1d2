"""Naive files: turns that are empty or missing, rows of several types, nulls, odd labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from tests.train.models import END
from tests.train.rows import (
    GOALS,
    Row,
    Trap,
    answered,
    asked,
    bad,
    conversation,
    good,
    kto,
    preference,
    sft,
    write,
)
from tests.train.trainers import train

GOAL, OTHER = GOALS[:2]
# Which of the two kinds of rows a file has is told by the first of its columns, in the order of a
# set of words: another one in each process.
ANY = (AttributeError, IndexError, KeyError, TypeError, ValueError)
FLAT: Row = {"prompt": GOAL, "completion": good(GOAL)}
NULL: Row = {"prompt": asked(GOAL), "completion": answered(None)}
NO_PROMPT: Row = {"prompt": [], "completion": answered("x")}

# Measured with TRL 1.16: what stops which trainer.
STOPPED = {
    "null-turn": Trap("SFT", [sft(GOAL), NULL], UndefinedError, "content"),
    "no-prompt": Trap("SFT", [NO_PROMPT, sft(OTHER)], ANY),
    "conversation-later": Trap("SFT", [sft(GOAL), conversation(OTHER)], ANY),
    "conversation-first": Trap("SFT", [conversation(GOAL), sft(OTHER)], ANY),
    "absent-key": Trap("SFT", [sft(GOAL, chat_template_kwargs={"a": 1}), sft(OTHER)], TypeError),
    "no-pair": Trap("DPO", [preference(GOAL), sft(OTHER)], ANY),
    "label-of-words": Trap("KTO", [kto(GOAL, label="good"), kto(OTHER, label="bad")], TypeError),
    "no-label": Trap("KTO", [kto(GOAL, label=True), kto(OTHER, label=None)], TypeError),
}


@pytest.mark.parametrize("trap", STOPPED.values(), ids=STOPPED)
def test_a_turn_or_a_value_that_is_missing_stops_the_trainer(
    trap: Trap, tmp_path: Path, model: Path
) -> None:
    naive = write(tmp_path, trap.rows)

    with pytest.raises(trap.error, match=trap.says):
        train(trap.method, naive, model)


def test_an_empty_answer_teaches_to_say_nothing(tmp_path: Path, model: Path) -> None:
    row: Row = {"prompt": asked(GOAL), "completion": answered("")}
    naive = write(tmp_path, [row, row])

    trained = train("SFT", naive, model)

    assert trained.taught == [f"{END}\n"] * 2


def test_flat_text_among_conversations_is_learnt_without_its_end(
    tmp_path: Path, model: Path
) -> None:
    naive = write(tmp_path, [sft(GOAL), FLAT])

    trained = train("SFT", naive, model)

    assert [text.count(END) for text in trained.taught] == [1, 0]


def test_a_label_of_minus_one_makes_a_bad_answer_one_to_learn(tmp_path: Path, model: Path) -> None:
    naive = write(tmp_path, [kto(goal, label=-1, text=bad(goal)) for goal in GOALS])

    trained = train("KTO", naive, model)

    assert "logits/chosen" in trained.logged
    assert "logits/rejected" not in trained.logged
