"""What a run has spent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoleSpend:
    """What the models of one role ("writer", "critic", ...) have cost.

    ``calls`` are HTTP requests; ``cost_usd`` is None once a price or a usage was unknown; what came
    from the cache is not in it.
    """

    role: str
    calls: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Spend:
    """What has been spent so far.

    ``seconds`` are wall time without the ``person_s`` that a person was waited for. ``calls`` are
    HTTP requests to models. ``tokens`` holds the most there can have been where a server told none.
    ``cost_usd`` is None once any price or usage was unknown; ``charged_usd`` is what the budget
    counts, the most that it can have been as far as prices are known.
    """

    rounds: int = 0
    seconds: float = 0.0
    calls: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0
    person_s: float = 0.0
    roles: tuple[RoleSpend, ...] = ()
    charged_usd: float = 0.0

    @property
    def counted_usd(self) -> float:
        """The dollars that a budget counts."""
        return max(self.charged_usd, self.cost_usd or 0.0)
