"""When another model takes over, and when the first one is tried again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.errors import BudgetEnded, CallError, ModelError, ModelErrorKind
from critique_loop.ledger import Bound, Entry, Ledger, current
from critique_loop.models.fallback import Fallback
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.protocols import Model
from critique_loop.testing import FaultServer, ScriptedModel
from critique_loop.testing.fault_server_acts import Respond, Say, always
from critique_loop.values import Call, Choice, Message, Price, Reply, Request

pytestmark = pytest.mark.anyio

REQUEST = Request((Message("user", "draw it"),), role="writer")
OUTAGES = [
    ModelErrorKind(k) for k in ("rate_limit", "overloaded", "server", "timeout", "connection")
]


@pytest.fixture(name="server")
def _server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Billed:
    """Fails as told, and takes money for it, as a server that breaks off an answer does."""

    name = "billed"

    async def complete(self, request: Request) -> Reply:
        async with current().reserved(Bound(50, 0.5)) as reservation:
            reservation.settle(replace(Reply((), "").usage), 0.5)
        await current().record(
            Call(request.role, self.name, cost_usd=0.5, requests=3, error="connection")
        )
        raise failure(ModelErrorKind.CONNECTION)


def failure(kind: ModelErrorKind, *, retry_after_s: float | None = None) -> ModelError:
    error = ModelError(kind, f"first: {kind.value}")
    error.retry_after_s = retry_after_s
    return error


def first(*lines: str | Exception) -> ScriptedModel:
    return ScriptedModel(lines, name="first")


def second(*lines: str | Exception) -> ScriptedModel:
    return ScriptedModel(lines, name="second", cost_usd=0.25)


async def test_the_first_model_answers_as_long_as_it_works() -> None:
    spare = second()
    model = Fallback([first("one", "two"), spare])
    assert isinstance(model, Model)

    replies = [await model.complete(REQUEST) for _ in range(2)]

    assert [(reply.text, reply.notes) for reply in replies] == [("one", ()), ("two", ())]
    assert spare.asked == []


@pytest.mark.parametrize("kind", OUTAGES)
async def test_another_model_takes_over_in_an_outage_and_says_so(kind: ModelErrorKind) -> None:
    kept: list[Entry] = []

    async def keep(entry: Entry) -> None:
        kept.append(entry)

    with Ledger(on_entry=keep).active():
        reply = await Fallback([first(failure(kind)), second("spare")]).complete(REQUEST)

    assert (reply.text, reply.model, reply.cost_usd) == ("spare", "second", 0.25)
    assert reply.notes == (f"first is out ({kind.value}): second was asked",)
    (call,) = [entry for entry in kept if isinstance(entry, Call)]
    assert call.reason == f"fallback: first is out ({kind.value})"


@pytest.mark.parametrize("kind", sorted(set(ModelErrorKind) - set(OUTAGES)))
async def test_nothing_but_an_outage_is_a_reason(kind: ModelErrorKind) -> None:
    spare = second("spare")

    with pytest.raises(ModelError) as caught:
        await Fallback([first(failure(kind)), spare]).complete(REQUEST)

    assert (caught.value.kind, spare.asked) == (kind, [])


async def test_a_spent_account_is_a_reason_where_that_is_wanted() -> None:
    model = Fallback([first(failure(ModelErrorKind.QUOTA)), second("spare")], on_quota=True)

    assert (await model.complete(REQUEST)).text == "spare"


async def test_an_ended_budget_is_no_reason() -> None:
    spare = second("spare")

    with Ledger(Budget(max_calls=0)).active(), pytest.raises(BudgetEnded):
        await Fallback([first("one"), spare]).complete(REQUEST)

    assert spare.asked == []


async def test_what_the_failed_model_took_is_in_the_cost() -> None:
    reply = await Fallback([Billed(), second("spare")]).complete(REQUEST)

    assert (reply.cost_usd, reply.requests) == (0.75, 4)


async def test_where_all_are_out_the_last_error_is_raised() -> None:
    model = Fallback(
        [first(failure(ModelErrorKind.SERVER)), second(failure(ModelErrorKind.TIMEOUT))]
    )

    with pytest.raises(ModelError) as caught:
        await model.complete(REQUEST)

    assert caught.value.kind is ModelErrorKind.TIMEOUT


async def test_a_model_that_was_out_is_left_alone_for_a_while_and_then_tried_once() -> None:
    clock = Clock()
    main = first(failure(ModelErrorKind.SERVER), failure(ModelErrorKind.SERVER), "back", "still")
    model = Fallback([main, second("a", "b", "c", "d")], rest_s=60.0, clock=clock)
    answers: list[tuple[str, int]] = []

    for wait_s in (0.0, 59.0, 1.0, 59.0, 1.0, 0.0):
        clock.now += wait_s
        reply = await model.complete(REQUEST)
        answers.append((reply.text, len(main.asked)))

    assert answers == [("a", 1), ("b", 1), ("c", 2), ("d", 2), ("back", 3), ("still", 4)]


async def test_a_server_that_says_how_long_is_left_alone_that_long() -> None:
    clock = Clock()
    main = first(failure(ModelErrorKind.RATE_LIMIT, retry_after_s=300.0), "back")
    model = Fallback([main, second("a", "b")], rest_s=60.0, clock=clock)
    texts: list[str] = []

    for wait_s in (0.0, 299.0, 1.0):
        clock.now += wait_s
        texts.append((await model.complete(REQUEST)).text)

    assert texts == ["a", "b", "back"]


async def test_while_one_request_tries_the_first_model_the_others_go_past_it() -> None:
    class Slow:
        name = "first"

        def __init__(self) -> None:
            self.asked = 0
            self.let = anyio.Event()

        async def complete(self, request: Request) -> Reply:
            del request
            self.asked += 1
            if self.asked == 1:
                raise failure(ModelErrorKind.OVERLOADED)
            await self.let.wait()
            return Reply((Choice("back"),), self.name)

    clock, slow = Clock(), Slow()
    model = Fallback([slow, second("a", "b", "c")], clock=clock)
    texts: list[str] = []

    async def ask() -> None:
        texts.append((await model.complete(REQUEST)).text)

    await ask()
    clock.now += 60.0
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        assert (slow.asked, texts) == (2, ["a", "b", "c"])
        slow.let.set()
    await ask()

    assert texts == ["a", "b", "c", "back", "back"]


async def test_a_trial_that_is_cancelled_leaves_room_for_the_next() -> None:
    class Hanging:
        name = "first"
        asked = 0

        async def complete(self, request: Request) -> Reply:
            self.asked += 1
            if self.asked == 1:
                raise failure(ModelErrorKind.TIMEOUT)
            if self.asked == 2:
                await anyio.sleep_forever()
            return Reply((Choice(f"back for {request.role}"),), self.name)

    clock = Clock()
    model = Fallback([Hanging(), second("a")], clock=clock)
    await model.complete(REQUEST)
    clock.now += 60.0
    with anyio.move_on_after(0.01):
        await model.complete(REQUEST)

    assert (await model.complete(REQUEST)).text == "back for writer"


async def test_a_bad_answer_shows_that_the_server_works_again() -> None:
    clock = Clock()
    main = first(failure(ModelErrorKind.SERVER), failure(ModelErrorKind.EMPTY), "one")
    model = Fallback([main, second("a")], clock=clock)
    await model.complete(REQUEST)
    clock.now += 60.0
    with pytest.raises(ModelError, match="empty"):
        await model.complete(REQUEST)

    assert (await model.complete(REQUEST)).text == "one"


async def test_where_all_rest_all_are_asked() -> None:
    main = first(failure(ModelErrorKind.SERVER), failure(ModelErrorKind.SERVER))
    model = Fallback([main, second(failure(ModelErrorKind.SERVER), "up again")], clock=Clock())
    with pytest.raises(ModelError):
        await model.complete(REQUEST)

    reply = await model.complete(REQUEST)

    assert (reply.text, len(main.asked)) == ("up again", 2)


async def test_each_model_gets_its_share_of_the_deadline() -> None:
    main, spare, last = first(failure(ModelErrorKind.TIMEOUT)), second("spare"), second()
    wanted = replace(REQUEST, deadline_s=30.0)

    await Fallback([main, spare, last]).complete(wanted)

    assert main.asked[0].deadline_s == pytest.approx(10.0, abs=0.5)
    assert spare.asked[0].deadline_s == pytest.approx(15.0, abs=0.5)


def test_a_fallback_of_nothing_is_refused() -> None:
    with pytest.raises(CallError, match="at least one model"):
        Fallback([])


async def test_real_servers_take_over_from_each_other(server: FaultServer) -> None:
    failing = server.play(always(Respond(503, {"error": {"message": "busy"}})))
    working = server.play(always(Say()))
    options = ModelOptions(backoff_s=0.01)
    models = [
        OpenAIModel(name, base_url=server.base_url, price=Price(1.0, 2.0), options=options)
        for name in (failing, working)
    ]
    ledger = Ledger()

    with ledger.active():
        model = Fallback(models)
        replies = [await model.complete(replace(REQUEST, deadline_s=20.0)) for _ in range(2)]
    for each in models:
        await each.aclose()

    tried = len(server.requests(failing))
    assert tried > 1  # its own retries come first, and it is left alone after them
    assert [reply.requests for reply in replies] == [tried + 1, 1]
    assert all(f"{failing} is out (overloaded)" in reply.notes[-1] for reply in replies)
    assert ledger.spend().calls == tried + 2
    assert ledger.spend().cost_usd == pytest.approx(sum(reply.cost_usd or 0 for reply in replies))
