"""Where a run comes from, how it went on, and how it was scored since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from critique_loop.cli.text import plain
from critique_loop.errors import CallError
from critique_loop.rescoring import Rescoring, read, rescorings
from critique_loop.store import SqliteStore
from critique_loop.values import Event, Outcome, Resumed, Started


@dataclass(frozen=True, slots=True)
class Change:
    """A run went on after ``round``, with other actors or settings where they are named."""

    round: int
    writer: str
    critic: str
    settings: Mapping[str, object]

    def line(self) -> str:
        """Return what was changed, in words."""
        actors = (("writer", self.writer), ("critic", self.critic))
        named = [f"{role} {plain(name, width=60)}" for role, name in actors if name]
        settings = [
            f"{name} {plain(str(value), width=40)}" for name, value in self.settings.items()
        ]
        return f"resumed after round {self.round}: {', '.join([*named, *settings])}"


@dataclass(frozen=True, slots=True)
class Course:
    """One run with all that belongs to it; ``rescoring`` is what it is, where it is one."""

    outcome: Outcome
    events: Sequence[Event]
    changes: Sequence[Change] = ()
    rescored: Sequence[Rescoring] = ()
    rescoring: Rescoring | None = None

    @property
    def started(self) -> Started:
        """How it began."""
        return next(event.body for event in self.events if isinstance(event.body, Started))

    def record(self) -> dict[str, object]:
        """Return it as plain JSON values."""
        origin = self.started.origin
        return {
            "branch_of": origin and {"run": origin.run_id, "round": origin.round},
            "batch": self.started.batch,
            "item": self.started.item,
            "resumed": [
                {
                    "after_round": change.round,
                    "writer": change.writer,
                    "critic": change.critic,
                    "settings": dict(change.settings),
                }
                for change in self.changes
            ],
            "rescorings": [
                {"id": one.id, "rubric": one.rubric.name, "critic": one.critic}
                for one in self.rescored
            ],
        }

    def lines(self) -> list[str]:
        """Return it in words."""
        lines: list[str] = []
        started, origin = self.started, self.started.origin
        if origin is not None:
            copies = f"rounds 1 to {origin.round} are" if origin.round > 1 else "round 1 is"
            lines.append(
                f"branch of {origin.run_id} from round {origin.round}: {copies} copied from there; "
                "what that cost is counted there, not here"
            )
        if started.batch:
            lines.append(f"item {plain(started.item)} of batch {plain(started.batch)}")
        lines += [change.line() for change in self.changes if _says_something(change)]
        for one in self.rescored:
            by = f"{plain(one.rubric.name)}, critic {plain(one.critic, width=60)}"
            lines.append(f"scored again by {by}: critique-loop show {one.id}")
        return lines


def _says_something(change: Change) -> bool:
    return bool(change.writer or change.critic or change.settings)


async def course_of(store: SqliteStore, prefix: str) -> Course:
    """Return the run whose id begins with ``prefix``.

    Raises:
        CallError: there is none.
    """
    run_id = await store.find(prefix)
    events = [event async for event in store.events(run_id)]
    outcome = await store.outcome(run_id)
    started = next((event.body for event in events if isinstance(event.body, Started)), None)
    if started is None:
        raise CallError(
            f"run {run_id}: its first step is missing",
            remedy="Check the store: critique-loop store check.",
        )
    if started.origin is not None and started.origin.rescored:
        return Course(outcome, events, rescoring=await read(store, run_id))
    return Course(outcome, events, _changes(events, started), await rescorings(store, run_id))


def _changes(events: Sequence[Event], started: Started) -> list[Change]:
    found: list[Change] = []
    settings, last = started.settings, 0
    for event in events:
        body = event.body
        if isinstance(body, Resumed):
            now = body.settings or settings
            new = {name: value for name, value in now.items() if settings.get(name) != value}
            found.append(Change(last, body.writer, body.critic, new))
            settings = now
        last = max(last, event.round)
    return found
