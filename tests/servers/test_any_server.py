"""What a server that nobody here wrote does to our model layer, and what is made of it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.errors import BudgetEnded, ModelError, ModelErrorKind
from critique_loop.ledger import Entry, Ledger
from critique_loop.models.modes import AnswerMode
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.probing import probe
from critique_loop.models.schemas import one_of, structure
from critique_loop.values import AnswerSchema, Call, Reply
from tests.servers.places import Place, outcome_of, told, user, words_of

pytestmark = [pytest.mark.anyio, pytest.mark.servers, pytest.mark.slow]

HONEST = {"answer", "truncated"}
"""What may come of a question that is in order: a server here has a model that never ends."""

HALF = "\N{REPLACEMENT CHARACTER}"
"""What stands for a character that was cut in two."""

STRANGER = "no/such-model"
SCORE = AnswerSchema(
    "verdict", structure({"why": {"type": "string"}, "score": one_of(tuple(range(11)))})
)


async def test_a_question_is_answered_and_counted(place: Place) -> None:
    entries: list[Entry] = []

    async def keep(entry: Entry) -> None:
        entries.append(entry)

    ledger = Ledger(on_entry=keep)
    async with place.open() as model:
        came = await told(model, user("What is the capital of France?", role="writer"), ledger)

    (call,) = entries
    assert isinstance(call, Call)
    assert outcome_of(came) in HONEST
    assert call.role == "writer"
    assert call.error == ("" if isinstance(came, Reply) else came.kind)
    assert (call.usage.output_tokens or 0) > 0
    assert ledger.spend().tokens == call.usage.total
    assert ledger.spend().calls == call.requests


async def test_three_answers_are_three_or_none(place: Place) -> None:
    async with place.open(max_tokens=256) as model:
        came = await told(model, user("Name a colour.", n=3, temperature=1.0, max_tokens=200))

    assert outcome_of(came) in HONEST
    if isinstance(came, Reply):
        assert len(came.choices) == 3
        assert all(choice.text for choice in came.choices)


async def test_a_seed_gives_the_same_answer_again_and_a_sample_another(place: Place) -> None:
    question = user("Make up the name of a street.", temperature=1.0, seed=5, max_tokens=24)
    async with place.open() as model:
        first = await told(model, question)
        again = await told(model, question)
        other = await told(model, replace(question, sample=3))

    assert words_of(first)
    assert words_of(first) == words_of(again)
    if place.shown.seeds:
        assert words_of(first) != words_of(other)


async def test_probabilities_are_the_server_s_or_none(place: Place) -> None:
    async with place.open() as model:
        came = await told(
            model, user("What is the capital of France?", logprobs=True, temperature=0.0)
        )

    if not isinstance(came, Reply):
        assert came.kind is ModelErrorKind.TRUNCATED
        return
    tokens = came.choices[0].tokens
    assert (tokens is not None) is place.shown.logprobs
    assert all(token.logprob <= 0 for token in tokens or ())
    if tokens:
        assert "".join(token.text for token in tokens).strip() == came.text.strip()


async def test_a_structured_answer_fits_or_is_none(place: Place) -> None:
    async with place.open() as model:
        came = await told(model, user("Score this program: print(1)", schema=SCORE, max_tokens=200))

    if place.shown.schema:
        assert isinstance(came, Reply)
        assert came.data is not None
        assert set(came.data) == {"why", "score"}
        assert came.data["score"] in range(11)
        assert model.memory.rung is AnswerMode.JSON_SCHEMA
    else:
        assert isinstance(came, ModelError)
        assert came.kind in {ModelErrorKind.BAD_JSON, ModelErrorKind.TRUNCATED}
        assert came.attempts > 1


async def test_a_stream_says_what_one_piece_says(place: Place) -> None:
    question = user("What is the capital of France?", temperature=0.0, max_tokens=40)
    async with place.open() as whole, place.open(stream=True) as streamed:
        one = await told(whole, question)
        other = await told(streamed, question)

    assert outcome_of(one) == outcome_of(other)
    assert words_of(one).rstrip(HALF) == words_of(other).rstrip(HALF)
    if isinstance(one, Reply) and isinstance(other, Reply):
        assert one.usage.total == other.usage.total


@pytest.mark.parametrize("stream", [True, False])
async def test_endless_talk_ends_at_the_deadline(place: Place, *, stream: bool) -> None:
    async with place.open() as first:  # the server is awake, and works for nobody else
        await told(first, user("Name a colour.", max_tokens=8))

    async with place.open(place.endless, stream=stream) as model:
        began = time.monotonic()
        came = await told(
            model,
            user("Tell me a story.", temperature=0.0, max_tokens=3500, deadline_s=0.7),
        )

    assert outcome_of(came) == "timeout"
    assert time.monotonic() - began < 3.0
    if stream and place.shown.pieces:
        assert words_of(came)


async def test_after_a_cancelled_request_the_server_is_free(place: Place) -> None:
    async with place.open(place.endless) as model, place.open() as next_one:
        with anyio.move_on_after(0.5) as scope:
            await told(model, user("Tell me a story.", temperature=0.0, max_tokens=3500))
        began = time.monotonic()
        came = await told(next_one, user("Name a colour.", max_tokens=8, deadline_s=30.0))

    assert scope.cancelled_caught
    if place.shown.stops:
        assert outcome_of(came) in HONEST
        assert time.monotonic() - began < 15.0
    else:  # it still talks to nobody; what waits behind it is held to its own deadline
        assert outcome_of(came) in {*HONEST, "timeout"}


async def test_no_connection_outlives_the_model(place: Place) -> None:
    async with place.open() as model:
        await told(model, user("Name a colour."))
        during = _connections_to(place)

    assert during >= 1
    assert _connections_to(place) == 0


async def test_an_unknown_model_is_what_the_server_says_it_is(place: Place) -> None:
    async with place.open(STRANGER, max_attempts=2) as model:
        came = await told(model, user("Name a colour.", max_tokens=400))

    assert outcome_of(came) == place.shown.unknown_model
    if isinstance(came, Reply):
        assert came.model != STRANGER  # it tells who answered in its place


async def test_a_conversation_that_is_too_long_is_no_endless_wait(place: Place) -> None:
    async with place.open(place.narrow, deadline_s=20) as model:
        came = await told(model, user("word " * 9000, max_tokens=8))

    if place.shown.too_long:
        assert outcome_of(came) == place.shown.too_long
    else:
        assert outcome_of(came) in {"answer", "truncated", "timeout", "server"}


async def test_a_token_budget_is_never_gone_over(place: Place) -> None:
    ledger = Ledger(Budget(max_rounds=None, max_time_s=None, max_tokens=1500))
    answers: list[Reply | ModelError] = []

    async def ask_on(model: OpenAIModel) -> None:
        for number in range(200):
            question = user("Name a colour.", seed=number, max_tokens=40)
            answers.append(await told(model, question, ledger))

    async with place.open(max_tokens=40) as model:
        with pytest.raises(BudgetEnded):
            await ask_on(model)

    assert answers
    assert 0 < ledger.spend().tokens <= 1500


async def test_a_probe_tells_what_was_seen(place: Place) -> None:
    async with place.open() as model, place.open(stream=True) as streamed:
        found = await probe(model, streamed=streamed)

    verdicts = {check.name: check.verdict for check in found.checks}
    assert verdicts["answers"] == "yes"
    assert (verdicts["logprobs"] == "yes") <= place.shown.logprobs
    assert (verdicts["schema"] == "yes") is place.shown.schema
    assert (verdicts["pictures"] == "yes") <= place.shown.pictures
    assert verdicts["max_tokens"] != "no"
    assert found.requests >= len(found.checks) - 3


def _connections_to(place: Place) -> int:
    """Count established connections of this machine to the server's port, seen from our side."""
    port = int(place.base_url.split(":")[2].split("/")[0])
    rows = Path("/proc/self/net/tcp").read_text("ascii").splitlines()[1:]
    ends = [row.split()[2:4] for row in rows]
    return sum(1 for remote, state in ends if remote.endswith(f":{port:04X}") and state == "01")
