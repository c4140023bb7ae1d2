"""What the run of an item has taken, as its stored steps tell it: also one that was killed.

It is counted as a ledger counts the steps of a run, within the statement that needs it, so that
nothing can come between.
"""

from __future__ import annotations

from dataclasses import dataclass

_PAID = "kind = 'called' AND NOT coalesce(json_extract(body, '$.from_cache'), 0)"
_STEPS = """FROM events
    WHERE run_id = batch_items.run_id AND kind IN ('called', 'drafted', 'ended')"""
_REQUESTS = f"CASE WHEN {_PAID} THEN json_extract(body, '$.requests') END"
_TOLD = f"""CASE WHEN {_PAID} THEN coalesce(json_extract(body, '$.charged_tokens'),
    json_extract(body, '$.usage.input_tokens') + json_extract(body, '$.usage.output_tokens')) END"""
_DOLLARS = f"""CASE WHEN kind = 'drafted' OR ({_PAID})
    THEN coalesce(json_extract(body, '$.charged_usd'), json_extract(body, '$.cost_usd')) END"""
_UNKNOWN = f"""(SELECT count(*) {_STEPS}
    AND (kind = 'drafted' OR ({_PAID})) AND json_extract(body, '$.cost_usd') IS NULL)"""
_NOTED = "coalesce(json_extract(nullif(result, ''), '$.{}'), 0)"
_NAMES = ("calls", "tokens", "charged_usd")


def _amount(name: str, step: str) -> str:
    # What was reserved for a request that was cut off stands in no step, but in the end of its run
    # and in what was noted before.
    end = f"coalesce(max(json_extract(body, '$.spend.{name}')), 0)"
    return f"max({_NOTED.format(name)}, (SELECT max(coalesce(sum({step}), 0), {end}) {_STEPS}))"


_TAKEN = tuple(map(_amount, _NAMES, (_REQUESTS, _TOLD, _DOLLARS)))
_EARLIER = tuple(_NOTED.format(f"earlier.{name}") for name in _NAMES)

WITH_TAKEN = f"""json_set(iif(result = '', '{{}}', result), '$.calls', {_TAKEN[0]},
    '$.tokens', {_TAKEN[1]}, '$.charged_usd', {_TAKEN[2]},
    '$.cost_usd', iif({_UNKNOWN}, NULL, {_TAKEN[2]}))"""
"""The result of an item, with what its run took."""

AS_EARLIER = f"""json_object('earlier', json_object('calls', {_TAKEN[0]} + {_EARLIER[0]},
    'tokens', {_TAKEN[1]} + {_EARLIER[1]}, 'charged_usd', {_TAKEN[2]} + {_EARLIER[2]}))"""
"""The result of an item that is to get another run: what those before have taken."""

KEEPING_EARLIER = """json_patch(?, json_object('earlier',
    json_extract(nullif(result, ''), '$.earlier')))"""
"""Another result, with what earlier runs of the item took."""


_UNFINISHED = "state IN ('waiting', 'leased')"
_CUT_OFF = f"{_UNFINISHED} AND run_id IS NOT NULL"
_UNPRICED = f"""total(iif({_CUT_OFF}, {_UNKNOWN} > 0,
    result <> '' AND json_extract(nullif(result, ''), '$.calls') IS NOT NULL
    AND json_extract(nullif(result, ''), '$.cost_usd') IS NULL))"""


def _sum(name: str, taken: str, earlier: str) -> str:
    return f"coalesce(sum(iif({_CUT_OFF}, {taken}, {_NOTED.format(name)}) + {earlier}), 0)"


_SUMS = ", ".join(map(_sum, (*_NAMES, "cost_usd"), (*_TAKEN, _TAKEN[2]), (*_EARLIER, _EARLIER[2])))
SPENT = f"SELECT {_SUMS}, {_UNPRICED} FROM batch_items WHERE batch = ?"  # noqa: S608 - parts of ours
"""What all items of a batch have taken, also those whose loops were killed; how often unpriced."""

_BOTH = ", ".join(f"{one} + {other}" for one, other in zip(_TAKEN, _EARLIER, strict=True))
BEGUN = f"""SELECT item, {_BOTH} FROM batch_items
    WHERE batch = ? AND {_UNFINISHED} AND (run_id IS NOT NULL OR result <> '')"""  # noqa: S608 - parts of ours
"""What each item of a batch has taken that was begun and has not finished."""


@dataclass(frozen=True, slots=True)
class Charged:
    """What loops have taken: ``usd`` as budgets count it, ``cost_usd`` None where it is unknown."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    cost_usd: float | None = 0.0
