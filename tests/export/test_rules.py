"""Each rule: a row that breaks it is refused, and none of ours does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from critique_loop.export import export
from critique_loop.export.dialects import DIALECTS
from critique_loop.export.dialects.shapes import Row
from critique_loop.export.rules import RowRules
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import PICTURE, Turn, keep, task_of
from critique_loop.values import DecisionKind, ExampleKind

Rows = Callable[[Path], list[dict[str, object]]]
USER: dict[str, object] = {"role": "user", "content": "Draw it."}
ANSWER: dict[str, object] = {"role": "assistant", "content": "```python\nprint(1)\n```"}
WORSE: dict[str, object] = {"role": "assistant", "content": "```python\nprint(2)\n```"}
META: dict[str, object] = {"run": "a"}
TOOL: dict[str, object] = {
    "role": "assistant",
    "tool_calls": [{"function": {"name": "run", "arguments": '{"code": "1"}'}}],
}


def rules(kind: str, dialect: str = "trl", *, pictures: bool = False) -> RowRules:
    return RowRules(DIALECTS[dialect].shape(ExampleKind(kind), pictures=pictures))


def pair(**changed: object) -> Row:
    row: Row = {"prompt": [USER], "chosen": [ANSWER], "rejected": [WORSE], "meta": META}
    return {**row, **changed}


def single(**changed: object) -> Row:
    row: Row = {"prompt": [USER], "completion": [ANSWER], "meta": META}
    return {**row, **changed}


def seen(images: list[object], placeholders: int) -> Row:
    parts = [{"type": "image"}] * placeholders
    asked = {"role": "user", "content": [*parts, {"type": "text", "text": "Score it."}]}
    answer = {"role": "assistant", "content": [{"type": "text", "text": "{}"}]}
    return {"prompt": [asked], "completion": [answer], "images": images, "meta": META}


GOOD_ROWS: dict[str, tuple[RowRules, Row]] = {
    "a pair": (rules("preference"), pair()),
    "an answer": (rules("sft"), single()),
    "a picture": (rules("critic-sft", pictures=True), seen([PICTURE], 1)),
    "good or bad": (
        rules("kto"),
        {"prompt": [USER], "completion": [ANSWER], "label": True, "meta": META},
    ),
}
TRAPS: dict[str, tuple[RowRules, Row, str]] = {
    "a column of metadata beside the others": (
        rules("preference"),
        pair(labels=[1]),
        "a column 'labels' that other rows don't have",
    ),
    "a column that is not there in this row": (
        rules("sft"),
        {"prompt": [USER], "completion": [ANSWER]},
        "no column 'meta'",
    ),
    "chosen and rejected are the same": (
        rules("preference"),
        pair(rejected=[ANSWER]),
        "chosen and rejected are the same",
    ),
    "an empty turn": (
        rules("sft"),
        single(completion=[{"role": "assistant", "content": " \n"}]),
        "an empty turn",
    ),
    "a null turn": (
        rules("sft"),
        single(completion=[{"role": "assistant", "content": None}]),
        "a null",
    ),
    "a null key": (
        rules("sft"),
        single(prompt=[{"role": "user", "content": "x", "name": None}]),
        "a null",
    ),
    "a null in meta": (rules("sft"), single(meta={"run": None}), "run is null"),
    "a text where messages belong": (rules("sft"), single(prompt="Draw it."), "no messages"),
    "an answer in the prompt's last place": (
        rules("sft"),
        single(prompt=[USER, ANSWER]),
        "a prompt that ends with an answer",
    ),
    "two turns of one speaker": (rules("sft"), single(prompt=[USER, USER]), "in a row"),
    "a system that speaks late": (
        rules("sft-messages"),
        {"messages": [USER, {"role": "system", "content": "x"}, ANSWER], "meta": META},
        "the system speaks after others",
    ),
    "a conversation without an answer": (
        rules("sft-messages"),
        {"messages": [USER], "meta": META},
        "ends without an answer",
    ),
    "a label that is a number": (
        rules("kto"),
        {"prompt": [USER], "completion": [ANSWER], "label": 1, "meta": META},
        "1 is neither true nor false",
    ),
    "a margin that is not there": (
        rules("reward"),
        {"chosen": [USER, ANSWER], "rejected": [USER, WORSE], "margin": None, "meta": META},
        "None is no number",
    ),
    "a margin that is not finite": (
        rules("reward"),
        {"chosen": [USER, ANSWER], "rejected": [USER, WORSE], "margin": float("nan"), "meta": META},
        "nan is no number",
    ),
    "fewer placeholders than images": (
        rules("critic-sft", pictures=True),
        seen([PICTURE, PICTURE], 1),
        "1 placeholders for 2 images",
    ),
    "a placeholder in the text that is none of ours": (
        rules("critic-sft", "llama-factory", pictures=True),
        {
            "conversations": [
                {"from": "human", "value": "<image>What is <image>?"},
                {"from": "gpt", "value": "{}"},
            ],
            "system": "Judge.",
            "images": ["images/a.png"],
            "meta": META,
        },
        "2 placeholders for 1 images",
    ),
    "a row without a picture in a file of pictures": (
        rules("critic-sft", pictures=True),
        seen([], 0),
        "no images in a file of images",
    ),
    "a picture that no trainer reads": (
        rules("critic-sft", pictures=True),
        seen([b"<svg xmlns='http://www.w3.org/2000/svg'/>"], 1),
        "neither PNG, JPEG nor WebP",
    ),
    "a tool's arguments as a text for TRL": (
        rules("sft"),
        single(completion=[TOOL]),
        "arguments of a tool are str, not dict",
    ),
    "ranks that don't begin with the best": (
        rules("preference", "nemo-rl"),
        {
            "context": [USER],
            "completions": [
                {"rank": 1, "completion": [ANSWER]},
                {"rank": 0, "completion": [WORSE]},
            ],
            "meta": META,
        },
        "the ranks are not 0, 1",
    ),
}


@pytest.mark.parametrize("name", GOOD_ROWS)
def test_a_row_without_a_fault_passes(name: str) -> None:
    checker, row = GOOD_ROWS[name]

    assert checker.problem(row) == ""


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_refused_and_said(name: str) -> None:
    checker, row, said = TRAPS[name]

    assert said in checker.problem(row)


def test_a_service_wants_a_tools_arguments_as_a_text() -> None:
    shape = DIALECTS["openai"].shape(ExampleKind.SFT)
    row: Row = {"messages": [USER, TOOL]}

    assert RowRules(shape, tools_as=str).problem(row) == ""
    assert "are str, not dict" in RowRules(shape).problem(row)


FAILED = Turn("print(1 / 0)\n", None)
BAD = Turn("print('bad')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0, explanation="Changed: a title")
SAME = [(dialect, kind) for dialect in DIALECTS for kind in sorted(DIALECTS[dialect].kinds)]


@pytest.mark.parametrize(("dialect", "kind"), SAME, ids=lambda each: str(each))
def test_every_row_that_is_written_passes_and_has_the_columns_of_the_first(
    dialect: str, kind: ExampleKind, store: SqliteStore, tmp_path: Path, rows: Rows
) -> None:
    for place in range(3):
        task = task_of(f"mean Power in {place}", place)
        overruled = Turn("print('fine')\n", 5.0, DecisionKind.ACCEPT, person=9.0, by="person")
        keep(store, FAILED, BAD, GOOD, run_id=f"three{place}", task=task)
        keep(store, overruled, run_id=f"person{place}", task=task)
    checker = RowRules(DIALECTS[dialect].shape(kind))

    done = export(store, kind=kind, dialect=dialect, out=tmp_path / "rows.jsonl")

    found = rows(tmp_path / "rows.jsonl")
    assert len(found) == done.rows > 0
    assert {checker.problem(row) for row in found} == {""}
    assert len({tuple(row) for row in found}) == 1
    assert not any(None in nested(row) for row in found)


def nested(value: object) -> Iterator[object]:
    """Yield all that is in a row, at any depth."""
    if isinstance(value, dict):
        for each in cast("dict[str, object]", value).values():
            yield from nested(each)
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from nested(each)
    else:
        yield value
