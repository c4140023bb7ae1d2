"""The steps of a run as append-only events, the unit of the trace store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from critique_loop.values.models import Call
from critique_loop.values.people import Asked
from critique_loop.values.rounds import Critique, Decision, Draft, Execution, StopReason
from critique_loop.values.spending import Spend
from critique_loop.values.tasks import Task


class EventKind(StrEnum):
    """Which step an event records; each kind carries the body named after it."""

    STARTED = "started"
    DRAFTED = "drafted"
    EXECUTED = "executed"
    CRITIQUED = "critiqued"
    DECIDED = "decided"
    CALLED = "called"
    ASKED = "asked"
    RESUMED = "resumed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Origin:
    """The run that a branch goes on from, and the last of its rounds that the branch has, too.

    ``rescored``: it is no branch but holds new critiques of those rounds, and nothing else.
    """

    run_id: str
    round: int
    rescored: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """A run began: its task, the names of the actors, and how they were configured.

    ``settings`` are plain JSON types, enough to build the same loop again; never a key or password.
    A branch names its ``origin``: the steps up to that round are copies of those of another run.
    ``batch`` and ``item`` say which batch it belongs to and which of its items it is ("": none).
    """

    task: Task
    writer: str
    critic: str
    sandbox: str
    version: str
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    origin: Origin | None = None
    batch: str = ""
    item: str = ""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A run that had stopped goes on, by this version of the package.

    ``settings`` are what holds from here on where something was changed, else none. ``writer`` and
    ``critic`` are the names of the actors then ("": as before).
    """

    version: str
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    writer: str = ""
    critic: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run ended: why, and which round is the best (0: none)."""

    stopped_because: StopReason
    best_round: int
    spend: Spend
    message: str = ""


EventBody = Started | Draft | Execution | Critique | Decision | Call | Asked | Resumed | Ended


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
