"""What is kept, what is asked again, and who waits for whom."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.critics.sight import Sight, sight_of
from critique_loop.errors import BudgetEnded, ModelError, ModelErrorKind
from critique_loop.ledger import Bound, Entry, Ledger, current
from critique_loop.models.caching import CachedModel, CacheMode, request_key
from critique_loop.models.modes import AnswerMode
from critique_loop.models.openai import OpenAIModel
from critique_loop.protocols import Model, ReplyStore
from critique_loop.store import SqliteStore
from critique_loop.testing import FaultServer, MemoryStore, ScriptedModel
from critique_loop.testing.fault_server_acts import Say, always, in_turn
from critique_loop.values import (
    AnswerSchema,
    Call,
    Choice,
    Message,
    Picture,
    Reply,
    Request,
    Signals,
    Usage,
)

pytestmark = pytest.mark.anyio

SCRIPT = Path(__file__).with_name("ask_questions.py")
REQUEST = Request((Message("user", "draw it"),), role="writer")
SCHEMA = AnswerSchema("mark", {"type": "object", "properties": {"a": {}, "b": {}}})
STRICT = AnswerSchema(
    "mark",
    {
        "type": "object",
        "properties": {"score": {"type": "integer", "enum": [0, 5, 10]}},
        "required": ["score"],
        "additionalProperties": False,
    },
)


class SlowModel:
    """Answers when it is let; counts who came and who was sent away."""

    name = "slow"

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.cancelled = 0
        self.let = anyio.Event()

    async def complete(self, request: Request) -> Reply:
        self.asked.extend(range(request.sample, request.sample + request.n))
        try:
            await self.let.wait()
        except anyio.get_cancelled_exc_class():
            self.cancelled += 1
            raise
        return Reply(tuple(Choice(f"answer {n}") for n in range(request.n)), self.name)


class NamedModel(ScriptedModel):
    identity = "http://localhost:1/v1 small"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


async def test_the_same_question_is_asked_once_and_then_costs_nothing(store: MemoryStore) -> None:
    model = ScriptedModel(["one"], cost_usd=0.25)
    cached = CachedModel(model, store)
    assert isinstance(cached, Model)

    first = await cached.complete(REQUEST)
    second = await cached.complete(REQUEST)

    assert (first.text, first.from_cache, first.cost_usd) == ("one", False, 0.25)
    assert (second.text, second.from_cache, second.cost_usd) == ("one", True, 0.0)
    assert (second.requests, second.usage) == (0, Usage(10, 10))
    assert len(model.asked) == 1


async def test_a_picture_is_seen_by_its_tokens_though_both_prompts_were_asked_before(
    store: MemoryStore,
) -> None:
    usages = [Usage(90, 1), Usage(20, 1)]
    replies = [Reply((Choice("yes"),), "m", usage=usage) for usage in usages]
    cached = CachedModel(ScriptedModel(replies), store)

    found = [await sight_of(cached, Picture(b"a")) for _ in range(2)]

    assert found == [Sight(tried="m")] * 2


async def test_what_comes_from_the_cache_is_in_the_trace_and_not_in_the_spending(
    store: MemoryStore,
) -> None:
    entries: list[Entry] = []

    async def keep(entry: Entry) -> None:
        entries.append(entry)

    ledger = Ledger(Budget(max_calls=1), on_entry=keep)
    cached = CachedModel(ScriptedModel(["one"], cost_usd=0.25), store)
    key = request_key("scripted", REQUEST, 0)

    with ledger.active():
        await cached.complete(REQUEST)
        await cached.complete(REQUEST)

    asked, kept = [entry for entry in entries if isinstance(entry, Call)]
    assert (asked.from_cache, asked.key, asked.cost_usd) == (False, key, 0.25)
    assert (kept.from_cache, kept.key, kept.cost_usd, kept.role) == (True, key, 0.0, "writer")
    assert kept.usage == Usage(0, 0)
    assert ledger.spend().calls == 1
    assert ledger.spend().tokens == 20
    assert ledger.spend().cost_usd == 0.25


@pytest.mark.parametrize(
    "change",
    [
        {"messages": (Message("user", "draw it!"),)},
        {"messages": (Message("system", "draw it"),)},
        {"messages": (Message("user", "draw"), Message("user", " it"))},
        {"messages": (Message("user", "draw it", (Picture(b"a"),)),)},
        {"messages": (Message("user", "draw it \udc80"),)},
        {"schema": SCHEMA},
        {"temperature": 0.0},
        {"top_p": 0.5},
        {"max_tokens": 5},
        {"seed": 0},
        {"stop": ("x",)},
        {"sample": 1},
        {"logprobs": True},
    ],
)
async def test_whatever_changes_the_answer_is_another_question(
    store: MemoryStore, change: dict[str, object]
) -> None:
    model = ScriptedModel(["one", '{"a": 1}'])
    cached = CachedModel(model, store)
    await cached.complete(REQUEST)

    await cached.complete(replace(REQUEST, **change))  # pyright: ignore[reportArgumentType] - any field

    assert len(model.asked) == 2


@pytest.mark.parametrize(
    "change",
    [{"role": "critic"}, {"deadline_s": 5.0}, {"signals": Signals(score=3.0, stuck=True)}],
)
async def test_whatever_does_not_change_the_answer_is_the_same_question(
    store: MemoryStore, change: dict[str, object]
) -> None:
    cached = CachedModel(ScriptedModel(["one"]), store)
    await cached.complete(REQUEST)

    again = await cached.complete(replace(REQUEST, **change))  # pyright: ignore[reportArgumentType] - any field

    assert again.from_cache


def test_pictures_schemas_and_numbers_are_told_apart_by_what_they_say() -> None:
    def key(picture: Picture, schema: AnswerSchema, temperature: float) -> str:
        message = Message("user", "draw it", (picture,))
        asked = Request((message,), schema=schema, temperature=temperature)
        return request_key("m", asked, 0)

    turned = AnswerSchema("mark", {"type": "object", "properties": {"b": {}, "a": {}}})
    keys = [
        key(Picture(b"a"), SCHEMA, 1),
        key(Picture(b"b"), SCHEMA, 1),
        key(Picture(b"a", "image/jpeg"), SCHEMA, 1),
        key(Picture(b"a"), turned, 1),
    ]

    assert len(set(keys)) == len(keys)
    assert key(Picture(b"a"), SCHEMA, 1.0) == keys[0]


async def test_another_server_or_model_is_another_question(store: MemoryStore) -> None:
    await CachedModel(ScriptedModel(["one"]), store).complete(REQUEST)
    other = NamedModel(["two", "three"])

    answers = [
        await CachedModel(other, store).complete(REQUEST),
        await CachedModel(NamedModel([], name="renamed"), store).complete(REQUEST),
        await CachedModel(ScriptedModel(["four"], name="four"), store).complete(REQUEST),
    ]

    assert [answer.text for answer in answers] == ["two", "two", "four"]


async def test_only_the_samples_that_are_missing_are_asked(store: MemoryStore) -> None:
    model = ScriptedModel(["s2", "s0", "s1", "s3", "s4"], cost_usd=0.5)
    cached = CachedModel(model, store)
    await cached.complete(replace(REQUEST, sample=2))

    reply = await cached.complete(replace(REQUEST, n=5))

    assert [choice.text for choice in reply.choices] == ["s0", "s1", "s2", "s3", "s4"]
    assert [(asked.sample, asked.n) for asked in model.asked] == [(2, 1), (0, 2), (3, 2)]
    assert (reply.cost_usd, reply.from_cache, reply.requests) == (2.0, False, 4)
    assert reply.notes == ("1 of 5 answers are from the cache",)


async def test_each_of_several_answers_is_found_by_itself(store: MemoryStore) -> None:
    cached = CachedModel(ScriptedModel(["s0", "s1", "s2"], cost_usd=0.1), store)
    await cached.complete(replace(REQUEST, n=3))

    last = await cached.complete(replace(REQUEST, sample=2))

    assert (last.text, last.from_cache, last.cost_usd) == ("s2", True, 0.0)


async def test_a_model_that_answers_too_little_is_found_out(store: MemoryStore) -> None:
    cached = CachedModel(ScriptedModel([Reply((Choice("s0"),), "m")]), store)

    with pytest.raises(ModelError, match="1 answers came, 3 were wanted"):
        await cached.complete(replace(REQUEST, n=3))

    assert store.replies == {}


@pytest.mark.parametrize(
    "choice",
    [
        Choice("print(", finish_reason="length"),
        Choice("I", finish_reason="content_filter"),
        Choice(" \n"),
    ],
)
async def test_what_is_cut_short_or_empty_is_returned_and_asked_again(
    store: MemoryStore, choice: Choice
) -> None:
    cached = CachedModel(ScriptedModel([choice, "whole"]), store)

    first = await cached.complete(REQUEST)
    second = await cached.complete(REQUEST)

    assert [first.choices[0], second.text] == [choice, "whole"]


async def test_an_answer_without_the_object_that_was_wanted_is_not_kept(
    store: MemoryStore,
) -> None:
    lines = [Choice("a mark of 7"), '{"mark": 7}']
    cached = CachedModel(ScriptedModel(lines), store)
    wanted = replace(REQUEST, schema=SCHEMA)

    answers = [await cached.complete(wanted) for _ in range(3)]

    assert [answer.data for answer in answers] == [None, {"mark": 7}, {"mark": 7}]


@pytest.mark.parametrize("kind", list(ModelErrorKind))
async def test_an_error_is_never_kept(store: MemoryStore, kind: ModelErrorKind) -> None:
    cached = CachedModel(ScriptedModel([ModelError(kind, "no"), "yes"]), store)
    with pytest.raises(ModelError, match="no"):
        await cached.complete(REQUEST)

    assert (await cached.complete(REQUEST)).text == "yes"


def says(content: str, *, finish: str = "stop") -> Say:
    """Return an answer for one at a time, whatever is asked."""

    def edit(answer: dict[str, Any]) -> None:
        choice = answer["choices"][0]
        choice["message"]["content"], choice["finish_reason"] = content, finish

    return Say(edit, ignoring=frozenset({"n"}))


@pytest.mark.parametrize("schema", [None, STRICT])
async def test_answers_that_came_before_the_budget_ended_are_not_paid_for_again(
    store: MemoryStore, schema: AnswerSchema | None
) -> None:
    wanted = replace(REQUEST, schema=schema, n=3, seed=1)
    with FaultServer() as server:
        model = OpenAIModel(server.play(always(says('{"score": 5}'))), base_url=server.base_url)
        cached = CachedModel(model, store)

        with Ledger(Budget(max_calls=2)).active(), pytest.raises(BudgetEnded) as raised:
            await cached.complete(wanted)
        reply = await cached.complete(wanted)
        await model.aclose()
        sent = server.requests()

    assert list(raised.value.choices) == [0, 1]
    assert [json.loads(one.sent)["seed"] for one in sent] == [1, 2, 3]
    assert (len(reply.choices), reply.requests) == (3, 1)


@pytest.mark.parametrize(
    ("schema", "bad", "kind"),
    [
        (None, says("ab", finish="length"), ModelErrorKind.TRUNCATED),
        (STRICT, says('{"sc', finish="length"), ModelErrorKind.TRUNCATED),
        (STRICT, says("No."), ModelErrorKind.BAD_JSON),
    ],
)
async def test_of_several_answers_the_good_ones_are_kept(
    store: MemoryStore, schema: AnswerSchema | None, bad: Say, kind: ModelErrorKind
) -> None:
    scores = [says(f'{{"score": {score}}}') for score in (0, 5, 10)]
    with FaultServer() as server:
        plan = in_turn(*scores[:2], bad, bad, then=scores[2])
        model = OpenAIModel(server.play(plan), base_url=server.base_url)
        model.memory.rung = AnswerMode.JSON_SCHEMA
        cached = CachedModel(model, store)

        with pytest.raises(ModelError) as raised:
            await cached.complete(replace(REQUEST, schema=schema, n=3))
        reply = await cached.complete(replace(REQUEST, schema=schema, n=3))
        await model.aclose()

    assert raised.value.kind is kind
    assert [choice.text for choice in raised.value.choices.values()] == [
        '{"score": 0}',
        '{"score": 5}',
    ]
    assert [choice.text for choice in reply.choices][2:] == ['{"score": 10}']
    assert reply.requests == 1


async def test_an_error_tells_all_answers_that_are_in_hand(store: MemoryStore) -> None:
    failure = ModelError(ModelErrorKind.EMPTY, "nothing")
    failure.choices = {1: Choice("s2"), 2: Choice(" ")}
    cached = CachedModel(ScriptedModel(["s0", failure]), store)
    await cached.complete(REQUEST)

    with pytest.raises(ModelError) as raised:
        await cached.complete(replace(REQUEST, n=4))

    told = {place: choice.text for place, choice in raised.value.choices.items()}
    assert told == {0: "s0", 2: "s2", 3: " "}
    assert len(store.replies) == 2


async def test_replay_sends_nothing(store: MemoryStore) -> None:
    await CachedModel(ScriptedModel(["s0"]), store).complete(REQUEST)
    model = ScriptedModel(["must not be asked"])
    cached = CachedModel(model, store, mode=CacheMode.REPLAY)

    assert (await cached.complete(REQUEST)).text == "s0"
    with pytest.raises(ModelError, match="never recorded") as caught:
        await cached.complete(replace(REQUEST, n=2))

    assert caught.value.kind is ModelErrorKind.NOT_RECORDED
    assert model.asked == []


async def test_recording_asks_again_and_the_new_answer_counts(store: MemoryStore) -> None:
    await CachedModel(ScriptedModel(["old"]), store).complete(REQUEST)

    new = await CachedModel(ScriptedModel(["new"]), store, mode=CacheMode.RECORD).complete(REQUEST)

    replayed = CachedModel(ScriptedModel([]), store, mode=CacheMode.REPLAY)
    assert (new.text, new.from_cache) == ("new", False)
    assert (await replayed.complete(REQUEST)).text == "new"


async def test_off_looks_up_and_keeps_nothing(store: MemoryStore) -> None:
    await CachedModel(ScriptedModel(["kept"]), store).complete(REQUEST)
    kept = dict(store.replies)
    cached = CachedModel(ScriptedModel(["new"]), store, mode=CacheMode.OFF)

    assert (await cached.complete(REQUEST)).text == "new"
    assert store.replies == kept


async def test_tasks_that_ask_the_same_at_once_share_one_call(store: MemoryStore) -> None:
    model = SlowModel()
    cached = CachedModel(model, store)
    answers: list[Reply] = []

    async def ask(sample: int, n: int) -> None:
        answers.append(await cached.complete(replace(REQUEST, sample=sample, n=n)))

    async with anyio.create_task_group() as group:
        group.start_soon(ask, 0, 3)
        for sample in (0, 1, 2, 0):
            group.start_soon(ask, sample, 1)
        group.start_soon(ask, 7, 1)
        await anyio.wait_all_tasks_blocked()
        assert 7 in model.asked  # beside the others, not after them
        model.let.set()

    assert sorted(model.asked) == [0, 1, 2, 7]
    assert len(answers) == 6


async def test_caches_over_one_store_share_calls_too(store: MemoryStore) -> None:
    models = [SlowModel(), SlowModel()]

    async with anyio.create_task_group() as group:
        for model in models:
            group.start_soon(CachedModel(model, store).complete, REQUEST)
        group.start_soon(CachedModel(models[0], MemoryStore()).complete, REQUEST)
        await anyio.wait_all_tasks_blocked()
        for model in models:
            model.let.set()

    assert [len(model.asked) for model in models] == [2, 0]  # one of them for the other store


async def test_requests_that_overlap_do_not_wait_in_a_circle(store: MemoryStore) -> None:
    model = SlowModel()
    model.let.set()
    cached = CachedModel(model, store)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for start in (3, 0, 4, 1, 2):
                group.start_soon(cached.complete, replace(REQUEST, sample=start, n=3))

    assert len(store.replies) == 7


async def test_when_the_first_is_cancelled_the_second_goes_on(store: MemoryStore) -> None:
    model = SlowModel()
    cached = CachedModel(model, store)
    answers: list[Reply] = []

    async def ask() -> None:
        answers.append(await cached.complete(REQUEST))

    async with anyio.create_task_group() as group:
        first = anyio.CancelScope()

        async def ask_and_be_cancelled() -> None:
            with first:
                await ask()

        group.start_soon(ask_and_be_cancelled)
        await anyio.wait_all_tasks_blocked()
        group.start_soon(ask)
        await anyio.wait_all_tasks_blocked()
        first.cancel()
        await anyio.wait_all_tasks_blocked()
        assert (model.asked, model.cancelled) == ([0, 0], 1)
        model.let.set()

    assert [answer.text for answer in answers] == ["answer 0"]


async def test_when_the_first_fails_the_second_asks_for_itself(store: MemoryStore) -> None:
    model = ScriptedModel([ModelError(ModelErrorKind.SERVER, "down"), "up"])
    cached = CachedModel(model, store)
    ended: list[str] = []

    async def ask() -> None:
        try:
            ended.append((await cached.complete(REQUEST)).text)
        except ModelError as error:
            ended.append(error.problem)

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
        group.start_soon(ask)

    assert sorted(ended) == ["down", "up"]


async def test_waiting_for_another_task_counts_towards_the_deadline(store: MemoryStore) -> None:
    cached = CachedModel(SlowModel(), store)

    async with anyio.create_task_group() as group:
        group.start_soon(cached.complete, REQUEST)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(ModelError, match="another task asks the same") as caught:
            await cached.complete(replace(REQUEST, deadline_s=0.01))
        assert caught.value.kind is ModelErrorKind.TIMEOUT
        group.cancel_scope.cancel()


async def test_what_has_been_answered_is_kept_though_the_task_is_cancelled() -> None:
    class SlowStore(MemoryStore):
        async def keep_reply(self, key: str, reply: Reply) -> None:
            keeping.set()
            await anyio.sleep(0.01)
            await super().keep_reply(key, reply)

    keeping = anyio.Event()
    store = SlowStore()
    cached = CachedModel(ScriptedModel(["s0", "s1"]), store)

    async with anyio.create_task_group() as group:
        group.start_soon(cached.complete, replace(REQUEST, n=2))
        await keeping.wait()
        group.cancel_scope.cancel()

    assert len(store.replies) == 2


async def test_a_budget_that_has_ended_stops_questions_and_not_answers_that_are_kept(
    store: MemoryStore,
) -> None:
    cached = CachedModel(ScriptedModel(["one", "two"]), store)
    await cached.complete(REQUEST)

    with Ledger(Budget(max_calls=0)).active():
        kept = await cached.complete(REQUEST)
        with pytest.raises(BudgetEnded):
            await cached.complete(replace(REQUEST, sample=1))

    assert kept.text == "one"


async def test_a_later_process_finds_what_an_earlier_one_kept(tmp_path: Path) -> None:
    path = tmp_path / "traces.db"
    wanted = replace(REQUEST, schema=SCHEMA, n=2)
    with SqliteStore(path) as first:
        asked = await CachedModel(ScriptedModel(['{"a": 1}', '{"a": 2}']), first).complete(wanted)

    later: ReplyStore = SqliteStore(path)
    replayed = CachedModel(ScriptedModel([]), later, mode=CacheMode.REPLAY)
    again = await replayed.complete(wanted)

    assert again.choices == asked.choices
    assert (again.from_cache, again.cost_usd) == (True, 0.0)


async def test_no_reservation_stays_open(store: MemoryStore) -> None:
    ledger = Ledger(Budget(max_tokens=40))
    cached = CachedModel(ScriptedModel(["one"]), store)

    with ledger.active():
        await cached.complete(REQUEST)
        await cached.complete(REQUEST)
        async with current().reserved(Bound(20, None)):
            pass

    assert ledger.spend().tokens == 40


@pytest.mark.slow
def test_what_was_answered_before_a_kill_is_not_paid_for_again(tmp_path: Path) -> None:
    store, bill = tmp_path / "traces.db", tmp_path / "bill"
    command = [sys.executable, str(SCRIPT), str(store), str(bill)]
    owed: dict[str, int] = {}  # how often a question had been paid for when it was answered
    for attempt in range(4):
        with subprocess.Popen([*command, "100000"], stdout=subprocess.PIPE, text=True) as asking:
            assert asking.stdout is not None
            assert asking.stdout.readline() == "ready\n"
            time.sleep(0.05 + 0.03 * attempt)
            asking.send_signal(signal.SIGKILL)
            answered = [line.strip() for line in asking.stdout if line.endswith("\n")]
        paid = Counter(bill.read_text().split())
        owed = {number: paid[number] for number in answered} | owed

    subprocess.run([*command, str(len(owed))], stdout=subprocess.DEVNULL, check=True)

    paid = Counter(bill.read_text().split())
    assert len(owed) > 4
    assert {number: paid[number] for number in owed} == owed
    assert paid.total() <= len(paid) + 4  # at each kill one may have been under way


async def test_a_real_server_is_asked_once_and_its_probabilities_are_kept(
    store: MemoryStore,
) -> None:
    wanted = replace(REQUEST, schema=STRICT, logprobs=True, n=2)
    with FaultServer(answer=lambda _body, _number: '{"score": 5}') as server:
        model = OpenAIModel(server.play(always(Say())), base_url=server.base_url)
        cached = CachedModel(model, store)

        first = await cached.complete(wanted)
        again = await cached.complete(wanted)
        await model.aclose()
        sent = len(server.requests())

    assert first.choices == again.choices
    assert first.choices[0].tokens
    assert first.requests == sent
    assert (again.requests, again.cost_usd, again.from_cache) == (0, 0.0, True)


async def test_the_model_gets_what_is_left_of_the_deadline(store: MemoryStore) -> None:
    model = ScriptedModel(["s1", "s0", "s2"])
    cached = CachedModel(model, store)
    await cached.complete(replace(REQUEST, sample=1))

    await cached.complete(replace(REQUEST, n=3, deadline_s=30.0))

    seconds = [asked.deadline_s for asked in model.asked]
    assert seconds[0] is None
    assert all(left is not None and 29.0 < left < 30.0 for left in seconds[1:])
