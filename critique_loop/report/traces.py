"""A run with all that was said in it: what a report tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from critique_loop.checkpoint import asked
from critique_loop.protocols import TraceStore
from critique_loop.store.outcomes import rebuild
from critique_loop.values import Asked, Call, Event, Outcome, Resumed, Started


@dataclass(frozen=True, slots=True)
class Trace:
    """A run's outcome, and what is known of how it came about.

    ``started`` is None and the rest empty where only the outcome is known. ``calls`` and ``asked``
    are by round; 0 is outside rounds. ``started_at`` is Unix time.
    """

    outcome: Outcome
    started: Started | None = None
    started_at: float = 0.0
    resumed: tuple[Resumed, ...] = ()
    calls: Mapping[int, tuple[Call, ...]] = field(default_factory=dict[int, tuple[Call, ...]])
    asked: Mapping[int, tuple[Asked, ...]] = field(default_factory=dict[int, tuple[Asked, ...]])

    @classmethod
    async def read(cls, store: TraceStore, run_id: str) -> Self:
        """Read the run with this id from a store.

        Raises:
            StoreError: it can't be read, or is not there.
        """
        return cls.of(run_id, [event async for event in store.events(run_id)])

    @classmethod
    def of(cls, run_id: str, events: Iterable[Event]) -> Self:
        """Read the events of a run, in order.

        Raises:
            StoreError: they don't begin with its start.
        """
        kept = tuple(events)
        outcome = rebuild(run_id, kept)
        begins = [(event.body, event.at) for event in kept if isinstance(event.body, Started)]
        started, at = begins[-1]
        numbers = sorted({event.round for event in kept})
        by_round = {number: [e for e in kept if e.round == number] for number in numbers}
        return cls(
            outcome,
            started,
            at,
            resumed=tuple(event.body for event in kept if isinstance(event.body, Resumed)),
            calls={number: _calls(events) for number, events in by_round.items()},
            asked={number: asked(events) for number, events in by_round.items()},
        )


def _calls(events: Iterable[Event]) -> tuple[Call, ...]:
    return tuple(event.body for event in events if isinstance(event.body, Call))
