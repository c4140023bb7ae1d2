"""The same examples under each trainer's names."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from critique_loop.errors import CallError
from critique_loop.export import export
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import PICTURE, Turn, keep, task_of

Rows = Callable[[Path], list[dict[str, object]]]
BAD = Turn("print('bad')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0)
Messages = list[dict[str, object]]


@pytest.fixture
def written(store: SqliteStore, tmp_path: Path, rows: Rows) -> Callable[..., dict[str, object]]:
    """Return a function: kind, dialect -> the first row of an export of one run."""
    keep(store, BAD, GOOD)

    def write(kind: str, dialect: str, **options: str) -> dict[str, object]:
        out = tmp_path / f"{kind}.{dialect}.jsonl"
        export(store, kind=kind, dialect=dialect, out=out, **options)  # pyright: ignore[reportArgumentType] -- options that are texts
        return rows(out)[0]

    return write


def said(value: object) -> list[tuple[object, object]]:
    """Return who says what is learned: role, and the flag or weight."""
    return [
        (message["role"], message.get("weight", message.get("train")))
        for message in cast("Messages", value)
    ]


def test_trl_learns_completions_only(written: Callable[..., dict[str, object]]) -> None:
    row = written("sft", "trl")

    assert list(row) == ["prompt", "completion", "meta"]
    assert [message["role"] for message in cast("Messages", row["prompt"])] == ["system", "user"]
    assert [message["role"] for message in cast("Messages", row["completion"])] == ["assistant"]


def test_trls_whole_conversations_hold_nothing_that_is_not_to_be_learned(
    written: Callable[..., dict[str, object]],
) -> None:
    row = written("sft-messages", "trl")

    answers = [m["content"] for m in cast("Messages", row["messages"]) if m["role"] == "assistant"]
    assert len(answers) == 1
    assert "print('good')" in str(answers[0])


def test_failing_turns_weigh_nothing_for_services(
    written: Callable[..., dict[str, object]],
) -> None:
    row = written("trajectory", "openai")

    assert list(row) == ["messages"]
    assert said(row["messages"]) == [
        ("system", None), ("user", None), ("assistant", 0), ("user", None), ("assistant", 1),
    ]  # fmt: skip


def test_axolotl_is_told_of_every_turn_whether_it_is_learned(
    written: Callable[..., dict[str, object]],
) -> None:
    row = written("sft-messages", "axolotl")

    assert said(row["messages"]) == [
        ("system", False), ("user", False), ("assistant", False), ("user", False),
        ("assistant", True),
    ]  # fmt: skip


def test_services_get_two_outputs_for_one_input_and_origins_beside(
    written: Callable[..., dict[str, object]], tmp_path: Path, rows: Rows
) -> None:
    row = written("preference", "openai")

    origins = rows(tmp_path / "preference.openai.provenance")
    assert list(row) == ["input", "preferred_output", "non_preferred_output"]
    assert [origin["run"] for origin in origins] == ["run"]


def test_llama_factory_gets_its_entry_beside(
    written: Callable[..., dict[str, object]], tmp_path: Path
) -> None:
    row = written("preference", "llama-factory")

    path = tmp_path / "preference.llama-factory.dataset_info.json"
    (entry,) = json.loads(path.read_text(encoding="utf-8")).values()
    assert entry["file_name"] == "preference.llama-factory.jsonl"
    assert entry["ranking"] is True
    assert set(entry["columns"].values()) <= set(row)
    assert cast("dict[str, object]", row["chosen"])["from"] == "gpt"


def test_nemo_rl_ranks_its_completions(written: Callable[..., dict[str, object]]) -> None:
    row = written("preference", "nemo-rl")

    ranked = cast("Messages", row["completions"])
    assert [entry["rank"] for entry in ranked] == [0, 1]
    assert "good" in str(ranked[0]["completion"])


def test_embedded_pictures_are_data_and_have_a_placeholder_each(
    written: Callable[..., dict[str, object]],
) -> None:
    row = written("critic-sft", "trl", pictures="embed")

    (image,) = cast("list[str]", row["images"])
    head, _, data = image.partition(",")
    asked = cast("Messages", cast("Messages", row["prompt"])[1]["content"])
    assert (head, base64.b64decode(data)) == ("data:image/png;base64", PICTURE)
    assert [part["type"] for part in asked] == ["image", "text"]


def test_pictures_beside_are_files_that_the_rows_name(
    written: Callable[..., dict[str, object]], tmp_path: Path
) -> None:
    row = written("critic-sft", "llama-factory", pictures="beside")

    (name,) = cast("list[str]", row["images"])
    assert (tmp_path / name).read_bytes() == PICTURE
    assert str(row["conversations"]).count("<image>") == 1


def test_what_a_dialect_has_not_is_said(store: SqliteStore, tmp_path: Path) -> None:
    keep(store, BAD, GOOD, task=task_of("other"))

    with pytest.raises(CallError, match="openai has no rows of the kind kto"):
        export(store, kind="kto", dialect="openai", out=tmp_path / "x.jsonl")
    with pytest.raises(CallError, match="rows of the kind sft have no pictures"):
        export(store, kind="sft", out=tmp_path / "x.jsonl", pictures="embed")
    with pytest.raises(CallError, match="axolotl has no pictures embed"):
        export(store, kind="critic-sft", dialect="axolotl", out=tmp_path / "x.jsonl",
               pictures="embed")  # fmt: skip
