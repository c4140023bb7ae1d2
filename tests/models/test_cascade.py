"""When the bigger model is asked, what that costs, and what the trace says of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from critique_loop.budget import Budget
from critique_loop.errors import BudgetEnded, CallError, ModelError, ModelErrorKind
from critique_loop.ledger import Entry, Ledger
from critique_loop.models.caching import CachedModel
from critique_loop.models.cascade import Cascade, When
from critique_loop.models.fallback import Fallback
from critique_loop.models.openai import OpenAIModel
from critique_loop.protocols import Model
from critique_loop.testing import FaultServer, MemoryStore, ScriptedModel
from critique_loop.testing.fault_server_acts import Say, always
from critique_loop.values import (
    AnswerSchema,
    Call,
    Choice,
    Escalation,
    Message,
    Request,
    Signals,
    StopReason,
    Token,
    Usage,
)

pytestmark = pytest.mark.anyio

MARK = {"type": "integer", "enum": [0, 2, 4, 6, 8]}
SCHEMA = AnswerSchema("mark", {"type": "object", "properties": {"score": MARK}})
STRICT = AnswerSchema(
    "mark", {**SCHEMA.schema, "required": ["score"], "additionalProperties": False}
)
JUDGE = Request((Message("user", "how good?"),), schema=SCHEMA, role="critic")
WRITE = Request((Message("user", "draw it"),), role="writer")


def mark(score: int, probability: float | None = None) -> Choice:
    """Return an answer with this score; with token probabilities where one is given."""
    text = f'{{"score":{score}}}'
    if probability is None:
        return Choice(text, data={"score": score})
    other = math.log(1 - probability) if probability < 1 else -math.inf
    tokens = (
        Token('{"score":', 0.0),
        Token(str(score), math.log(probability), (("0" if score else "2", other),)),
        Token("}", 0.0),
    )
    return Choice(text, data={"score": score}, tokens=tokens)


def small(*lines: str | Choice | Exception) -> ScriptedModel:
    return ScriptedModel(lines, name="small", cost_usd=0.125, usage=Usage(10, 1))


def big(*lines: str | Choice | Exception) -> ScriptedModel:
    return ScriptedModel(lines, name="big", cost_usd=2.0, usage=Usage(10, 5))


def failure(kind: ModelErrorKind) -> ModelError:
    return ModelError(kind, kind.value)


async def test_an_answer_that_is_sure_enough_stands() -> None:
    first, second = small(mark(6, 0.75)), big()
    cascade = Cascade([first, second])
    assert isinstance(cascade, Model)

    reply = await cascade.complete(JUDGE)

    assert (reply.data, reply.cost_usd, reply.escalations) == ({"score": 6}, 0.125, ())
    assert [asked.logprobs for asked in first.asked] == [True]
    assert second.asked == []


async def test_an_unsure_answer_goes_up_and_says_so() -> None:
    first, second = small(mark(6, 0.5)), big(mark(2))

    reply = await Cascade([first, second]).complete(JUDGE)

    (escalation,) = reply.escalations
    assert reply.data == {"score": 2}
    assert reply.model == "big"
    assert (reply.cost_usd, reply.usage, reply.requests) == (2.125, Usage(20, 6), 2)
    assert escalation.confidence == pytest.approx(0.5)
    assert replace(escalation, confidence=None) == Escalation(
        "small", "big", "confidence (0.5 < 0.6)", None, 2.0
    )
    assert second.asked[0].logprobs is False


async def test_the_threshold_decides() -> None:
    answers = [
        await Cascade(
            [small(mark(6, 0.5)), big(mark(2))], when=When(confidence_below=below)
        ).complete(JUDGE)
        for below in (0.49, 0.51, None)
    ]

    assert [answer.data for answer in answers] == [{"score": 6}, {"score": 2}, {"score": 6}]


async def test_each_call_in_the_trace_tells_why_it_was_made() -> None:
    kept: list[Entry] = []

    async def keep(entry: Entry) -> None:
        kept.append(entry)

    ledger = Ledger(on_entry=keep)
    with ledger.active():
        await Cascade([small(mark(6, 0.5)), big(mark(2))]).complete(JUDGE)

    calls = [entry for entry in kept if isinstance(entry, Call)]
    assert [(call.model, call.reason) for call in calls] == [
        ("small", ""),
        ("big", "escalated: confidence (0.5 < 0.6)"),
    ]
    assert ledger.spend().cost_usd == 2.125


async def test_without_probabilities_nothing_is_known_of_one_answer() -> None:
    reply = await Cascade([small(mark(6)), big()]).complete(JUDGE)

    assert (reply.data, reply.escalations) == ({"score": 6}, ())


@pytest.mark.parametrize(
    ("scores", "answered"),
    [([6, 6, 6, 2, 6], 6), ([2, 6, 6, 6, 4], 6), ([2, 4, 6, 8, 8], 0)],
)
async def test_without_probabilities_the_agreement_of_samples_decides(
    scores: Sequence[int], answered: int
) -> None:
    first, second = small(*map(mark, scores)), big(mark(0))

    reply = await Cascade([first, second], when=When(samples=5)).complete(JUDGE)

    assert reply.data == {"score": answered}
    assert [(asked.sample, asked.n) for asked in first.asked] == [(0, 1), (1, 4)]
    assert reply.cost_usd == (0.625 if answered else 2.625)
    assert [step.confidence for step in reply.escalations] == ([] if answered else [0.4])


async def test_what_kept_answers_took_once_is_not_added_to_what_is_asked_now() -> None:
    store = MemoryStore()
    first = CachedModel(small(mark(6)), store)
    await first.complete(replace(JUDGE, logprobs=True))
    when = When(samples=3)
    asked = small(mark(6), mark(6))

    reply = await Cascade([CachedModel(asked, store), big()], when=when).complete(JUDGE)
    again = await Cascade([CachedModel(small(), store), big()], when=when).complete(JUDGE)

    assert [(request.sample, request.n) for request in asked.asked] == [(1, 2)]
    assert (reply.usage, reply.cost_usd, reply.from_cache) == (Usage(20, 2), 0.25, False)
    assert (again.cost_usd, again.from_cache) == (0.0, True)


async def test_what_a_kept_answer_of_the_bigger_model_took_is_not_spent_again() -> None:
    store = MemoryStore()
    await CachedModel(big(mark(4)), store).complete(JUDGE)

    reply = await Cascade([small(mark(6, 0.4)), CachedModel(big(), store)]).complete(JUDGE)

    assert reply.data == {"score": 4}
    assert (reply.usage, reply.cost_usd) == (Usage(10, 1), 0.125)


async def test_with_probabilities_no_further_sample_is_asked() -> None:
    first = small(mark(6, 0.9))

    reply = await Cascade([first, big()], when=When(samples=5)).complete(JUDGE)

    assert len(first.asked) == len(reply.choices) == 1


async def test_free_text_has_no_confidence_and_is_asked_for_no_samples() -> None:
    first = small("print()")

    reply = await Cascade([first, big()], when=When(samples=5)).complete(WRITE)

    assert (reply.text, len(first.asked), first.asked[0].logprobs) == ("print()", 1, False)


@pytest.mark.parametrize("kind", ["bad_json", "empty", "truncated", "refusal"])
async def test_an_invalid_answer_goes_up(kind: str) -> None:
    first = small(failure(ModelErrorKind(kind)))

    reply = await Cascade([first, big(mark(2))]).complete(JUDGE)

    assert reply.data == {"score": 2}
    assert reply.escalations == (Escalation("small", "big", kind, None, 2.0),)


@pytest.mark.parametrize("kind", ["bad_json", "empty", "truncated", "refusal"])
async def test_an_invalid_answer_is_raised_where_that_rule_is_off(kind: str) -> None:
    second = big(mark(2))

    with pytest.raises(ModelError) as caught:
        await Cascade(
            [small(failure(ModelErrorKind(kind))), second], when=When(invalid=False)
        ).complete(JUDGE)

    assert (caught.value.kind, second.asked) == (kind, [])


NEVER = sorted(
    set(ModelErrorKind) - set(map(ModelErrorKind, ("bad_json", "empty", "truncated", "refusal")))
)


@pytest.mark.parametrize("kind", NEVER)
async def test_an_outage_or_a_mistake_is_no_reason_to_go_up(kind: ModelErrorKind) -> None:
    second = big(mark(2))

    with pytest.raises(ModelError) as caught:
        await Cascade([small(failure(kind)), second]).complete(JUDGE)

    assert (caught.value.kind, second.asked) == (kind, [])


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        (Signals(stuck=True), "stuck"),
        (Signals(score=3.25), "score (3.25 < 5)"),
        (Signals(spread=4.0), "spread (4 > 2)"),
    ],
)
async def test_what_is_known_of_the_run_skips_the_first_model(
    signals: Signals, reason: str
) -> None:
    first, second, third = small(), big(mark(4, 0.9)), big()
    when = When(score_below=5.0, spread_above=2.0)

    reply = await Cascade([first, second, third], when=when).complete(
        replace(JUDGE, signals=signals)
    )

    assert first.asked == []
    assert third.asked == []
    assert reply.escalations == (Escalation("small", "big", reason, None, 2.0),)


@pytest.mark.parametrize(
    ("signals", "when"),
    [
        (Signals(stuck=True), When(stuck=False)),
        (Signals(score=3.0), When()),
        (Signals(score=5.0, spread=2.0), When(score_below=5.0, spread_above=2.0)),
        (Signals(), When(score_below=5.0, spread_above=2.0)),
    ],
)
async def test_the_first_model_is_asked_where_nothing_speaks_against_it(
    signals: Signals, when: When
) -> None:
    reply = await Cascade([small("print()"), big()], when=when).complete(
        replace(WRITE, signals=signals)
    )

    assert reply.model == "small"


async def test_three_models_are_climbed_one_by_one() -> None:
    middle = ScriptedModel([mark(4, 0.25)], name="middle", cost_usd=0.5)

    reply = await Cascade([small(failure(ModelErrorKind.EMPTY)), middle, big(mark(2))]).complete(
        JUDGE
    )

    assert [(e.from_model, e.to_model, e.reason, e.cost_usd) for e in reply.escalations] == [
        ("small", "middle", "empty", 0.5),
        ("middle", "big", "confidence (0.25 < 0.6)", 2.0),
    ]
    assert reply.cost_usd == 2.5


async def test_where_the_bigger_answer_is_of_no_use_the_smaller_one_stands() -> None:
    second = big(failure(ModelErrorKind.REFUSAL))

    reply = await Cascade([small(mark(6, 0.5)), second]).complete(JUDGE)

    assert reply.data == {"score": 6}
    assert reply.notes == ("big: refusal; the answer of small stands",)
    assert [step.to_model for step in reply.escalations] == ["big"]


async def test_where_no_answer_is_valid_the_last_error_is_raised() -> None:
    with pytest.raises(ModelError) as caught:
        await Cascade(
            [small(failure(ModelErrorKind.EMPTY)), big(failure(ModelErrorKind.REFUSAL))]
        ).complete(JUDGE)

    assert caught.value.kind is ModelErrorKind.REFUSAL


async def test_an_outage_of_the_bigger_model_is_raised() -> None:
    with pytest.raises(ModelError) as caught:
        await Cascade([small(mark(6, 0.5)), big(failure(ModelErrorKind.SERVER))]).complete(JUDGE)

    assert caught.value.kind is ModelErrorKind.SERVER


async def test_a_further_sample_that_is_invalid_goes_up() -> None:
    first = small(mark(6), failure(ModelErrorKind.BAD_JSON))

    reply = await Cascade([first, big(mark(2))], when=When(samples=2)).complete(JUDGE)

    assert reply.data == {"score": 2}
    assert [step.reason for step in reply.escalations] == ["bad_json"]


async def test_a_budget_that_has_no_room_for_the_bigger_model_ends_the_call() -> None:
    second = big(mark(2))
    ledger = Ledger(Budget(max_cost_usd=1.0))

    with ledger.active(), pytest.raises(BudgetEnded) as caught:
        await Cascade([small(mark(6, 0.5)), second]).complete(JUDGE)

    assert caught.value.reason is StopReason.COST
    assert ledger.spend().cost_usd == 0.125


async def test_an_unknown_price_makes_the_whole_cost_unknown() -> None:
    unpriced = ScriptedModel([mark(2)], name="big", cost_usd=None)

    reply = await Cascade([small(mark(6, 0.5)), unpriced]).complete(JUDGE)

    assert reply.cost_usd is None
    assert reply.escalations[0].cost_usd is None


async def test_the_deadline_is_for_all_models_together() -> None:
    first, second = small(mark(6, 0.5)), big(mark(2))

    await Cascade([first, second]).complete(replace(JUDGE, deadline_s=30.0))

    seconds = [request.deadline_s or 0.0 for request in (*first.asked, *second.asked)]
    assert 30.0 >= seconds[0] > seconds[1] > 29.0


async def test_the_deadline_is_for_the_further_samples_too() -> None:
    first = small(mark(6), mark(6))
    wanted = replace(JUDGE, deadline_s=30.0)

    await Cascade([first, big()], when=When(samples=2)).complete(wanted)

    seconds = [request.deadline_s or 0.0 for request in first.asked]
    assert 30.0 >= seconds[0] > seconds[1] > 29.0


async def test_one_model_may_stand_twice_in_a_cascade() -> None:
    model = small(failure(ModelErrorKind.BAD_JSON), mark(4))

    reply = await Cascade([model, model]).complete(JUDGE)

    assert [step.reason for step in reply.escalations] == ["bad_json"]


async def test_a_fallback_inside_a_cascade_keeps_both_reasons() -> None:
    kept: list[Entry] = []

    async def keep(entry: Entry) -> None:
        kept.append(entry)

    spare = ScriptedModel([mark(2)], name="spare", cost_usd=1.0)
    bigger = Fallback([big(failure(ModelErrorKind.OVERLOADED)), spare])

    with Ledger(on_entry=keep).active():
        reply = await Cascade([small(mark(6, 0.5)), bigger]).complete(JUDGE)

    reasons = [entry.reason for entry in kept if isinstance(entry, Call)]
    assert reasons == ["", "escalated: confidence (0.5 < 0.6); fallback: big is out (overloaded)"]
    assert reply.notes == ("big is out (overloaded): spare was asked",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"confidence_below": 1.5},
        {"confidence_below": math.nan},
        {"score_below": -1.0},
        {"spread_above": 11.0},
        {"samples": 0},
    ],
)
def test_thresholds_that_mean_nothing_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(CallError, match=next(iter(wrong))):
        When(**wrong)  # pyright: ignore[reportArgumentType] - any field


def test_a_cascade_of_nothing_is_refused() -> None:
    with pytest.raises(CallError, match="at least one model"):
        Cascade([])


async def test_a_cascade_of_one_model_is_that_model() -> None:
    reply = await Cascade([small(mark(6, 0.1))]).complete(
        replace(JUDGE, signals=Signals(stuck=True))
    )

    assert (reply.data, reply.escalations) == ({"score": 6}, ())


async def test_a_real_server_is_judged_by_its_probabilities() -> None:
    with FaultServer() as server:
        model = OpenAIModel(server.play(always(Say())), base_url=server.base_url)
        wanted = replace(JUDGE, schema=STRICT, deadline_s=20.0)

        sure = await Cascade([model, big()], when=When(0.9, samples=3)).complete(wanted)
        unsure = await Cascade([model, big(mark(8))], when=When(0.91, samples=3)).complete(wanted)
        await model.aclose()
        sent = len(server.requests())

    assert (sure.model, sure.escalations, sent) == (model.name, (), 2)
    assert unsure.escalations[0].confidence == pytest.approx(math.exp(-0.1))


@pytest.mark.parametrize(("scores", "answered"), [([2, 6, 6], 6), ([6, 2, 4], 8)])
async def test_a_real_server_without_probabilities_is_judged_by_agreement(
    scores: Sequence[int], answered: int
) -> None:
    marks = iter(scores)

    def say_next(answer: dict[str, Any]) -> None:
        for choice in answer["choices"]:
            choice["message"]["content"] = f'{{"score": {next(marks)}}}'

    with FaultServer() as server:
        plan = always(Say(say_next, ignoring=frozenset({"logprobs"})))
        model = OpenAIModel(server.play(plan), base_url=server.base_url)

        reply = await Cascade([model, big(mark(8))], when=When(samples=3)).complete(
            replace(JUDGE, schema=STRICT, deadline_s=20.0)
        )
        await model.aclose()
        sent = [request.body.n for request in server.requests()]

    assert reply.data == {"score": answered}
    assert [step.confidence for step in reply.escalations] == (
        [] if answered == 6 else [pytest.approx(1 / 3)]
    )
    assert sent == [None, 2]
