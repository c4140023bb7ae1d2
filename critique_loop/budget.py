"""How much a run may use before it ends."""

from __future__ import annotations

from dataclasses import dataclass

from critique_loop.errors import CallError
from critique_loop.values import Spend, StopReason


@dataclass(frozen=True, slots=True)
class Budget:
    """The most a run may use; None means no limit.

    Rounds (at least 1), seconds of wall time without those a person was waited for, HTTP requests
    to models, tokens, US dollars. Rounds and time are checked after each round, so a round that has
    begun is finished; time, calls, tokens and dollars before each call of a model.
    """

    max_rounds: int | None = 6
    max_time_s: float | None = 300.0
    max_calls: int | None = None
    max_tokens: int | None = None
    max_cost_usd: float | None = None

    def __post_init__(self) -> None:
        """Refuse budgets that allow nothing.

        Raises:
            CallError: fewer than one round, or no time; a negative number of anything.
        """
        if self.max_rounds is not None and self.max_rounds < 1:
            raise CallError(f"max_rounds is {self.max_rounds}", remedy="Allow at least one round.")
        if self.max_time_s is not None and not self.max_time_s > 0:
            raise CallError(f"max_time_s is {self.max_time_s}", remedy="Allow more than 0 seconds.")
        for name in ("max_calls", "max_tokens", "max_cost_usd"):
            most: float | None = getattr(self, name)
            if most is not None and not most >= 0:
                raise CallError(f"{name} is {most}", remedy="Allow 0 or more.")

    def ended_by(self, spent: Spend) -> StopReason | None:
        """Return the limit that ``spent`` has reached, or None."""
        if _reached(self.max_rounds, spent.rounds):
            return StopReason.ROUNDS
        if _reached(self.max_time_s, spent.seconds):
            return StopReason.TIME
        if _reached(self.max_calls, spent.calls) and spent.calls:
            return StopReason.CALLS
        if _reached(self.max_tokens, spent.tokens) and spent.tokens:
            return StopReason.TOKENS
        if _reached(self.max_cost_usd, spent.counted_usd) and spent.counted_usd:
            return StopReason.COST
        return None


UNLIMITED = Budget(max_rounds=None, max_time_s=None)


def _reached(most: float | None, spent: float) -> bool:
    return most is not None and spent >= most
