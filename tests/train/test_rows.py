"""Our files against the rules that the naive ones break, as a trainer's library reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest

from tests.train.rows import GOALS, Row, asked, rows_of, write
from tests.train.runs import SECRET, Export
from tests.train.trainers import read, template, train

# What is for the trainers; meta is one more.
COLUMNS = {
    "sft": {"prompt", "completion"},
    "sft-messages": {"messages"},
    "trajectory": {"prompt", "completion"},
    "critic-sft": {"prompt", "completion"},
    "preference": {"prompt", "chosen", "rejected"},
    "kto": {"prompt", "completion", "label"},
    "reward": {"chosen", "rejected", "margin"},
    "stepwise": {"prompt", "completions", "labels"},
    "self-distillation": {"prompt", "privileged_context"},
    "rlvr": {"prompt", "image_digest", "command", "expected"},
}


def _values(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, Mapping):
        for inner in cast("Mapping[str, object]", value).values():
            yield from _values(inner)
    if isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _values(inner)


def _calling(arguments: object) -> Row:
    call = {"type": "function", "function": {"name": "draw", "arguments": arguments}}
    answer = {"role": "assistant", "content": "", "tool_calls": [call]}
    return {"prompt": asked(GOALS[0]), "completion": [answer]}


def test_arguments_of_tools_as_a_text_are_learnt_as_a_text_within_a_text(
    tmp_path: Path, model: Path
) -> None:
    naive = write(tmp_path, [_calling('{"path": "cars.csv"}')] * 2)

    trained = train("SFT", naive, model, chat_template_path=str(template("qwen2_5_training")))

    assert r'"arguments": "{\"path\": \"cars.csv\"}"' in trained.taught[0]


def test_arguments_of_tools_that_differ_from_row_to_row_stay_as_they_were(tmp_path: Path) -> None:
    """Older versions of datasets gave each row the keys of all others, with nulls."""
    naive = write(tmp_path, [_calling({"path": "cars.csv"}), _calling({"goal": GOALS[0]})])

    rows = read(naive)

    arguments = [row["completion"][0]["tool_calls"][0]["function"]["arguments"] for row in rows]
    assert arguments == [{"path": "cars.csv"}, {"goal": GOALS[0]}]


@pytest.mark.parametrize("format_", COLUMNS)
def test_our_rows_have_the_columns_of_their_trainer_meta_and_no_other(
    format_: str, ours: Export
) -> None:
    rows = rows_of(ours(format_))

    assert {frozenset(row) for row in rows} == {frozenset(COLUMNS[format_] | {"meta"})}


@pytest.mark.parametrize("format_", COLUMNS)
def test_our_rows_are_read_without_nulls_and_call_no_tools(format_: str, ours: Export) -> None:
    rows = list(read(ours(format_)))

    assert not any(value is None for value in _values(rows))
    assert "tool_calls" not in str(rows)


@pytest.mark.parametrize("format_", sorted(set(COLUMNS) - {"rlvr"}))
def test_no_row_that_a_model_reads_tells_of_hidden_tests(format_: str, ours: Export) -> None:
    assert SECRET not in ours(format_).read_text(encoding="utf-8")
