from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

import anyio
import pytest
from autogen_core.models import UserMessage

from critique_loop.budget import Budget
from critique_loop.errors import BudgetEnded, CallError, ModelError, ModelErrorKind
from critique_loop.integrations.autogen import ClientModel
from critique_loop.integrations.autogen.pictures import SealedImage
from critique_loop.ledger import Entry, Ledger
from critique_loop.values import AnswerSchema, Call, Message, Picture, Price, Request, StopReason
from tests.integrations.autogen.scripted import ScriptedClient, answered

pytestmark = pytest.mark.anyio

HELLO = Request((Message("system", "Be short."), Message("user", "Hello?")), role="writer")
NO_PICTURE = b"\x89PNG\r\n\x1a\nno decoder would take this"
MARK = AnswerSchema(
    "mark",
    {
        "type": "object",
        "properties": {"mark": {"type": "integer", "enum": [0, 5, 10]}},
        "required": ["mark"],
        "additionalProperties": False,
    },
)


class Refused(Exception):  # noqa: N818 - named as an SDK might
    response: object = None

    def __init__(self, status: int, code: str = "", text: str = "") -> None:
        super().__init__(text)
        self.status_code = status
        self.code = code


def kept(budget: Budget | None = None) -> tuple[Ledger, list[Entry]]:
    entries: list[Entry] = []

    async def keep(entry: Entry) -> None:
        entries.append(entry)

    return Ledger(budget or Budget(), on_entry=keep), entries


async def test_an_autogen_client_answers_as_a_model() -> None:
    client = ScriptedClient(["Hello!"])
    ledger, entries = kept()

    with ledger.active():
        reply = await ClientModel(client, price=Price(1_000_000, 2_000_000)).complete(HELLO)

    assert reply.text == "Hello!"
    assert [message.type for message in client.asked[0]] == ["SystemMessage", "UserMessage"]
    assert reply.cost_usd == 7 + 2 * 5
    (call,) = entries
    assert isinstance(call, Call)
    assert (call.role, call.cost_usd, call.usage.total, call.requests) == ("writer", 17, 12, 1)
    assert ledger.spend().tokens == 12


async def test_several_answers_take_as_many_calls_with_seeds_of_their_own() -> None:
    client = ScriptedClient(["one", "two", "three"])
    ledger, entries = kept()

    with ledger.active():
        reply = await ClientModel(client).complete(replace(HELLO, n=3, seed=40, temperature=0.5))

    assert [choice.text for choice in reply.choices] == ["one", "two", "three"]
    assert [o.get("extra_create_args") for o in client.options] == [
        {"temperature": 0.5, "seed": seed} for seed in (40, 41, 42)
    ]
    assert reply.requests == 3
    assert len(entries) == 1
    assert ledger.spend().calls == 3


async def test_pictures_arrive_byte_by_byte_without_being_decoded() -> None:
    client = ScriptedClient(["Nice."])
    seen = Message("user", "Look.", (Picture(NO_PICTURE),))

    await ClientModel(client).complete(Request((seen,)))

    message = client.asked[0][0]
    assert isinstance(message, UserMessage)
    text, image = message.content
    assert text == "Look."
    assert isinstance(image, SealedImage)
    assert image.to_openai_format()["image_url"]["url"].startswith("data:image/png;base64,iVBOR")


async def test_a_json_answer_is_validated_here_and_mended_once() -> None:
    client = ScriptedClient(['{"mark": 7}', 'Sorry: {"mark": 5}'])

    reply = await ClientModel(client).complete(replace(HELLO, schema=MARK))

    assert reply.data == {"mark": 5}
    assert reply.requests == 2
    assert reply.usage.total == 24


async def test_json_mode_is_used_where_the_client_has_it() -> None:
    client = ScriptedClient(['{"mark": 5}'], json=True)

    await ClientModel(client).complete(replace(HELLO, schema=MARK))

    assert client.options[0].get("json_output") is True


async def test_settings_that_the_client_refuses_are_dropped_and_told() -> None:
    client = ScriptedClient(["one", "two"], refuses="seed")
    model = ClientModel(client)

    first = await model.complete(replace(HELLO, seed=1))
    second = await model.complete(replace(HELLO, seed=1))

    assert "seed" in first.notes[0]
    assert first.requests == 2
    assert (second.text, second.requests) == ("two", 1)


async def test_only_the_setting_that_the_server_names_is_dropped() -> None:
    class Response:
        headers: Mapping[str, str] = {"retry-after": "7"}
        content = b'{"error": {"message": "no seeds here", "param": "seed"}}'

    refusal = Refused(400)
    refusal.response = Response()
    client = ScriptedClient([refusal, "one"])

    reply = await ClientModel(client).complete(replace(HELLO, seed=1, temperature=0.5))

    assert reply.text == "one"
    assert client.options[1].get("extra_create_args") == {"temperature": 0.5}


async def test_how_long_to_wait_is_told() -> None:
    class Response:
        headers: Mapping[str, str] = {"retry-after": "7"}
        content = b'{"error": {"message": "slow down"}}'

    refusal = Refused(429)
    refusal.response = Response()

    with pytest.raises(ModelError) as caught:
        await ClientModel(ScriptedClient([refusal])).complete(HELLO)

    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (Refused(401, text="Incorrect API key provided: sk-abcdefghijk"), ModelErrorKind.AUTH),
        (Refused(402), ModelErrorKind.QUOTA),
        (Refused(403), ModelErrorKind.PERMISSION),
        (Refused(404), ModelErrorKind.NO_MODEL),
        (Refused(429), ModelErrorKind.RATE_LIMIT),
        (Refused(429, "insufficient_quota"), ModelErrorKind.QUOTA),
        (Refused(400, "context_length_exceeded"), ModelErrorKind.CONTEXT_OVERFLOW),
        (Refused(400), ModelErrorKind.UNSUPPORTED),
        (Refused(400, text="prompt is too long: 9000 tokens"), ModelErrorKind.CONTEXT_OVERFLOW),
        (TypeError("'NoneType' object is not subscriptable"), ModelErrorKind.PROTOCOL),
        (TypeError("unexpected keyword argument 'n'"), ModelErrorKind.UNSUPPORTED),
        (Refused(500, text="sk-abcdefghijk"), ModelErrorKind.SERVER),
        (Refused(503), ModelErrorKind.OVERLOADED),
        (TimeoutError("late"), ModelErrorKind.TIMEOUT),
        (ConnectionResetError("gone"), ModelErrorKind.CONNECTION),
        (ValueError("no such option"), ModelErrorKind.UNSUPPORTED),
        (RuntimeError("what?"), ModelErrorKind.PROTOCOL),
        (answered("half a prog", finish="length"), ModelErrorKind.TRUNCATED),
        (answered("", finish="content_filter"), ModelErrorKind.CONTENT_FILTER),
        (answered("  "), ModelErrorKind.EMPTY),
    ],
)
async def test_whatever_goes_wrong_is_a_model_error_of_its_kind(
    problem: Exception, kind: ModelErrorKind
) -> None:
    ledger, entries = kept()

    with ledger.active(), pytest.raises(ModelError) as caught:
        await ClientModel(ScriptedClient([problem])).complete(HELLO)

    assert caught.value.kind is kind
    assert "sk-abc" not in f"{caught.value!s}{caught.value.__cause__ if kind == 'auth' else ''}"
    assert [entry.error for entry in entries if isinstance(entry, Call)] == [kind.value]


async def test_a_refused_call_costs_nothing_and_a_lost_one_its_bound() -> None:
    refused, lost = kept()[0], kept()[0]

    with refused.active(), pytest.raises(ModelError):
        await ClientModel(ScriptedClient([Refused(429)])).complete(HELLO)
    with lost.active(), pytest.raises(ModelError):
        await ClientModel(ScriptedClient([ConnectionResetError()])).complete(HELLO)

    assert refused.spend().tokens == 0
    assert lost.spend().tokens > 4096


async def test_a_call_that_could_go_over_the_budget_is_not_made() -> None:
    client = ScriptedClient(["Hello!"])
    ledger, _ = kept(Budget(max_tokens=100))

    with ledger.active(), pytest.raises(BudgetEnded):
        await ClientModel(client).complete(HELLO)

    assert client.asked == []


async def test_a_budget_in_dollars_refuses_a_client_without_a_price() -> None:
    client = ScriptedClient(["Hello!"])
    ledger, _ = kept(Budget(max_cost_usd=1.0))

    with ledger.active(), pytest.raises(CallError):
        await ClientModel(client).complete(HELLO)

    assert client.asked == []


async def test_tokens_that_were_not_told_are_unknown_and_so_is_the_cost() -> None:
    client = ScriptedClient([answered("Hello!", tokens=(0, 0))])

    reply = await ClientModel(client, price=Price(1, 1)).complete(HELLO)

    assert reply.usage.total is None
    assert reply.cost_usd is None


async def test_thoughts_are_kept_apart_from_the_answer() -> None:
    client = ScriptedClient(["<think>Hm.</think>Hello!"])

    reply = await ClientModel(client).complete(HELLO)

    assert (reply.choices[0].reasoning, reply.text) == ("Hm.", "Hello!")


async def test_a_slow_client_is_a_timeout_at_the_deadline_and_its_token_is_cancelled() -> None:
    client = ScriptedClient(["Hello!"], seconds=30)
    began = time.monotonic()

    with pytest.raises(ModelError) as caught:
        await ClientModel(client).complete(replace(HELLO, deadline_s=0.1))

    assert caught.value.kind is ModelErrorKind.TIMEOUT
    assert client.cancelled
    assert time.monotonic() - began < 5


async def test_cancelling_reaches_the_client() -> None:
    client = ScriptedClient(["Hello!"], seconds=30)
    ledger, entries = kept()

    with ledger.active(), anyio.move_on_after(0.1) as scope:
        await ClientModel(client).complete(HELLO)

    assert scope.cancelled_caught
    assert client.cancelled
    assert [entry.error for entry in entries if isinstance(entry, Call)] == ["cancelled"]


async def test_a_run_whose_time_is_over_ends_as_that() -> None:
    ledger, _ = kept(Budget(max_time_s=0.1))

    with ledger.active(), pytest.raises(BudgetEnded) as caught:
        await ClientModel(ScriptedClient(["Hello!"], seconds=30)).complete(HELLO)

    assert caught.value.reason is StopReason.TIME
