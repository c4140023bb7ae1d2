"""Limits that are smaller than they were when a rule decided to go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from critique_loop.budget import Budget
from critique_loop.checkpoint import Checkpoint
from critique_loop.ledger import Ledger
from critique_loop.proxy.turns import RULES
from critique_loop.values import DecisionKind, StopReason

_LIMITS = tuple(limit.name for limit in fields(Budget))


def is_outdated(found: Checkpoint, ledger: Ledger, *, settings: Mapping[str, object]) -> bool:
    """Return whether the last decision went on within limits that have an end here now.

    ``settings`` hold from here on. What somebody said themselves stands. The rule never goes on
    where the rounds are used up, so it had other limits then. Of time that can't be told: it has
    passed since the decision, and a person may have put off its end; so the other limits count
    only where the settings say others than those at the decision.
    """
    rounds = found.rounds
    decision = rounds[-1].decision
    if decision.by not in RULES or decision.kind is DecisionKind.ACCEPT:
        return False
    reached = ledger.budget.ended_by(ledger.spend(len(rounds)))
    if reached is None or reached is StopReason.ROUNDS:
        return reached is not None
    return any(settings.get(name) != found.decided_with.get(name) for name in _LIMITS)
