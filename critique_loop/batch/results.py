"""What became of one item, as the store keeps it and as a line of the outcomes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import msgspec

from critique_loop.errors import StoreError
from critique_loop.store.batches import Finished, ItemState
from critique_loop.values import Outcome, Spend, StopReason

FORMAT = 1
BUDGET_ENDS = frozenset({StopReason.TIME, StopReason.CALLS, StopReason.TOKENS, StopReason.COST})
UNAVAILABLE = frozenset({StopReason.MODEL_UNAVAILABLE, StopReason.SANDBOX_UNAVAILABLE})
_UNFINISHED = frozenset({StopReason.INTERRUPTED, StopReason.PAUSED, *UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Earlier:
    """What runs have taken that an item does not go on with."""

    calls: int = 0
    tokens: int = 0
    charged_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item.

    ``id`` is that of its task, ``run`` its run's. ``score`` is the weighted mean of the best round.
    ``cost_usd`` is None where a price is not known; ``charged_usd`` is what budgets count.
    ``failed``: its loop came to no end; ``message`` says why. ``earlier`` is what runs of it took
    that were given up because their worker seemed to be gone.
    """

    id: str = ""
    run: str | None = ""
    accepted: bool = False
    stopped_because: str = ""
    message: str = ""
    rounds: int = 0
    score: float | None = None
    cost_usd: float | None = 0.0
    charged_usd: float = 0.0
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0
    goal: str = ""
    failed: bool = False
    earlier: Earlier = Earlier()

    @classmethod
    def of(cls, outcome: Outcome, name: str) -> Result:
        """Return what an outcome comes to."""
        spend = outcome.spend
        return cls(
            id=name,
            run=outcome.run_id,
            accepted=outcome.accepted,
            stopped_because=outcome.stopped_because.value,
            message=outcome.message,
            rounds=len(outcome.rounds),
            score=outcome.best.critique.overall if outcome.best else None,
            cost_usd=spend.cost_usd,
            charged_usd=spend.counted_usd,
            calls=spend.calls,
            tokens=spend.tokens,
            seconds=round(spend.seconds, 3),
            goal=outcome.task.goal,
        )

    @classmethod
    def spent(cls, spend: Spend) -> Result:
        """Return what an unfinished run has taken so far."""
        return cls(calls=spend.calls, tokens=spend.tokens, charged_usd=spend.counted_usd)

    @property
    def text(self) -> str:
        """All of it as JSON."""
        return msgspec.json.encode(self).decode()


def result_of(finished: Finished) -> Result:
    """Return the result of an item that has finished.

    Raises:
        StoreError: it can't be read.
    """
    try:
        found = msgspec.json.decode(finished.result, type=Result)
    except msgspec.MsgspecError as error:
        raise StoreError(f"the result of item {finished.item} can't be read: {error}") from error
    failed = finished.state is ItemState.FAILED
    return replace(found, id=found.id or finished.item, failed=failed)


def record_of(finished: Finished) -> dict[str, object]:
    """Return the line of an item: JSON types."""
    result = asdict(result_of(finished))
    del result["earlier"]
    if result.pop("failed"):
        result["stopped_because"] = "failed"
    head = {"format": FORMAT, "item": finished.item, "line": finished.position}
    return {**head, **result}


def is_final(outcome: Outcome, ended: StopReason | None) -> bool:
    """Whether a run ended by itself: not cut short, nor by the budget of the whole batch.

    ``ended`` is the limit of the batch's budget that a request ran into.
    """
    reason = outcome.stopped_because
    if reason in _UNFINISHED:
        return False
    return not (reason in BUDGET_ENDS and reason is ended)
