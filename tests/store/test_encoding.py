"""Values as JSON and back."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store.encoding import Encoded, decode, encode
from critique_loop.values import (
    Column,
    ColumnKind,
    Critique,
    Decision,
    DecisionKind,
    Dialect,
    Draft,
    Ended,
    EventBody,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    OutputFile,
    Rubric,
    Score,
    Severity,
    Spend,
    Started,
    StopReason,
    Table,
    Task,
)

TEXTS = (
    "",
    "plain",
    "naïve 漢字 🙂",
    "\udcff lone \ud83d and \ud83d\udc4d as two halves",
    "nul \x00 bell \x07 \x1b[31mred\x1b[0m",
    "line\u2028separator\r\n\ttab",
    "[bold]markup[/bold] <script>alert(1)</script>",
    "x" * 1_000_000,
    "\udc80" * 40_000,
    '{"$float": "nan"}',
)
NUMBERS = (0, -1, 2**70, -(2**65), 0.1, -0.0, 1e-320, 1e300, 1e16, math.nan, math.inf, -math.inf)
TASK = Task("g", Rubric("r", ()))


def back(encoded: Encoded, kind: type[EventBody]) -> EventBody:
    return decode(encoded.text, kind, lambda sha256: encoded.blobs[sha256])


def assert_survives(value: EventBody) -> None:
    encoded = encode(value)

    read = back(encoded, type(value))

    assert repr(read) == repr(value)  # NaN differs from itself, its repr does not
    assert encode(read) == encoded  # bytes are not in the repr


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_every_text_survives(text: str) -> None:
    draft = Draft(code=text, writer=text, not_used=(text, text))

    read = back(encode(draft), Draft)

    assert read == draft


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_survives_with_its_type(number: float) -> None:
    finding = Finding("c", Severity.ERROR, "m", numbers={"n": number, "all": [number, True, None]})
    critique = Critique("measured", (), (finding,))

    assert_survives(critique)


@pytest.mark.parametrize(
    "facts",
    [
        {"$float": "nan"},
        {"$float": "nan", "other": 1},
        {"$text": {"$text": "0" * 64}},
        {"$": "", "nested": {"$pairs": [[1, 2]]}},
        {"inner": {1: "int key", None: "no key", 0.5: ()}},
        {"tuple": (1, (2, [3, ()])), "list": [], "empty": {}},
        {"\udc80": "a key with a lone surrogate"},
        {"long": "y" * 50_000, "z" * 40_000: "a long key"},
        {"bytes": b"\x00\xff"},
    ],
)
def test_facts_survive_even_where_they_look_like_our_marks(facts: Mapping[str, object]) -> None:
    execution = Execution(ExecutionStatus.OK, evidence=Evidence(facts=facts))

    read = back(encode(execution), Execution)

    assert read == execution


@pytest.mark.parametrize("seed", range(150))
def test_random_values_survive(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - test data

    assert_survives(random_body(chance))


def test_output_files_and_long_texts_are_blobs() -> None:
    execution = Execution(
        ExecutionStatus.OK, stdout="o" * 33_000, files=(OutputFile("a", "b", b"data"),)
    )

    encoded = encode(execution)

    assert sorted(encoded.blobs.values()) == sorted([b"data", b"o" * 33_000])
    assert len(encoded.text) < 1_000


def test_a_task_with_many_values_is_the_same_blob_in_every_run() -> None:
    column = Column("c", ColumnKind.CATEGORY, values=tuple(map(str, range(5_000))))
    table = Table(Path("/d/t.csv"), "t.csv", 1, "0" * 64, 1, (column,))
    task = Task("g", Rubric("r", ()), tables=(table,))

    first = encode(Started(task, "w", "c", "s", version="1"))
    second = encode(Started(task, "w", "c", "s", version="2"))

    assert first.blobs == second.blobs
    assert len(first.text) < 1_000
    assert cast("Started", back(first, Started)).task == task


@pytest.mark.parametrize("odd", [{1, 2}, object(), 1j, range(3)], ids=lambda o: type(o).__name__)
def test_what_json_can_not_hold_is_refused_by_name(odd: object) -> None:
    execution = Execution(ExecutionStatus.OK, evidence=Evidence(facts={"odd": odd}))

    with pytest.raises(CallError, match=type(odd).__name__):
        encode(execution)


def test_a_value_nested_too_deep_is_refused() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(CallError, match="too deep"):
        encode(Execution(ExecutionStatus.OK, evidence=Evidence(facts={"deep": deep})))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"code": 1, "writer": "w"}',
        '{"code": {"$float": "x"}, "writer": ""}',
        '{"code": {"$unknown": 1}, "writer": ""}',
    ],
)
def test_a_damaged_text_is_a_store_error(text: str) -> None:
    with pytest.raises(StoreError, match="Draft can't be read back"):
        decode(text, Draft, lambda _: b"")


def test_an_older_text_without_a_newer_field_takes_the_default() -> None:
    read = decode('{"code": "c", "writer": "w", "dropped_field": 1}', Draft, lambda _: b"")

    assert read == Draft("c", "w")


def random_body(chance: random.Random) -> EventBody:
    text = lambda: random_text(chance)  # noqa: E731 - short names keep the table below readable
    number = lambda: float(chance.choice(NUMBERS))  # noqa: E731 - same
    json_value = lambda: random_json(chance, depth=4)  # noqa: E731 - same
    finding = Finding(text(), chance.choice(list(Severity)), text(), numbers={text(): json_value()})
    column = Column(
        text(), chance.choice(list(ColumnKind)), minimum=number(), maximum=text(), values=(text(),)
    )
    table = Table(Path("/d") / f"{chance.random()}", text(), 1, "0" * 64, 3, (column,), Dialect())
    bodies: list[EventBody] = [
        Started(Task(text(), Rubric(text(), ()), tables=(table,)), text(), text(), text(), text()),
        Draft(text(), text(), not_used=(text(),), cost_usd=chance.choice([None, number()])),
        Execution(
            chance.choice(list(ExecutionStatus)),
            exit_code=chance.choice([None, 1]),
            stdout=text(),
            files=(OutputFile(text(), text(), chance.randbytes(chance.choice([0, 10, 200_000]))),),
            evidence=chance.choice([None, Evidence((finding,), facts={text(): json_value()})]),
        ),
        Critique(text(), (Score(text(), chance.choice([None, number()]), 7.0),), (finding,)),
        Decision(chance.choice(list(DecisionKind)), chance.choice([None, *StopReason]), text()),
        Ended(chance.choice(list(StopReason)), 1, Spend(1, number()), text()),
    ]
    return chance.choice(bodies)


def random_text(chance: random.Random) -> str:
    pools = ("abc$", "\x00\x1b\n", "é漢🙂", "\ud800\udfff", '{}"\\')
    long = chance.random() < 0.05
    size = 40_000 if long else chance.randrange(8)
    return "".join(chance.choices("".join(chance.sample(pools, 2)), k=size))


def random_json(chance: random.Random, depth: int) -> object:
    kind = chance.randrange(7 if depth else 4)
    if kind == 0:
        return chance.choice([None, True, False])
    if kind in (1, 2):
        return chance.choice(NUMBERS)
    if kind == 3:
        return random_text(chance)
    items = [random_json(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 4:
        return items
    if kind == 5:
        return tuple(items)
    return {random_text(chance): item for item in items}
