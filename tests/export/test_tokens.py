"""Lengths: estimated, or counted by a tokenizer's file."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest

from critique_loop.errors import CallError, DataError
from critique_loop.export import export, preview
from critique_loop.export.tokens import estimate, tokenizer
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import Turn, keep, task_of

BAD = Turn("print('bad')\n", 5.0)


def word_tokenizer(path: Path) -> Path:
    """Write a tokenizer that counts words and signs."""
    library, models = import_module("tokenizers"), import_module("tokenizers.models")
    splitters = import_module("tokenizers.pre_tokenizers")
    made: Any = library.Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))  # noqa: S106 - a word
    made.pre_tokenizer = splitters.Whitespace()
    made.save(str(path))
    return path


def test_what_is_too_long_is_left_out_and_counted(store: SqliteStore, tmp_path: Path) -> None:
    keep(store, BAD, Turn("print('short')\n"))
    keep(store, BAD, Turn("x = 1\n" * 2000), run_id="long", task=task_of("other", 1))

    done = export(store, kind="sft", out=tmp_path / "x.jsonl", max_tokens=2000)

    assert done.rows == 1
    assert [(line.step, line.number) for line in done.dropped] == [("tokens", 1)]


def test_a_tokenizers_file_counts_and_the_card_says_which(
    store: SqliteStore, tmp_path: Path
) -> None:
    keep(store, BAD, Turn("print('short')\n"))
    path = word_tokenizer(tmp_path / "tokenizer.json")

    counted = preview(store, kind="sft", tokenizer=path)
    estimated = preview(store, kind="sft")

    assert counted.tokens["counted_by"] == "by tokenizer.json"
    assert estimated.tokens["counted_by"] == "estimated: 4 characters a token"
    assert counted.tokens["most"] != estimated.tokens["most"]


def test_a_tokenizer_counts_what_it_splits(tmp_path: Path) -> None:
    count = tokenizer(word_tokenizer(tmp_path / "tokenizer.json"))

    assert count("one two, three") == 4
    assert estimate("12345") == 2


def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text("{}")

    with pytest.raises(DataError, match=r"is no tokenizer\.json"):
        tokenizer(tmp_path / "no.json")
    with pytest.raises(DataError, match="can't be read"):
        tokenizer(tmp_path / "missing.json")


def test_no_row_that_is_short_enough_is_said(store: SqliteStore, tmp_path: Path) -> None:
    keep(store, BAD, Turn("print('short')\n"))

    with pytest.raises(CallError, match="tokens: 1 --max-tokens: over 5"):
        export(store, kind="sft", out=tmp_path / "x.jsonl", max_tokens=5)


@pytest.mark.parametrize("dialect", ["openai", "axolotl", "trl", "llama-factory"])
@pytest.mark.parametrize("kind", ["trajectory", "sft-messages"])
def test_a_row_is_as_long_as_all_that_its_dialect_tells(
    dialect: str, kind: str, store: SqliteStore
) -> None:
    long = [replace(BAD, code=f"x = '{'y' * 3000}{n}'\n") for n in range(3)]
    keep(store, *long, Turn("print('short')\n"))

    seen = preview(store, kind=kind, dialect=dialect)

    (row,) = seen.shown
    told = len(json.dumps({name: row[name] for name in row if name != "meta"})) // 4
    assert cast("int", seen.tokens["most"]) == pytest.approx(told, rel=0.1)


def test_a_conversation_whose_drafts_are_too_long_is_left_out(store: SqliteStore) -> None:
    keep(store, replace(BAD, code="x = 1\n" * 4000), Turn("print('short')\n"))

    seen = preview(store, kind="sft-messages", dialect="openai", max_tokens=5000)

    assert seen.rows == 0
    assert [line.step for line in seen.dropped] == ["tokens"]
