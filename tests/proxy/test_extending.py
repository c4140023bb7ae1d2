"""How far a budget goes on."""

from __future__ import annotations

import pytest

from critique_loop.budget import Budget
from critique_loop.proxy.extending import extended, extension, in_words
from critique_loop.values import Spend, StopReason

BUDGET = Budget(max_rounds=6, max_time_s=100.0, max_calls=10, max_tokens=1000, max_cost_usd=1.0)
SPENT = Spend(rounds=6, seconds=120.0, calls=10, tokens=1010, cost_usd=1.0)


@pytest.mark.parametrize(
    ("ended", "words", "then"),
    [
        (StopReason.ROUNDS, "one more round", "max_rounds=7,"),
        (StopReason.TIME, "25 s more", "max_time_s=145.0,"),
        (StopReason.CALLS, "2 more calls", "max_calls=12,"),
        (StopReason.TOKENS, "250 more tokens", "max_tokens=1260,"),
        (StopReason.COST, "$0.2500 more", "max_cost_usd=1.25)"),
    ],
)
def test_what_is_said_is_what_there_is_more_of(ended: StopReason, words: str, then: str) -> None:
    amount = extension(BUDGET, ended)

    more = extended(BUDGET, ended, amount, SPENT)

    assert in_words(amount, ended) == words
    assert then in repr(more)
    assert BUDGET.ended_by(SPENT) is not None


@pytest.mark.parametrize("ended", [StopReason.CALLS, StopReason.TOKENS])
def test_a_tiny_limit_is_extended_by_one_at_least(ended: StopReason) -> None:
    assert extension(Budget(max_calls=1, max_tokens=1), ended) == 1


def test_more_dollars_are_more_than_what_is_charged_though_the_cost_is_unknown() -> None:
    spent = Spend(cost_usd=None, charged_usd=0.9)

    more = extended(Budget(max_cost_usd=1.0), StopReason.COST, 0.25, spent)

    assert more.max_cost_usd == pytest.approx(1.15)
