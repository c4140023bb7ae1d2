"""What a call keeps of what was said."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from critique_loop.ledger import Entry, Ledger
from critique_loop.models.caching import CachedModel
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.models.redaction import Redactor
from critique_loop.models.said import redactor_of, with_said
from critique_loop.testing import FaultServer, MemoryStore, ScriptedModel
from critique_loop.testing.fault_server_acts import Respond, Say, always
from critique_loop.values import Call, Choice, Message, Picture, Request, Token

KEY = "sk-planted-0123456789"
PICTURE = Picture(b"\x89PNG")
REQUEST = Request((Message("system", f"the key is {KEY}"), Message("user", "Draw.", (PICTURE,))))


async def calls_of(model: OpenAIModel | CachedModel, *, times: int = 1) -> Sequence[Call]:
    entries: list[Entry] = []

    async def keep(entry: Entry) -> None:
        entries.append(entry)

    with Ledger(on_entry=keep).active():
        for _ in range(times):
            await model.complete(REQUEST)
    return [entry for entry in entries if isinstance(entry, Call)]


def test_messages_and_answers_are_kept_without_key_and_probabilities() -> None:
    answer = Choice("yes", reasoning="hm", tokens=(Token("yes", -0.1),), data={"a": 1})

    call = with_said(Call("writer", "m"), REQUEST, [answer], Redactor(KEY))

    assert [message.text for message in call.messages] == ["the key is [key]", "Draw."]
    assert call.messages[1].pictures == (PICTURE,)
    assert call.answers == (Choice("yes", reasoning="hm", data={"a": 1}),)


def test_a_model_without_a_key_takes_nothing_out() -> None:
    assert redactor_of(ScriptedModel([])).clean(KEY) == KEY


@pytest.mark.anyio
async def test_neither_a_call_nor_its_repetition_from_the_cache_keeps_the_key() -> None:
    with FaultServer() as server:
        name = server.play(always(Say()))
        async with OpenAIModel(name, base_url=server.base_url, api_key=KEY) as model:
            asked, repeated = await calls_of(CachedModel(model, MemoryStore()), times=2)

    assert (asked.from_cache, repeated.from_cache) == (False, True)
    assert asked.messages[0].text == repeated.messages[0].text == "the key is [key]"
    assert "print(" in asked.answers[0].text
    assert repeated.answers == asked.answers


@pytest.mark.anyio
async def test_a_call_that_fails_keeps_what_was_asked() -> None:
    entries: list[Entry] = []

    async def keep(entry: Entry) -> None:
        entries.append(entry)

    with FaultServer() as server:
        name = server.play(always(Respond(401, "no")))
        options = ModelOptions(backoff_s=0.01)
        async with OpenAIModel(name, base_url=server.base_url, options=options) as model:
            with Ledger(on_entry=keep).active(), pytest.raises(Exception, match="401"):
                await model.complete(REQUEST)

    (call,) = entries
    assert isinstance(call, Call)
    assert call.messages == REQUEST.messages
    assert call.answers == ()
