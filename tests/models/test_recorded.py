"""What was answered is found again elsewhere, and a damaged or unsafe recording says so."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.errors import CallError, ModelError, ModelErrorKind, StoreError
from critique_loop.ledger import Entry, Ledger
from critique_loop.models.caching import CachedModel, CacheMode
from critique_loop.models.recorded import Recording, recorded_key
from critique_loop.protocols import Model, ReplyStore
from critique_loop.testing import ScriptedModel
from critique_loop.values import (
    AnswerSchema,
    Call,
    Choice,
    Message,
    Picture,
    Reply,
    Request,
    Token,
    Usage,
)

pytestmark = pytest.mark.anyio

KEY = "a" * 64
SAID = Message("user", "Judge `x = 1` at 0x7f0011223344, please.", (Picture(b"one"),))
REQUEST = Request((Message("system", "You judge."), SAID), role="critic", max_tokens=10)


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return Recording(tmp_path / "new" / "judge.jsonl", about="A scripted server said this.")


async def test_what_was_recorded_is_answered_where_no_model_is(recording: Recording) -> None:
    asked = ScriptedModel(["seven"], name="gpt-big", cost_usd=0.5)
    recorded = await recording.model("judge", asking=asked).complete(REQUEST)

    replayed = await Recording(recording.path).model("judge").complete(REQUEST)

    assert (recorded.text, recorded.from_cache, recorded.cost_usd) == ("seven", False, 0.5)
    assert (replayed.text, replayed.from_cache, replayed.cost_usd) == ("seven", True, 0.0)
    assert (replayed.model, replayed.usage, replayed.requests) == ("gpt-big", Usage(10, 10), 0)


async def test_a_recording_is_asked_before_the_model_is(recording: Recording) -> None:
    asked = ScriptedModel(["one", "two"])
    model = recording.model("judge", asking=asked)

    texts = [(await model.complete(REQUEST)).text for _ in range(2)]

    assert texts == ["one", "one"]
    assert isinstance(model, Model)
    assert isinstance(recording, ReplyStore)


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, max_tokens=99, temperature=0.7, seed=1, logprobs=True),
        replace(REQUEST, messages=(REQUEST.messages[0], replace(SAID, pictures=(Picture(b"2"),)))),
        replace(
            REQUEST,
            messages=(REQUEST.messages[0], replace(SAID, text=SAID.text.replace("7f00", "5500"))),
        ),
        replace(REQUEST, messages=(REQUEST.messages[0], replace(SAID, text=f"{SAID.text}\n"))),
    ],
    ids=["settings", "another rendering", "address", "white space"],
)
def test_what_differs_from_place_to_place_is_the_same_question(other: Request) -> None:
    assert recorded_key("judge", other) == recorded_key("judge", REQUEST)


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, messages=REQUEST.messages[1:]),
        replace(REQUEST, messages=(REQUEST.messages[0], Message("user", SAID.text))),
        replace(REQUEST, sample=1),
        replace(REQUEST, schema=AnswerSchema("a", {"type": "object"})),
    ],
    ids=["other words", "no picture", "another sample", "a schema"],
)
def test_what_asks_for_something_else_is_another_question(other: Request) -> None:
    assert recorded_key("judge", other) != recorded_key("judge", REQUEST)


async def test_two_who_are_asked_the_same_are_told_apart_by_their_labels(
    recording: Recording,
) -> None:
    for label, text in (("first", "good"), ("second", "bad")):
        await recording.model(label, asking=ScriptedModel([text])).complete(REQUEST)

    texts = [(await recording.model(label).complete(REQUEST)).text for label in ("second", "first")]

    assert texts == ["bad", "good"]


async def test_nothing_is_sent_for_what_was_never_recorded(recording: Recording) -> None:
    with pytest.raises(ModelError, match=r"judge\.jsonl: nothing is recorded") as caught:
        await recording.model("judge").complete(REQUEST)

    assert caught.value.kind is ModelErrorKind.NOT_RECORDED


async def test_several_answers_are_recorded_one_by_one(recording: Recording) -> None:
    asking = ScriptedModel(["a", "b", "c"])
    await recording.model("judge", asking=asking).complete(replace(REQUEST, n=2))

    reply = await recording.model("judge", asking=asking).complete(replace(REQUEST, n=3))

    assert [choice.text for choice in reply.choices] == ["a", "b", "c"]
    assert (reply.from_cache, reply.requests) == (False, 1)
    assert len(asking.asked) == 3


async def test_replay_costs_nothing_and_is_in_the_trace(recording: Recording) -> None:
    entries: list[Entry] = []

    async def keep(entry: Entry) -> None:
        entries.append(entry)

    await recording.model("judge", asking=ScriptedModel(["a"])).complete(REQUEST)
    with Ledger(Budget(max_calls=0), on_entry=keep).active():
        await recording.model("judge").complete(REQUEST)

    [call] = entries
    assert isinstance(call, Call)
    assert (call.from_cache, call.cost_usd, call.requests) == (True, 0.0, 0)
    assert call.key == recorded_key("judge", REQUEST)


async def test_a_person_can_read_where_it_comes_from_and_what_was_asked(
    recording: Recording,
) -> None:
    await recording.model("judge", asking=ScriptedModel(["ä"])).complete(REQUEST)
    await recording.model("other", asking=ScriptedModel(["b"])).complete(REQUEST)

    about, first, _ = recording.path.read_text(encoding="utf-8").splitlines()

    assert json.loads(about) == {"about": "A scripted server said this."}
    assert json.loads(first)["asked"]["message"] == SAID.text
    assert json.loads(first)["asked"]["label"] == "judge"
    assert '"text": "ä"' in first


async def test_every_part_of_a_reply_comes_back(recording: Recording) -> None:
    token = Token("7", -math.inf, (("8", -0.25),))
    data: dict[str, object] = {"a": [1, None, {"b": "c"}]}
    choice = Choice("half \ud800 of a pair", "because", "stop", (token,), data)
    reply = Reply((choice,), "m", Usage(1, None, 3, 4), None, notes=("seed dropped",))

    await recording.keep_reply(KEY, reply)

    assert await Recording(recording.path).reply(KEY) == reply


async def test_a_cache_keeps_and_finds_its_replies_here(recording: Recording) -> None:
    asked = ScriptedModel(["one"])
    await CachedModel(asked, recording, mode=CacheMode.RECORD).complete(REQUEST)

    again = CachedModel(ScriptedModel([]), Recording(recording.path), mode=CacheMode.REPLAY)

    assert (await again.complete(REQUEST)).text == "one"


@pytest.mark.parametrize("torn", [b'{"key": "bb', b'{"key": "b", "reply": {}}', b"\xff"])
async def test_a_line_that_was_never_finished_is_no_line(recording: Recording, torn: bytes) -> None:
    await recording.keep_reply(KEY, Reply((Choice("a"),), "m"))
    with recording.path.open("ab") as stream:
        stream.write(torn)

    assert (await Recording(recording.path).reply(KEY)) is not None
    assert (await Recording(recording.path).reply("b")) is None


async def test_the_next_line_takes_the_place_of_an_unfinished_one(recording: Recording) -> None:
    await recording.keep_reply(KEY, Reply((Choice("a"),), "m"))
    with recording.path.open("ab") as stream:
        stream.write(b'{"key": "bb')

    await recording.keep_reply("b" * 64, Reply((Choice("b"),), "m"))

    found = await Recording(recording.path).reply("b" * 64)
    assert found is not None
    assert found.text == "b"
    assert recording.path.read_bytes().count(b"\n") == 3


async def test_a_whole_last_line_without_its_end_is_kept(recording: Recording) -> None:
    await recording.keep_reply(KEY, Reply((Choice("a"),), "m"))
    recording.path.write_bytes(recording.path.read_bytes().rstrip())

    await recording.keep_reply("b" * 64, Reply((Choice("b"),), "m"))

    kept = Recording(recording.path)
    assert (await kept.reply(KEY)) is not None
    assert (await kept.reply("b" * 64)) is not None


@pytest.mark.parametrize("line", [b"{}", b"[]", b"no", b'{"key": 1}', b"[" * 10**5])
async def test_a_damaged_line_is_named(recording: Recording, line: bytes) -> None:
    await recording.keep_reply(KEY, Reply((Choice("a"),), "m"))
    with recording.path.open("ab") as stream:
        stream.write(line + b"\n")

    with pytest.raises(StoreError, match="line 3 is no recorded reply"):
        await Recording(recording.path).reply(KEY)


async def test_what_cant_be_read_or_written_is_named(tmp_path: Path) -> None:
    recording = Recording(tmp_path)

    with pytest.raises(StoreError, match="can't be read"):
        await recording.reply(KEY)
    with pytest.raises(StoreError, match="can't be written"):
        await recording.keep_reply(KEY, Reply((Choice("a"),), "m"))


@pytest.mark.parametrize("secret", ["quietly-secret-77", 'with "quotes" and \\'])
async def test_no_key_enters(
    recording: Recording, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", secret)
    echo = ScriptedModel([f"I was told {secret}"])

    with pytest.raises(CallError, match="the environment variable SOME_API_KEY") as caught:
        await recording.model("judge", asking=echo).complete(REQUEST)

    assert secret not in str(caught.value)
    assert not recording.path.exists()


async def test_what_looks_like_a_key_does_not_enter_in_the_question_either(
    recording: Recording,
) -> None:
    asked = replace(REQUEST, messages=(Message("user", "use sk-abcdefgh12345678"),))

    with pytest.raises(CallError, match="looks like a key"):
        await recording.model("judge", asking=ScriptedModel(["a"])).complete(asked)

    assert not recording.path.exists()


async def test_lines_added_at_the_same_time_are_all_whole(recording: Recording) -> None:
    long = "x" * 50_000
    async with anyio.create_task_group() as group:
        for number in range(20):
            reply = Reply((Choice(f"{number}{long}"),), "m")
            group.start_soon(Recording(recording.path).keep_reply, f"{number:064x}", reply)

    kept = Recording(recording.path)
    for number in range(20):
        reply = await kept.reply(f"{number:064x}")
        assert reply is not None
        assert reply.text == f"{number}{long}"
