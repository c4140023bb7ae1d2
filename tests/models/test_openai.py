"""Who may be asked, how connections live, and what a completion leaves in the ledger."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, replace

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.errors import BudgetEnded, CallError, ModelError, ModelErrorKind
from critique_loop.ledger import Entry, Ledger
from critique_loop.models.caching import Identified
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import (
    Act,
    Break,
    Exchange,
    Respond,
    Say,
    Silence,
    TooMany,
    Trickle,
    Vanish,
    always,
    in_turn,
)
from critique_loop.values import Call, Message, Price, Request, StopReason, Usage

pytestmark = pytest.mark.anyio

KEY = "sk-planted-0123456789"
PRICE = Price(input=1.0, output=2.0)
FAST = ModelOptions(backoff_s=0.01)


@pytest.fixture(name="server")
def _server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def ask(text: str = "Draw.", *, deadline_s: float = 5.0) -> Request:
    messages = (Message("user", text),)
    return Request(messages, max_tokens=100, deadline_s=deadline_s, role="writer")


def model_at(server: FaultServer, *acts: Act, then: Act | None = None) -> OpenAIModel:
    name = server.play(in_turn(*acts, then=then))
    return OpenAIModel(name, base_url=server.base_url, price=PRICE, options=FAST)


@dataclass(frozen=True)
class EndlessRefusal:
    """Refuses, and does not stop saying so."""

    status: int

    async def play(self, exchange: Exchange) -> None:
        await exchange.begin(self.status, "text/plain", {"Connection": "close"})
        while True:
            await exchange.connection.send(b"no, " * 16_384)


class Kept:
    """A ledger that keeps what is recorded in it."""

    def __init__(self, budget: Budget | None = None) -> None:
        self.entries: list[Entry] = []
        self.ledger = Ledger(budget or Budget(max_rounds=None), on_entry=self._keep)

    async def _keep(self, entry: Entry) -> None:
        self.entries.append(entry)

    @property
    def call(self) -> Call:
        (entry,) = self.entries
        assert isinstance(entry, Call)
        return entry


# Who may be asked


async def test_a_server_on_this_machine_needs_no_key(server: FaultServer) -> None:
    async with model_at(server) as model:
        reply = await model.complete(ask())

    assert reply.text.startswith("```python")
    assert server.requests()[0].key == "none"


async def test_the_key_goes_to_the_server_and_nowhere_else(server: FaultServer) -> None:
    model = OpenAIModel(server.play(always(Say())), base_url=server.base_url, api_key=KEY)

    async with model:
        await model.complete(ask())

    assert server.requests()[0].key == KEY
    assert "planted" not in repr(model)


def test_local_only_refuses_another_host_before_anything_is_sent() -> None:
    with pytest.raises(CallError, match="is not this machine"):
        OpenAIModel(
            "m", base_url="http://192.0.2.1/v1", api_key=KEY, options=ModelOptions(local_only=True)
        )


def test_a_key_with_a_line_break_is_refused_without_being_shown() -> None:
    with pytest.raises(CallError) as raised:
        OpenAIModel("m", api_key=f"{KEY}\n")

    assert "planted" not in str(raised.value)


async def test_a_redirection_is_not_followed(server: FaultServer) -> None:
    with FaultServer() as elsewhere:
        target = {"Location": f"{elsewhere.base_url}/chat/completions"}
        model = model_at(server, then=Respond(307, "", headers=target))

        async with model:
            with pytest.raises(ModelError) as raised:
                await model.complete(ask())

    assert raised.value.kind is ModelErrorKind.PROTOCOL
    assert (len(server.requests()), len(elsewhere.requests())) == (1, 0)


async def test_no_proxy_stands_between_this_machine_and_itself(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async with model_at(server) as model:
        reply = await model.complete(ask())

    assert reply.requests == 1


async def test_what_the_environment_says_of_openai_is_not_told_to_others(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    async with model_at(server) as model:
        await model.complete(ask())

    sent = str(dict(server.requests()[0].headers))
    assert not [word for word in ("org-secret", "proj-secret", "planted") if word in sent]


def test_the_identity_tells_servers_apart_and_holds_no_key() -> None:
    ours, theirs, same = (
        OpenAIModel("m", base_url=url, api_key=KEY)
        for url in ("http://localhost:1/v1", "http://localhost:2/v1", "http://localhost:1/v1/")
    )

    assert isinstance(ours, Identified)
    assert ours.identity != theirs.identity
    assert ours.identity == same.identity
    assert "planted" not in ours.identity


# How connections live


async def test_requests_one_after_the_other_share_a_connection(server: FaultServer) -> None:
    model = model_at(server)

    for _ in range(3):
        await model.complete(ask())

    assert server.connections == 1
    await model.aclose()


async def test_a_closed_model_opens_a_new_connection(server: FaultServer) -> None:
    async with model_at(server) as model:
        await model.complete(ask())
    await model.complete(ask())
    await model.aclose()

    assert server.connections == 2


def test_one_model_serves_several_event_loops_without_being_closed(server: FaultServer) -> None:
    model = model_at(server)

    texts = [anyio.run(model.complete, ask()).text for _ in range(3)]
    gc.collect()  # a forgotten socket would warn now

    assert all(texts)
    deadline = time.monotonic() + 2
    while server.open_connections and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.open_connections == 0


async def test_a_forgotten_model_leaves_no_connection(server: FaultServer) -> None:
    await model_at(server).complete(ask())

    gc.collect()
    with anyio.fail_after(2):
        while server.open_connections:  # noqa: ASYNC110 - it changes in another thread
            await anyio.sleep(0.01)

    assert server.open_connections == 0


def test_importing_other_modules_imports_no_sdk() -> None:
    code = (
        "import sys, critique_loop.models.exchange, critique_loop.models.options\n"
        "assert not {'openai', 'httpx', 'httpx2'} & set(sys.modules)"
    )

    ended = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True)

    assert ended.returncode == 0, ended.stderr


# What a completion leaves in the ledger


async def test_an_answer_is_settled_with_what_the_server_counted(server: FaultServer) -> None:
    kept = Kept()

    with kept.ledger.active():
        async with model_at(server) as model:
            reply = await model.complete(ask())

    billed = server.billed
    assert reply.usage == billed
    assert reply.cost_usd == pytest.approx(PRICE.cost(billed))
    assert (kept.call.role, kept.call.requests, kept.call.error) == ("writer", 1, "")
    assert kept.ledger.spend().tokens == billed.total
    assert kept.ledger.spend().cost_usd == pytest.approx(reply.cost_usd)


async def test_refused_requests_cost_nothing_and_are_counted(server: FaultServer) -> None:
    kept = Kept()
    model = model_at(server, Respond(500, ""), TooMany(0.01), Respond(503, ""))

    with kept.ledger.active():
        async with model:
            reply = await model.complete(ask())

    assert (kept.call.requests, reply.requests) == (4, 4)
    assert kept.ledger.spend().tokens == server.billed.total
    assert reply.cost_usd == pytest.approx(PRICE.cost(server.billed))


@pytest.mark.parametrize("act", [Break("cut"), Vanish(), Respond(504, ""), Respond(200, "x")])
async def test_what_may_have_cost_something_counts_with_all_it_may_have_cost(
    server: FaultServer, act: Act
) -> None:
    kept = Kept()

    with kept.ledger.active():
        async with model_at(server, act) as model:
            reply = await model.complete(ask())

    assert (reply.usage.total, reply.cost_usd) == (None, None)
    assert kept.call.cost_usd is None
    assert kept.ledger.spend().tokens > 100 + (server.billed.total or 0)


async def test_a_server_that_cannot_be_reached_costs_nothing() -> None:
    kept = Kept()
    options = ModelOptions(backoff_s=0.0, max_attempts=2)
    model = OpenAIModel("m", base_url="http://127.0.0.1:9/v1", price=PRICE, options=options)

    with kept.ledger.active(), pytest.raises(ModelError) as raised:
        await model.complete(ask())
    await model.aclose()

    assert raised.value.kind is ModelErrorKind.CONNECTION
    assert "127.0.0.1:9" in str(raised.value)
    assert (kept.call.requests, kept.call.error, kept.call.cost_usd) == (2, "connection", 0.0)
    assert kept.ledger.spend().tokens == 0


async def test_where_nobody_listens_it_is_said_soon() -> None:
    options = ModelOptions(backoff_s=0.0, max_attempts=100)
    model = OpenAIModel("m", base_url="http://127.0.0.1:9/v1", options=options)

    with pytest.raises(ModelError, match="Is the server running") as raised:
        await model.complete(ask())
    await model.aclose()

    assert raised.value.attempts == 4


@pytest.mark.parametrize(
    "counted", [None, {}, "many", {"prompt_tokens": 0, "completion_tokens": 0}, {"total_tokens": 9}]
)
async def test_a_server_that_does_not_count_leaves_usage_and_cost_unknown(
    server: FaultServer, counted: object
) -> None:
    kept = Kept()
    name = server.play(always(Say(lambda answer: answer.update(usage=counted))))
    model = OpenAIModel(name, base_url=server.base_url, price=PRICE)

    with kept.ledger.active():
        async with model:
            reply = await model.complete(ask())

    assert (reply.usage, reply.cost_usd) == (Usage(), None)
    assert kept.ledger.spend().tokens > 100


async def test_an_unknown_price_leaves_the_cost_unknown(server: FaultServer) -> None:
    model = OpenAIModel(server.play(always(Say())), base_url=server.base_url)

    async with model:
        reply = await model.complete(ask())

    assert reply.usage.total
    assert reply.cost_usd is None


async def test_a_budget_in_dollars_refuses_a_model_without_a_price(server: FaultServer) -> None:
    kept = Kept(Budget(max_cost_usd=1.0))
    model = OpenAIModel(server.play(always(Say())), base_url=server.base_url)

    with kept.ledger.active(), pytest.raises(CallError, match="price is not known"):
        await model.complete(ask())

    assert (server.requests(), kept.entries) == ((), [])


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (Budget(max_tokens=300), StopReason.TOKENS),
        (Budget(max_cost_usd=0.0001), StopReason.COST),
        (Budget(max_calls=0), StopReason.CALLS),
    ],
)
async def test_a_request_that_could_go_over_the_budget_is_not_sent(
    server: FaultServer, budget: Budget, reason: StopReason
) -> None:
    kept = Kept(budget)
    model = model_at(server)

    with kept.ledger.active(), pytest.raises(BudgetEnded) as raised:
        await model.complete(ask())

    assert raised.value.reason is reason
    assert (server.requests(), kept.entries) == ((), [])


async def test_retries_end_where_the_budget_of_calls_does(server: FaultServer) -> None:
    kept = Kept(Budget(max_calls=2))
    model = model_at(server, then=Respond(500, ""))

    with kept.ledger.active(), pytest.raises(BudgetEnded):
        await model.complete(ask())
    await model.aclose()

    assert len(server.requests()) == 2
    assert (kept.call.requests, kept.call.error) == (2, "budget: calls")


async def test_the_time_of_the_run_ends_a_call(server: FaultServer) -> None:
    kept = Kept(Budget(max_time_s=0.3))
    model = model_at(server, then=Silence())
    began = time.monotonic()

    with kept.ledger.active(), pytest.raises(BudgetEnded) as raised:
        await model.complete(ask())
    await model.aclose()

    assert raised.value.reason is StopReason.TIME
    assert time.monotonic() - began < 1.5


async def test_a_cancelled_call_is_recorded_with_all_it_may_have_cost(server: FaultServer) -> None:
    kept = Kept()
    model = model_at(server, then=Silence())

    with kept.ledger.active(), anyio.move_on_after(0.2):
        await model.complete(ask())
    await model.aclose()

    assert (kept.call.error, kept.call.requests, kept.call.cost_usd) == ("cancelled", 1, None)
    assert kept.ledger.spend().tokens > 100


async def test_an_error_is_recorded_by_its_kind(server: FaultServer) -> None:
    kept = Kept()
    model = model_at(server, then=Respond(401, ""))

    with kept.ledger.active(), pytest.raises(ModelError):
        await model.complete(ask())
    await model.aclose()

    assert (kept.call.error, kept.call.requests, kept.call.cost_usd) == ("auth", 1, 0.0)


# The deadline


@pytest.mark.parametrize("act", [Silence(), Silence(begun=True), Trickle(0.01)])
async def test_the_deadline_holds_whatever_the_server_does(server: FaultServer, act: Act) -> None:
    model = model_at(server, then=act)
    began = time.monotonic()

    with pytest.raises(ModelError) as raised:
        await model.complete(ask(deadline_s=0.3))
    await model.aclose()

    assert raised.value.kind is ModelErrorKind.TIMEOUT
    assert raised.value.attempts == 1
    assert 0.3 <= time.monotonic() - began < 1.5


@pytest.mark.parametrize("status", [307, 400, 500])
async def test_an_endless_refusal_is_read_as_far_as_it_is_of_use(
    server: FaultServer, status: int
) -> None:
    tracemalloc.start()
    began = time.monotonic()

    async with model_at(server, then=EndlessRefusal(status)) as model:
        with pytest.raises(ModelError, match="no, no, no") as raised:
            await model.complete(ask())
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert raised.value.status == status
    assert taken < 32 * 1024 * 1024
    assert time.monotonic() - began < 4.0


async def test_a_wait_beyond_the_deadline_is_not_begun(server: FaultServer) -> None:
    model = model_at(server, then=TooMany(20))
    began = time.monotonic()

    with pytest.raises(ModelError) as raised:
        await model.complete(ask(deadline_s=2))
    await model.aclose()

    assert raised.value.kind is ModelErrorKind.RATE_LIMIT
    assert raised.value.retry_after_s == 20
    assert time.monotonic() - began < 1


async def test_answers_that_came_before_the_timeout_stay_with_it(server: FaultServer) -> None:
    one = Say(ignoring=frozenset({"n"}))

    async with model_at(server, one, one, then=Silence()) as model:
        with pytest.raises(ModelError) as raised:
            await model.complete(replace(ask(deadline_s=1.0), n=3))

    assert raised.value.kind is ModelErrorKind.TIMEOUT
    assert list(raised.value.choices) == [0, 1]
    assert all(choice.text for choice in raised.value.choices.values())


async def test_the_text_of_a_stream_so_far_stays_with_the_timeout(server: FaultServer) -> None:
    name = server.play(always(Break("stall")))
    options = ModelOptions(stream=True)

    async with OpenAIModel(name, base_url=server.base_url, options=options) as model:
        with pytest.raises(ModelError) as raised:
            await model.complete(ask(deadline_s=0.3))

    assert raised.value.partial.startswith("```py")


# The host


async def test_a_wait_that_the_server_asks_for_holds_for_all_its_models(
    server: FaultServer,
) -> None:
    limited, other = model_at(server, TooMany(0.4)), model_at(server)

    async with limited, other, anyio.create_task_group() as tasks:
        tasks.start_soon(limited.complete, ask())
        while not server.requests(limited.name):  # noqa: ASYNC110 - it changes in another thread
            await anyio.sleep(0.01)
        await anyio.sleep(0.05)
        tasks.start_soon(other.complete, ask())

    refused_at = server.requests(limited.name)[0].at
    assert server.requests(other.name)[0].at - refused_at >= 0.39


async def test_no_more_requests_are_under_way_than_the_options_allow() -> None:
    with FaultServer(latency_s=0.02) as server:
        name = server.play(always(Say()))
        options = ModelOptions(max_connections=3)

        async with (
            OpenAIModel(name, base_url=server.base_url, options=options) as model,
            anyio.create_task_group() as tasks,
        ):
            for number in range(12):
                tasks.start_soon(model.complete, ask(f"{number}"))

        assert len(server.requests()) == 12
        assert server.peak_in_flight == 3
