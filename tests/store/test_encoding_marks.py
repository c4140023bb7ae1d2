"""The short ways to decode a text give what the long way gives."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from critique_loop.store import SqliteStore
from critique_loop.store.encoding import Source, decode, encode
from critique_loop.values import (
    Asked,
    Call,
    Choice,
    Column,
    ColumnKind,
    Dimension,
    Event,
    EventBody,
    EventKind,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Message,
    OutputFile,
    Picture,
    Question,
    QuestionKind,
    Rubric,
    Severity,
    Started,
    Table,
    Task,
)

MARKS = ("$float", "$surrogates", "$text", "$bytes", "$pooled", "$tuple", "$pairs", "$", "$$", "a")
LONG = "You draw charts. " * 100


def the_long_way(text: str, kind: type[EventBody], blobs: Mapping[str, bytes]) -> EventBody:
    """Decode with nothing but the documented meaning of the marks."""

    def restored(tree: Any) -> Any:  # noqa: ANN401 - JSON types
        if isinstance(tree, list):
            return [restored(item) for item in cast("list[Any]", tree)]
        if not isinstance(tree, dict):
            return tree
        entries = cast("dict[str, Any]", tree)
        mark, value = next(iter(entries.items()), ("", cast("Any", None)))
        if len(entries) != 1 or not mark.startswith("$"):
            return {key: restored(item) for key, item in entries.items()}
        return {
            "$float": lambda: float(value),
            "$surrogates": lambda: value.encode("latin-1").decode("utf-8", "surrogatepass"),
            "$text": lambda: blobs[value].decode("utf-8", "surrogatepass"),
            "$bytes": lambda: blobs[value],
            "$pooled": lambda: restored(json.loads(blobs[value])),
            "$tuple": lambda: tuple(restored(value)),
            "$pairs": lambda: {restored(key): restored(item) for key, item in value},
        }[mark]()

    def from_plain(kind: type, value: Any) -> Any:  # noqa: ANN401 - JSON types
        return Path(value) if kind is Path else value

    return msgspec.convert(restored(json.loads(text)), kind, dec_hook=from_plain)


@pytest.mark.parametrize("seed", range(300))
def test_a_text_is_decoded_alike_by_the_short_and_the_long_way(seed: int) -> None:
    value = random_body(random.Random(seed))  # noqa: S311 - test data
    encoded = encode(value)

    read = decode(encoded.text, type(value), encoded.blobs.__getitem__)

    assert repr(read) == repr(the_long_way(encoded.text, type(value), encoded.blobs))
    assert encode(read).text == encode(the_long_way(encoded.text, type(value), encoded.blobs)).text


def test_a_source_decodes_what_is_shared_once_and_forgets_the_oldest() -> None:
    fetched: list[str] = []
    calls = [encode(Call("w", "m", messages=(Message("system", f"{n}{LONG}"),))) for n in range(3)]
    blobs = {key: data for encoded in calls for key, data in encoded.blobs.items()}

    def blob(sha256: str) -> bytes:
        fetched.append(sha256)
        return blobs[sha256]

    source = Source(blob, most=2)
    read = [decode(calls[n].text, Call, source).messages[0] for n in (0, 1, 0, 2, 0, 1)]

    assert [message.text[0] for message in read] == ["0", "1", "0", "2", "0", "1"]
    assert read[0] is read[2] is read[4]
    assert fetched == [next(iter(calls[n].blobs)) for n in (0, 1, 2, 1)]


@pytest.mark.anyio
async def test_ten_calls_with_one_long_prompt_add_one_blob(store: SqliteStore, path: Path) -> None:
    prompt = (Message("system", LONG), Message("user", "and now?"))

    for seq in range(10):
        call = Call("writer", "m", messages=prompt, answers=(Choice(f"answer {seq}"),))
        await store.append(Event("r", seq, EventKind.CALLED, 1, 1.0, 0.5, call))

    with closing(sqlite3.connect(path.with_name("traces.blobs.db"))) as blobs:
        assert blobs.execute("SELECT count(*) FROM blobs").fetchone() == (1,)
    read = [event.body async for event in store.events("r")]
    assert [call.messages for call in read if isinstance(call, Call)] == [prompt] * 10
    assert [call.answers[0].text[-1] for call in read if isinstance(call, Call)] == [*"0123456789"]


def test_a_field_that_an_older_version_did_not_write_takes_its_default() -> None:
    encoded = encode(Call("w", "m", messages=(Message("user", LONG),)))
    tree = json.loads(encoded.text)
    del tree["answers"]
    del tree["messages"]

    read = decode(json.dumps(tree) + " ", Call, encoded.blobs.__getitem__)

    assert read == Call("w", "m")


def test_pictures_and_files_can_be_left_out() -> None:
    execution = Execution(ExecutionStatus.OK, files=(OutputFile("a.png", "image/png", b"x"),))
    said = Message("user", LONG, (Picture(b"y"),))
    files, call = encode(execution), encode(Call("w", "m", messages=(said,)))
    source = Source({**files.blobs, **call.blobs}.__getitem__, data=lambda _: b"")

    read = decode(files.text, Execution, source), decode(call.text, Call, source)

    assert read[0].files == (OutputFile("a.png", "image/png", b""),)
    assert read[1].messages == (Message("user", LONG, (Picture(b""),)),)


def random_body(chance: random.Random) -> EventBody:
    rubric = Rubric("r" * chance.choice([1, 2_000]), (Dimension("d", "q", levels={0: "bad"}),))
    column = Column("c", ColumnKind.NUMBER, values=("v" * chance.choice([1, 2_000]),))
    table = Table(Path("/d/t.csv"), "t.csv", 1, "0" * 64, 1, (column,))
    task = Task(chance.choice(["goal", LONG]), rubric, tables=(table, table)[: chance.randrange(3)])
    free = {"f": random_json(chance, 4), "other": random_json(chance, 3)}
    message = Message("user", chance.choice(["short", LONG, '{"$bytes":']), (Picture(b"p"),))
    finding = Finding("c", Severity.NOTE, "m", numbers=free)
    picture = chance.choice([None, b"picture"])
    bodies: list[EventBody] = [
        Started(task, "w", "c", "s", version="1", settings={**free, "task": task}),
        Execution(
            ExecutionStatus.OK,
            stdout=chance.choice(["", "x" * 40_000, "\udcff", '{"$float":"nan"}']),
            files=(OutputFile("a", "b", b"data"), OutputFile("c", "d", b""))[: chance.randrange(3)],
            evidence=chance.choice([None, Evidence((finding,), facts=free)]),
        ),
        Call("w", "m", messages=(message, message), answers=(Choice("a", data=free),)),
        Asked(Question("i", QuestionKind.STUCK, "p", ("a",), "a", context=free, picture=picture)),
    ]
    return chance.choice(bodies)


def random_json(chance: random.Random, depth: int) -> object:
    leaves: list[object] = [None, True, 3, 0.5, 1e999, "text", "\udc80", b"bytes", '{"$pooled":']
    if not depth or chance.random() < 0.3:
        return chance.choice([*leaves, Message("user", LONG)])
    items = [random_json(chance, depth - 1) for _ in range(chance.randrange(1, 4))]
    shape = chance.randrange(4)
    if shape == 0:
        return items
    if shape == 1:
        return tuple(items)
    if shape == 2:
        return {chance.choice(MARKS): items[0]}
    return {chance.choice(MARKS): item for item in items}
