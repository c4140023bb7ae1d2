"""What escalation bought in a run, read from its trace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from critique_loop.models.cascade import ESCALATED
from critique_loop.values import Call, Critique, Event

_WRITER = "writer"


@dataclass(frozen=True, slots=True)
class Bought:
    """What the calls of one role to one model for one kind of reason took, and what came of it.

    ``reason`` is "" for calls that were the first choice, else "stuck", "confidence", "score",
    "spread" or the kind of an invalid answer. ``cost_usd`` is None where a price or usage is
    unknown. ``gain`` adds up by how much the overall score of rounds whose writer made such a call
    was above that of the best round before (None: no such round with both scores); a round
    that was worse counts as it is. It says what happened, not what would have happened without.
    """

    role: str
    model: str
    reason: str = ""
    calls: int = 0
    requests: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0
    gain: float | None = None


def bought(events: Iterable[Event]) -> tuple[Bought, ...]:
    """Return what each model took and brought, by role and reason, in the order of first use.

    ``events`` are those of one run in order. Calls that were answered from the cache are left out.
    """
    rows: dict[tuple[str, str, str], Bought] = {}
    best: float | None = None
    writing: set[tuple[str, str, str]] = set()
    at_round = 0
    for event in events:
        if event.round != at_round:
            at_round = event.round
            writing.clear()
        if isinstance(event.body, Call) and not event.body.from_cache:
            call = event.body
            key = (call.role, call.model, _kind(call.reason))
            rows[key] = _plus(rows.get(key, Bought(*key)), call)
            if call.role == _WRITER:
                writing.add(key)
        elif isinstance(event.body, Critique) and event.body.overall is not None:
            overall = event.body.overall
            for key in writing if best is not None else ():
                gain = (rows[key].gain or 0.0) + overall - (best or 0.0)
                rows[key] = replace(rows[key], gain=gain)
            best = overall if best is None else max(best, overall)
    return tuple(rows.values())


def _kind(reason: str) -> str:
    """Return the kind of an escalation's reason: "escalated: score (3 < 5)" is of "score"."""
    _, escalated, rest = reason.partition(ESCALATED)
    return rest.partition(";")[0].partition(" (")[0] if escalated else ""


def _plus(row: Bought, call: Call) -> Bought:
    unknown = row.cost_usd is None or call.cost_usd is None
    return replace(
        row,
        calls=row.calls + 1,
        requests=row.requests + call.requests,
        tokens=row.tokens + (call.usage.total or 0),
        cost_usd=None if unknown else (row.cost_usd or 0.0) + (call.cost_usd or 0.0),
        seconds=row.seconds + call.seconds,
    )
