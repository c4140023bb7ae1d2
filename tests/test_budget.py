"""Budgets."""

from __future__ import annotations

import pytest

from critique_loop.budget import Budget
from critique_loop.errors import CallError
from critique_loop.values import Spend, StopReason


def test_the_budget_names_the_limit_that_was_reached() -> None:
    budget = Budget(max_rounds=3, max_time_s=10.0)

    assert budget.ended_by(Spend(rounds=2, seconds=9.9)) is None
    assert budget.ended_by(Spend(rounds=3, seconds=0.0)) is StopReason.ROUNDS
    assert budget.ended_by(Spend(rounds=2, seconds=10.0)) is StopReason.TIME


def test_time_may_be_unlimited() -> None:
    assert Budget(max_time_s=None).ended_by(Spend(rounds=1, seconds=1e9)) is None


@pytest.mark.parametrize("wrong", [{"max_rounds": 0}, {"max_time_s": 0.0}, {"max_time_s": -1.0}])
def test_a_budget_that_allows_nothing_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(CallError):
        Budget(**wrong)  # pyright: ignore[reportArgumentType] - wrong on purpose
