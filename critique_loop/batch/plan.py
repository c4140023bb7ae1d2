"""What a command wants of a batch: its tasks, its settings, how wide, how much, where to."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from critique_loop.batch.configuration import Config
from critique_loop.batch.making import Actors
from critique_loop.batch.progress import Progress
from critique_loop.batch.sandboxes import Room
from critique_loop.batch.sources import TaskSource
from critique_loop.budget import UNLIMITED, Budget
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError, CritiqueLoopError
from critique_loop.store import SqliteStore
from critique_loop.values import Event, StopReason

_PER_SANDBOX = 4


@dataclass(frozen=True, slots=True)
class Width:
    """How much goes on at once; None: what this machine has room for.

    ``live`` loops, ``sandboxes`` in which programs run at the same time, all workers together.
    """

    live: int | None = None
    sandboxes: int | None = None
    workers: int = 1

    def __post_init__(self) -> None:
        """Refuse what would be nothing.

        Raises:
            CallError: a number is below 1.
        """
        for name in ("live", "sandboxes", "workers"):
            number: int | None = getattr(self, name)
            if number is not None and number < 1:
                raise CallError(f"{name} is {number}", remedy="Give 1 or more.")

    def room(self) -> Room:
        """Return the room for sandboxes of one worker."""
        found = Room.of_this_machine()
        if self.sandboxes is not None:
            found = Room(self.sandboxes, max(self.sandboxes, found.open))
        return found.share(self.workers)

    def live_of_each(self, settings: LoopSettings, room: Room) -> int:
        """Return how many loops one worker has live: more where they wait for models."""
        if self.live is not None:
            return max(1, self.live // self.workers)
        waits = bool(settings.model or settings.critic_model)
        return room.running * (_PER_SANDBOX if waits else 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """All that one command says about a batch.

    ``budget`` is for all loops together. ``out`` gets ``outcomes.jsonl`` (None: it is not written),
    with ``files`` also a folder for each item. ``new`` begins another batch where there is one of
    the same tasks. ``pauses_s`` are those after which a loop that could not reach what it needs is
    tried again.
    """

    source: TaskSource
    settings: LoopSettings
    store: SqliteStore
    rubric: str = ""
    actors: Actors = field(default_factory=Actors)
    width: Width = field(default_factory=Width)
    budget: Budget = UNLIMITED
    out: Path | None = None
    files: bool = False
    new: bool = False
    pauses_s: tuple[float, ...] = (2.0, 15.0)


@dataclass(frozen=True, slots=True)
class Listening:
    """Who is told of the progress twice a second, sees each step, and may end it all.

    ``stop_requested`` is asked often; true lets live loops finish their round, and no new ones
    begin.
    """

    on_progress: Callable[[Progress], None] | None = None
    on_event: Callable[[Event], None] | None = None
    on_notice: Callable[[str], None] | None = None
    stop_requested: Callable[[], bool] = bool


class BatchEnd(StrEnum):
    """Why a command ended: all is done; it was stopped; the budget; something is out of order."""

    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    BUDGET = "budget"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What a command made of a batch.

    ``limit`` is the limit of the budget that ended it, ``failure`` what was out of order.
    ``repeated`` lines said the same as others and were run once.
    """

    batch: str
    title: str
    progress: Progress
    ended: BatchEnd
    limit: StopReason | None = None
    failure: CritiqueLoopError | None = None
    outcomes: Path | None = None
    repeated: int = 0

    def record(self, store: Path) -> dict[str, Any]:
        """Return the JSON document of it (format 1)."""
        progress = self.progress
        return {
            "format": 1,
            "batch": self.batch,
            "tasks": self.title,
            "ended": self.ended.value,
            "limit": self.limit.value if self.limit else None,
            "problem": self.failure.problem if self.failure else "",
            "total": progress.total,
            "done": progress.done,
            "accepted": progress.accepted,
            "failed": progress.failed,
            "waiting": progress.total - progress.done - progress.failed,
            "done_before": progress.kept,
            "repeated_lines": self.repeated,
            "seconds": round(progress.seconds, 3),
            "calls": progress.calls,
            "tokens": progress.tokens,
            "cost_usd": progress.cost_usd,
            "calls_before": progress.before.calls,
            "tokens_before": progress.before.tokens,
            "cost_usd_before": progress.before.cost_usd,
            "not_accepted": dict(progress.reasons),
            "failures": dict(progress.failures),
            "outcomes": str(self.outcomes) if self.outcomes else None,
            "store": str(store),
        }


def require_settings_alone(config: Config) -> None:
    """Refuse to run in another process what only this one can build.

    Raises:
        CallError: actors were given as objects.
    """
    if config.parts:
        named = ", ".join(sorted(config.parts))
        raise CallError(
            f"the {named} of this batch were given as objects, which other processes don't have",
            remedy="Run it with one worker, from the program that has them.",
        )


def python() -> str:
    """Return the interpreter that workers are started with."""
    return sys.executable
