"""What no loop writes into a trace: times of no calendar, marks above 10, steps after the end.

What comes from elsewhere is refused for it; a store that holds such a step already is told of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import cast

from critique_loop.store.rows import Row
from critique_loop.values import (
    Answer,
    Asked,
    Call,
    Critique,
    Decision,
    Draft,
    Ended,
    EventBody,
    EventKind,
    Execution,
    Finding,
    RoleSpend,
    Score,
    Spend,
    Usage,
    Vote,
)

END_OF_TIME = 253_402_300_800.0  # 10000-01-01, in Unix time: calendars end before it
LONGEST_S = 315_576_000.0  # ten years
_FULL = 10.0
_COUNT = 2.0**53  # from here on JSON has gaps between whole numbers
_DOLLARS = 1e9
# Each field with the most that it can hold; the least is 0.
_MOST: Mapping[type, Mapping[str, float]] = {
    Asked: {"waited_s": LONGEST_S},
    Call: {
        "cost_usd": _DOLLARS,
        "charged_usd": _DOLLARS,
        "charged_tokens": _COUNT,
        "requests": _COUNT,
        "seconds": LONGEST_S,
    },
    Critique: {"overall": _FULL, "spread": _FULL, "claims": _COUNT, "unsupported": _COUNT},
    Draft: {"cost_usd": _DOLLARS, "candidate": _COUNT, "candidates": _COUNT},
    Execution: {"wall_s": LONGEST_S, "cpu_s": LONGEST_S * 1000, "peak_memory_bytes": _COUNT},
    Finding: {"confidence": 1.0},
    RoleSpend: {"calls": _COUNT, "tokens": _COUNT, "cost_usd": _DOLLARS, "seconds": LONGEST_S},
    Score: {"value": _FULL, "pass_mark": _FULL, "confidence": 1.0, "spread": _FULL},
    Spend: {
        "rounds": _COUNT,
        "seconds": LONGEST_S,
        "calls": _COUNT,
        "tokens": _COUNT,
        "cost_usd": _DOLLARS,
        "charged_usd": _DOLLARS,
        "person_s": LONGEST_S,
    },
    Usage: dict.fromkeys(
        ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens"), _COUNT
    ),
    Vote: {"value": _FULL},
}
# Where further values with such fields are.
_INSIDE: Mapping[type, tuple[str, ...]] = {
    Asked: ("answer",),
    Call: ("usage",),
    Critique: ("scores", "findings"),
    Decision: ("critique",),
    Ended: ("spend",),
    Score: ("votes",),
    Spend: ("roles",),
}


class Course:
    """The steps of one run as they come, each looked at for what cannot be."""

    def __init__(self) -> None:
        self._last = ""
        self._rounds = {0}

    def misplaced(self, row: Row) -> str:
        """Return why the next step can't come where it does ("": it can)."""
        has_ended = self._last == EventKind.ENDED
        self._last = row.kind
        if has_ended and row.kind != EventKind.RESUMED:
            return f"it is {row.kind} after the run's end"
        return ""

    def odd(self, row: Row, body: EventBody) -> str:
        """Return what the step, which came next, can't say ("": nothing)."""
        self._rounds.add(row.round)
        found = chain(odd_times(row.at, row.seconds), odd_numbers(body), self._odd_best(body))
        return next(found, "")

    def _odd_best(self, body: EventBody) -> Iterator[str]:
        if isinstance(body, Ended) and body.best_round not in self._rounds:
            yield f"its best round is {body.best_round}, which the run has not"


def odd_times(at: float, seconds: float) -> Iterator[str]:
    """Yield what is wrong with the time of a step and with how long it took."""
    if not 0 <= at < END_OF_TIME:
        yield f"{at:g} is no time from 1970 to 9999"
    if not 0 <= seconds <= LONGEST_S:
        yield f"it can't have taken {seconds:g} seconds"


def odd_numbers(value: object) -> Iterator[str]:
    """Yield which marks, amounts and counts in a body can't be."""
    kind = type(value)
    for field, most in _MOST.get(kind, {}).items():
        found = getattr(value, field)
        if found is not None and not 0 <= found <= most:
            yield f"{kind.__name__}.{field} can't be {_shown(found)}"
    if isinstance(value, Answer):
        for name, mark in value.scores.items():
            if not 0 <= mark <= _FULL:
                yield f"{_shown(mark)} is no mark for {name!r}"
    for field in _INSIDE.get(kind, ()):
        inner = getattr(value, field)
        within = cast("Iterable[object]", inner if isinstance(inner, tuple) else (inner,))
        for item in within:
            yield from odd_numbers(item)


def _shown(number: float) -> str:
    try:
        return f"{number:g}"
    except OverflowError:
        return "a number of more than 300 digits"
