"""What several calls took together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from critique_loop.values import Call, Reply, Usage


def cost_of(calls: Sequence[Call]) -> float | None:
    """Return the dollars of all calls, None where one is not known."""
    costs = [call.cost_usd for call in calls]
    return None if None in costs else sum(cost or 0.0 for cost in costs)


def with_calls(reply: Reply, calls: Sequence[Call]) -> Reply:
    """Return ``reply`` with what other calls took on the way to it.

    What a kept reply took once is no part of a sum with what was spent now.
    """
    nothing = Usage(0, 0)
    spent = sum((call.usage for call in calls), nothing)
    told = nothing if reply.from_cache and spent != nothing else reply.usage
    others = cost_of(calls)
    unknown = others is None or reply.cost_usd is None
    return replace(
        reply,
        usage=told + spent,
        cost_usd=None if unknown else (others or 0.0) + (reply.cost_usd or 0.0),
        requests=reply.requests + sum(call.requests for call in calls),
        from_cache=reply.from_cache and all(call.from_cache for call in calls),
    )
