"""One run as a scan gives it out: decoded as far as is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeVar

from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import StoreError
from critique_loop.store.encoding import Source, decode
from critique_loop.store.labels import LabelRow
from critique_loop.store.liveness import is_alive
from critique_loop.store.rows import BODIES
from critique_loop.store.summaries import RunState
from critique_loop.values import (
    Call,
    Ended,
    Event,
    EventBody,
    EventKind,
    Label,
    Preference,
    Resumed,
    Round,
    Started,
    StopReason,
)

_OF_ROUNDS = (
    EventKind.STARTED,
    EventKind.DRAFTED,
    EventKind.EXECUTED,
    EventKind.CRITIQUED,
    EventKind.DECIDED,
)
_Body = TypeVar("_Body", bound=EventBody)


class Row(NamedTuple):
    """A step as the file holds it."""

    seq: int
    kind: str
    round: int
    at: float
    seconds: float
    body: str


@dataclass(frozen=True, eq=False, repr=False)
class StoredRun:
    """One run of a store as it was at one moment.

    ``started_at`` is Unix time. Everything else is decoded when it is first asked for, and raises
    StoreError where that can't be done. A branch (``started.origin``) has copies of the first steps
    of another run. ``rows``, ``source``, ``processes`` and ``label_rows`` are what it is decoded
    from.
    """

    run_id: str
    started_at: float
    rows: Sequence[Row]
    source: Source
    processes: tuple[str, ...] = ()
    label_rows: Sequence[LabelRow] = ()

    def __repr__(self) -> str:
        return f"StoredRun({self.run_id!r}, {len(self.rows)} steps)"

    @cached_property
    def started(self) -> Started:
        """How it began: its task, its actors, its settings."""
        found = self._bodies(EventKind.STARTED, Started)
        if not found:
            raise StoreError(f"run {self.run_id}: its first step is missing")
        return found[0]

    @cached_property
    def ended(self) -> Ended | None:
        """How it ended; None while it goes on, also after it was resumed."""
        last = next((row for row in reversed(self.rows) if row.kind in ("ended", "resumed")), None)
        return self._body(last, Ended) if last is not None and last.kind == "ended" else None

    @property
    def accepted(self) -> bool:
        """Whether the user's criteria were met."""
        return self.ended is not None and self.ended.stopped_because is StopReason.ACCEPTED

    @property
    def state(self) -> RunState:
        """Where it stands."""
        if self.ended is not None:
            return RunState.ENDED
        alive = any(is_alive(process) for process in self.processes)
        return RunState.RUNNING if alive else RunState.KILLED

    @cached_property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds that have a critique, in order."""
        return Checkpoint.of(self.run_id, self.events_of(*_OF_ROUNDS)).rounds

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls of models, in order; ``events_of`` tells also in which round each was."""
        return self._bodies(EventKind.CALLED, Call)

    @cached_property
    def resumed(self) -> tuple[Resumed, ...]:
        """How it went on each time that it was resumed."""
        return self._bodies(EventKind.RESUMED, Resumed)

    @cached_property
    def labels(self) -> tuple[Label | Preference, ...]:
        """What persons said of its drafts, oldest first, also what was superseded since."""
        return tuple(row.decoded(self.source) for row in self.label_rows)

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """How far it has come, as for going on with it."""
        return Checkpoint.of(self.run_id, self.events)

    @property
    def events(self) -> tuple[Event, ...]:
        """All its steps, in order."""
        return self.events_of(*EventKind)

    def events_of(self, *kinds: EventKind) -> tuple[Event, ...]:
        """Return its steps of these kinds, in order; no others are decoded."""
        wanted: dict[str, EventKind] = {kind.value: kind for kind in kinds}
        return tuple(self._event(row, wanted[row.kind]) for row in self.rows if row.kind in wanted)

    def _event(self, row: Row, kind: EventKind) -> Event:
        is_start = row is self.rows[0] and kind is EventKind.STARTED  # decoded already, mostly
        return Event(
            run_id=self.run_id,
            seq=row.seq,
            kind=kind,
            round=row.round,
            at=row.at,
            seconds=row.seconds,
            body=self.started if is_start else self._body(row, BODIES[kind]),
        )

    def _bodies(self, kind: EventKind, body: type[_Body]) -> tuple[_Body, ...]:
        return tuple(self._body(row, body) for row in self.rows if row.kind == kind)

    def _body(self, row: Row, body: type[_Body]) -> _Body:
        try:
            return decode(row.body, body, self.source)
        except StoreError as error:
            raise StoreError(
                f"run {self.run_id}, step {row.seq}: {error.problem}", remedy=error.remedy
            ) from error
