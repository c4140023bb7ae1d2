"""One run as a scan gives it out: decoded as far as is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import StoreError
from critique_loop.store.encoding import Source, decode
from critique_loop.store.labels import LabelRow
from critique_loop.store.liveness import is_alive
from critique_loop.store.once import Once
from critique_loop.store.rows import BODIES
from critique_loop.store.summaries import RunState
from critique_loop.values import (
    Call,
    Ended,
    Event,
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
_STARTED = EventKind.STARTED.value
T = TypeVar("T")


# A step as the file holds it: seq, kind, round, at, seconds, body, and the number of its run there.
# The body is empty where it is read only when it is asked for. There are so many that a class of
# their own for rows would be a sixth of what a scan costs.
Row = tuple[int, str, int, float, float, str, int]


def _no_body(run_id: str, seq: int) -> str:
    raise StoreError(f"step {seq} of run {run_id} was not read")


@dataclass(frozen=True, eq=False, repr=False)
class StoredRun:
    """One run of a store as it was at one moment.

    ``started_at`` is Unix time. Everything else is decoded when it is first asked for, and raises
    StoreError where that can't be done. A branch (``started.origin``) has copies of the first steps
    of another run. ``rows``, ``source``, ``processes`` and ``label_rows`` are what it is decoded
    from; ``fetch`` reads the body of a step that was not read with the others.
    """

    run_id: str
    started_at: float
    rows: Sequence[Row]
    source: Source
    processes: tuple[str, ...] = ()
    label_rows: Sequence[LabelRow] = ()
    fetch: Callable[[str, int], str] = _no_body

    def __repr__(self) -> str:
        return f"StoredRun({self.run_id!r}, {len(self.rows)} steps)"

    @Once
    def started(self) -> Started:
        """How it began: its task, its actors, its settings."""
        for row in self.rows:
            if row[1] == _STARTED:
                return self._body(row, Started)
        raise StoreError(f"run {self.run_id}: its first step is missing")

    @Once
    def ended(self) -> Ended | None:
        """How it ended; None while it goes on, also after it was resumed."""
        last = next((row for row in reversed(self.rows) if row[1] in ("ended", "resumed")), None)
        return self._body(last, Ended) if last is not None and last[1] == "ended" else None

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

    @Once
    def rounds(self) -> tuple[Round, ...]:
        """The rounds that have a critique, in order."""
        return Checkpoint.of(self.run_id, self.events_of(*_OF_ROUNDS)).rounds

    @Once
    def calls(self) -> tuple[Call, ...]:
        """The calls of models, in order; ``events_of`` tells also in which round each was."""
        return self._bodies(EventKind.CALLED, Call)

    @Once
    def resumed(self) -> tuple[Resumed, ...]:
        """How it went on each time that it was resumed."""
        return self._bodies(EventKind.RESUMED, Resumed)

    @Once
    def labels(self) -> tuple[Label | Preference, ...]:
        """What persons said of its drafts, oldest first, also what was superseded since."""
        return tuple(row.decoded(self.source) for row in self.label_rows)

    @Once
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
        return tuple(self._event(row, wanted[row[1]]) for row in self.rows if row[1] in wanted)

    def _event(self, row: Row, kind: EventKind) -> Event:
        seq, _, number, at, seconds, _, _ = row
        is_start = row is self.rows[0] and kind is EventKind.STARTED  # decoded already, mostly
        return Event(
            run_id=self.run_id,
            seq=seq,
            kind=kind,
            round=number,
            at=at,
            seconds=seconds,
            body=self.started if is_start else self._body(row, BODIES[kind]),
        )

    def _bodies(self, kind: EventKind, body: type[T]) -> tuple[T, ...]:
        name = kind.value
        return tuple([self._body(row, body) for row in self.rows if row[1] == name])

    def _body(self, row: Row, body: type[T]) -> T:
        return self.decoded(row[0], row[5], body)

    def decoded(self, seq: int, text: str, kind: type[T]) -> T:
        """Return the body of a step, whose JSON is ``text``, read now if it was not before.

        Raises:
            StoreError: it can't be read back.
        """
        try:
            return decode(text or self.fetch(self.run_id, seq), kind, self.source)
        except StoreError as error:
            raise StoreError(
                f"run {self.run_id}, step {seq}: {error.problem}", remedy=error.remedy
            ) from error
