"""How far a budget goes on when a person says so."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.budget import Budget
from critique_loop.values import Spend, StopReason

_SHARE = 0.25


def extension(budget: Budget, ended: StopReason) -> float:
    """Return by how much a limit is extended: one round, or a quarter of anything else."""
    match ended:
        case StopReason.TIME:
            return (budget.max_time_s or 0.0) * _SHARE
        case StopReason.CALLS:
            return max(1, round((budget.max_calls or 0) * _SHARE))
        case StopReason.TOKENS:
            return max(1, round((budget.max_tokens or 0) * _SHARE))
        case StopReason.COST:
            return (budget.max_cost_usd or 0.0) * _SHARE
        case _:
            return 1


def in_words(amount: float, ended: StopReason) -> str:
    """Return an extension as a person reads it."""
    match ended:
        case StopReason.TIME:
            return f"{amount:.0f} s more"
        case StopReason.CALLS | StopReason.TOKENS:
            return f"{amount:.0f} more {ended.value}"
        case StopReason.COST:
            return f"${amount:.4f} more"
        case _:
            return "one more round"


def extended(budget: Budget, ended: StopReason, amount: float, spent: Spend) -> Budget:
    """Return ``budget`` with ``amount`` left of what had ended."""
    match ended:
        case StopReason.TIME:
            return replace(budget, max_time_s=spent.seconds + amount)
        case StopReason.CALLS:
            return replace(budget, max_calls=spent.calls + int(amount))
        case StopReason.TOKENS:
            return replace(budget, max_tokens=spent.tokens + int(amount))
        case StopReason.COST:
            return replace(budget, max_cost_usd=spent.counted_usd + amount)
        case _:
            return replace(budget, max_rounds=spent.rounds + int(amount))
