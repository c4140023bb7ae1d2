"""What is reserved before a request and settled after it."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from critique_loop.budget import Budget
from critique_loop.errors import BudgetEnded, CallError
from critique_loop.ledger import Bound, Entry, Ledger, current, marked
from critique_loop.values import Answer, Asked, Call, Question, QuestionKind, StopReason, Usage

pytestmark = pytest.mark.anyio
SMALL = Bound(tokens=100, cost_usd=0.01)


async def spend(ledger: Ledger, bound: Bound, *, tokens: int, cost_usd: float | None) -> None:
    async with ledger.reserved(bound) as reservation:
        reservation.settle(Usage(tokens, 0), cost_usd)


async def test_what_is_settled_counts_and_not_what_was_reserved() -> None:
    ledger = Ledger()

    await spend(ledger, SMALL, tokens=7, cost_usd=0.001)

    assert (ledger.spend().calls, ledger.spend().tokens) == (1, 7)
    assert ledger.spend().cost_usd == pytest.approx(0.001)


async def test_what_is_never_settled_counts_whole() -> None:
    ledger = Ledger()

    with pytest.raises(TimeoutError):
        async with ledger.reserved(SMALL):
            raise TimeoutError

    assert (ledger.spend().calls, ledger.spend().tokens) == (1, 100)
    assert ledger.spend().cost_usd == pytest.approx(0.01)


async def test_a_refused_request_counts_as_a_call_and_takes_nothing() -> None:
    ledger = Ledger()

    async with ledger.reserved(SMALL) as reservation:
        reservation.release()

    assert (ledger.spend().calls, ledger.spend().tokens, ledger.spend().cost_usd) == (1, 0, 0.0)


async def test_unknown_usage_stays_at_its_bound() -> None:
    ledger = Ledger()

    async with ledger.reserved(SMALL) as reservation:
        reservation.settle(Usage(), None)

    assert ledger.spend().tokens == 100


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (Budget(max_calls=1), StopReason.CALLS),
        (Budget(max_tokens=150), StopReason.TOKENS),
        (Budget(max_cost_usd=0.015), StopReason.COST),
    ],
)
async def test_a_request_that_could_go_over_is_not_begun(
    budget: Budget, reason: StopReason
) -> None:
    ledger = Ledger(budget)
    await spend(ledger, SMALL, tokens=100, cost_usd=0.01)

    with pytest.raises(BudgetEnded) as caught:
        await spend(ledger, SMALL, tokens=1, cost_usd=0.0)

    assert caught.value.reason is reason
    assert ledger.spend().calls == 1


async def test_when_the_time_is_over_no_request_begins() -> None:
    ledger = Ledger(Budget(max_time_s=0.01))
    await anyio.sleep(0.02)

    with pytest.raises(BudgetEnded, match="time is over"):
        await spend(ledger, SMALL, tokens=1, cost_usd=0.0)

    assert ledger.remaining_s == 0


async def test_a_budget_in_dollars_refuses_a_model_without_a_price() -> None:
    ledger = Ledger(Budget(max_cost_usd=1.0))

    with pytest.raises(CallError, match="price is not known"):
        await spend(ledger, Bound(1, None), tokens=1, cost_usd=None)

    assert ledger.spend().calls == 0


async def test_a_request_that_fits_but_for_others_under_way_waits_for_them() -> None:
    ledger = Ledger(Budget(max_tokens=150))
    order: list[str] = []

    async def first() -> None:
        async with ledger.reserved(SMALL) as reservation:
            order.append("first in")
            await anyio.sleep(0.02)
            reservation.settle(Usage(10, 0), 0.0)
        order.append("first out")

    async def second() -> None:
        await anyio.sleep(0.005)
        async with ledger.reserved(SMALL) as reservation:
            order.append("second in")
            reservation.settle(Usage(10, 0), 0.0)

    async with anyio.create_task_group() as group:
        group.start_soon(first)
        group.start_soon(second)

    assert order == ["first in", "first out", "second in"]
    assert ledger.spend().tokens == 20


async def test_a_request_must_fit_into_the_batch_as_well() -> None:
    batch = Ledger(Budget(max_tokens=150))
    one, other = Ledger(parent=batch), Ledger(parent=batch)
    await spend(one, SMALL, tokens=100, cost_usd=0.0)

    with pytest.raises(BudgetEnded):
        await spend(other, SMALL, tokens=1, cost_usd=0.0)

    assert (batch.spend().tokens, one.spend().tokens, other.spend().tokens) == (100, 100, 0)


async def test_many_at_once_never_go_over() -> None:
    batch = Ledger(Budget(max_tokens=1000))
    refused: list[StopReason] = []

    async def worker() -> None:
        run = Ledger(parent=batch)
        try:
            for _ in range(10):
                async with run.reserved(SMALL) as reservation:
                    await anyio.lowlevel.checkpoint()
                    reservation.settle(Usage(60, 0), 0.0)
        except BudgetEnded as error:
            refused.append(error.reason)

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(worker)

    assert 900 < batch.spend().tokens <= 1000
    assert len(refused) == 20


async def test_a_cancelled_wait_takes_nothing() -> None:
    ledger = Ledger(Budget(max_tokens=150))

    async with ledger.reserved(SMALL) as reservation:
        with anyio.move_on_after(0.01):
            await spend(ledger, SMALL, tokens=1, cost_usd=0.0)
        reservation.release()

    assert (ledger.spend().calls, ledger.spend().tokens) == (1, 0)


async def test_calls_are_counted_by_role_and_kept() -> None:
    kept: list[Entry] = []

    async def keep(entry: Entry) -> None:
        kept.append(entry)

    batch = Ledger()
    ledger = Ledger(parent=batch, on_entry=keep)
    calls = [
        Call("writer", "m", Usage(5, 5), cost_usd=0.5, seconds=1.0, requests=2),
        Call("critic", "m", Usage(1, 1), cost_usd=None),
        Call("writer", "m", Usage(5, 5), cost_usd=0.0, from_cache=True),
    ]

    for call in calls:
        await ledger.record(call)

    writer, critic = ledger.spend().roles
    assert (writer.role, writer.calls, writer.tokens, writer.cost_usd) == ("writer", 2, 10, 0.5)
    assert (critic.role, critic.calls, critic.cost_usd) == ("critic", 1, None)
    assert ledger.spend().cost_usd is None
    assert batch.spend().roles == ledger.spend().roles
    assert kept == calls


async def test_time_that_a_person_takes_is_not_the_runs() -> None:
    ledger = Ledger(Budget(max_time_s=60))

    with ledger.waiting_for_person():
        await anyio.sleep(0.05)
        during = ledger.seconds

    assert during < 0.04
    assert ledger.seconds < 0.04
    assert ledger.spend().person_s >= 0.05


async def test_a_resumed_run_begins_with_what_it_had_spent() -> None:
    before = Ledger()
    await spend(before, SMALL, tokens=90, cost_usd=0.25)
    before.charge(0.5)

    after = Ledger(Budget(max_tokens=100), spent=before.spend(3))

    assert after.spend(3).cost_usd == pytest.approx(0.75)
    with pytest.raises(BudgetEnded):
        await spend(after, Bound(11, 0.0), tokens=1, cost_usd=0.0)


async def test_the_current_ledger_is_the_one_that_is_active() -> None:
    outer, inner = Ledger(), Ledger()

    with outer.active():
        with inner.active():
            assert current() is inner
        assert current() is outer

    assert current() not in (outer, inner)


async def test_an_unknown_amount_makes_the_cost_unknown() -> None:
    ledger = Ledger()
    ledger.charge(0.5)
    known = ledger.spend().cost_usd

    ledger.charge(None)

    assert (known, ledger.spend().cost_usd) == (0.5, None)


async def test_a_question_is_kept_and_costs_nothing() -> None:
    kept: list[Entry] = []

    async def keep(entry: Entry) -> None:
        kept.append(entry)

    ledger = Ledger(on_entry=keep)
    question = Question("stuck-1", QuestionKind.STUCK, "p", ("stop",), "stop")

    await ledger.record(Asked(question, Answer("stop"), waited_s=2.0))

    assert len(kept) == 1
    assert ledger.spend().calls == 0


async def test_calls_inside_a_mark_carry_its_reason_and_key() -> None:
    kept: list[Entry] = []

    async def keep(entry: Entry) -> None:
        kept.append(entry)

    ledger = Ledger(on_entry=keep)
    with marked(reason="escalated: stuck", key="a") as outer:
        with marked(reason="fallback: timeout", key="b"):
            await ledger.record(Call("writer", "big", cost_usd=0.5))
        await ledger.record(Call("writer", "big", reason="again", key="c"))
    await ledger.record(Call("writer", "small"))

    assert [(call.reason, call.key) for call in kept if isinstance(call, Call)] == [
        ("escalated: stuck; fallback: timeout", "b"),
        ("escalated: stuck; again", "c"),
        ("", ""),
    ]
    assert outer.calls == kept[:2]


async def test_marks_of_tasks_that_run_side_by_side_stay_apart() -> None:
    reasons: list[str] = []

    async def ask(reason: str) -> None:
        with marked(reason=reason) as mark:
            await anyio.lowlevel.checkpoint()
            await Ledger().record(Call("writer", "m"))
            reasons.extend(call.reason for call in mark.calls)

    async with anyio.create_task_group() as group:
        for reason in ("a", "b", "c"):
            group.start_soon(ask, reason)

    assert sorted(reasons) == ["a", "b", "c"]


async def test_what_a_server_did_not_tell_still_counts_after_a_run_was_resumed() -> None:
    read = Ledger()
    read.add(Call("writer", "m", cost_usd=None, charged_tokens=90, charged_usd=0.5))
    spent = read.spend(1)

    after = Ledger(Budget(max_tokens=100, max_cost_usd=0.6), spent=spent)

    assert (spent.cost_usd, spent.charged_usd, spent.tokens) == (None, 0.5, 90)
    with pytest.raises(BudgetEnded) as tokens:
        await spend(after, Bound(11, 0.0), tokens=1, cost_usd=0.0)
    with pytest.raises(BudgetEnded) as dollars:
        await spend(after, Bound(1, 0.2), tokens=1, cost_usd=0.0)
    assert (tokens.value.reason, dollars.value.reason) == (StopReason.TOKENS, StopReason.COST)


async def test_room_that_is_withdrawn_is_free_at_once_and_counts_nothing() -> None:
    batch = Ledger(Budget(max_calls=1))
    ledger = Ledger(Budget(max_tokens=100), parent=batch)

    async with ledger.reserved(SMALL) as reservation:
        reservation.withdraw()
        with anyio.fail_after(1):
            await spend(ledger, SMALL, tokens=7, cost_usd=0.001)

    for one in (ledger, batch):
        assert (one.spend().calls, one.spend().tokens) == (1, 7)
        assert one.spend().charged_usd == pytest.approx(0.001)


async def test_withdrawn_room_lets_in_who_waited_for_it() -> None:
    ledger = Ledger(Budget(max_tokens=150))

    async with ledger.reserved(SMALL) as reservation, anyio.create_task_group() as group:
        group.start_soon(lambda: spend(ledger, SMALL, tokens=7, cost_usd=0.0))
        await anyio.lowlevel.checkpoint()
        reservation.withdraw()
        reservation.withdraw()

    assert (ledger.spend().calls, ledger.spend().tokens) == (1, 7)


async def test_a_withdrawal_that_comes_after_the_request_was_counted_changes_nothing() -> None:
    ledger = Ledger()

    async with ledger.reserved(SMALL) as reservation:
        pass
    reservation.withdraw()

    assert (ledger.spend().calls, ledger.spend().tokens) == (1, 100)
