"""How much a run may use before it ends."""

from __future__ import annotations

from dataclasses import dataclass

from critique_loop.errors import CallError
from critique_loop.values import Spend, StopReason


@dataclass(frozen=True, slots=True)
class Budget:
    """The most a run may use: rounds (at least 1), and seconds of wall time (None: no limit).

    Checked after each round, so a round that has begun is finished.
    """

    max_rounds: int = 6
    max_time_s: float | None = 300.0

    def __post_init__(self) -> None:
        """Refuse budgets that allow nothing.

        Raises:
            CallError: fewer than one round, or no time.
        """
        if self.max_rounds < 1:
            raise CallError(f"max_rounds is {self.max_rounds}", remedy="Allow at least one round.")
        if self.max_time_s is not None and not self.max_time_s > 0:
            raise CallError(f"max_time_s is {self.max_time_s}", remedy="Allow more than 0 seconds.")

    def ended_by(self, spent: Spend) -> StopReason | None:
        """Return the limit that ``spent`` has reached, or None."""
        if spent.rounds >= self.max_rounds:
            return StopReason.ROUNDS
        if self.max_time_s is not None and spent.seconds >= self.max_time_s:
            return StopReason.TIME
        return None
