"""The steps of a run as append-only events, the unit of the trace store."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from critique_loop.values.rounds import Critique, Decision, Draft, Execution, Spend, StopReason
from critique_loop.values.tasks import Task


class EventKind(StrEnum):
    """Which step an event records; each kind carries the body named after it."""

    STARTED = "started"
    DRAFTED = "drafted"
    EXECUTED = "executed"
    CRITIQUED = "critiqued"
    DECIDED = "decided"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Started:
    """A run began: its task and the names of the actors."""

    task: Task
    writer: str
    critic: str
    sandbox: str
    version: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A run ended: why, and which round is the best (0: none)."""

    stopped_because: StopReason
    best_round: int
    spend: Spend
    message: str = ""


EventBody = Started | Draft | Execution | Critique | Decision | Ended


@dataclass(frozen=True, slots=True)
class Event:
    """One step of one run.

    (run_id, seq) is unique; ``round`` is 0 outside rounds; ``at`` is Unix time; ``seconds`` is what
    the step took.
    """

    run_id: str
    seq: int
    kind: EventKind
    round: int
    at: float
    seconds: float
    body: EventBody
