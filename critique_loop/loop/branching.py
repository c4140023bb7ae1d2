"""Branches: new runs whose first rounds are copies of another run's."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import CallError
from critique_loop.loop.beginning import RunOptions, new_run_id, started
from critique_loop.values import DecisionKind, Event, EventBody, EventKind, Origin

if TYPE_CHECKING:
    from critique_loop.loop import Loop
    from critique_loop.protocols import TraceStore


class Copy(NamedTuple):
    """One step of another run, as a branch keeps it."""

    kind: EventKind
    round: int
    seconds: float
    body: EventBody


def copies(found: Checkpoint, rounds: int) -> list[Copy]:
    """Return the steps of the first ``rounds`` of a run: drafts, executions, critiques, decisions.

    The decision that ended the run is asked for anew, so it is none of them. Neither are calls of
    models and questions to persons: what they cost is told once, where it was spent.
    """
    steps: list[Copy] = []
    for number in range(1, rounds + 1):
        parts = found.parts[number]
        if parts.draft is None or parts.execution is None or parts.critique is None:
            raise RuntimeError("a round without its parts")
        steps += [
            Copy(EventKind.DRAFTED, number, parts.writer_s, parts.draft),
            Copy(EventKind.EXECUTED, number, parts.sandbox_s, parts.execution),
            Copy(EventKind.CRITIQUED, number, parts.critic_s, parts.critique),
        ]
        decision = parts.decision
        ends = decision.kind in (DecisionKind.PENDING, DecisionKind.ACCEPT, DecisionKind.STOP)
        if not ends:
            steps.append(Copy(EventKind.DECIDED, number, 0.0, decision))
    return steps


def check_round(found: Checkpoint, from_round: int) -> None:
    """Refuse to branch from what a run does not have.

    Raises:
        CallError: it is a rescoring, or has no such round with a critique.
    """
    refuse_rescoring(found)
    last = len(found.rounds)
    if not 1 <= from_round <= last:
        rounds = "round 1" if last == 1 else f"rounds 1 to {last}"
        has = f"has {rounds}" if last else "has no round that was judged"
        raise CallError(
            f"run {found.run_id} can't be branched from round {from_round}: it {has}",
            remedy=f"Look at them: critique-loop show {found.run_id}",
        )


def refuse_rescoring(found: Checkpoint) -> None:
    """Refuse to go on with what holds nothing but scores.

    Raises:
        CallError: it does.
    """
    origin = found.started.origin
    if origin is not None and origin.rescored:
        raise CallError(
            f"{found.run_id} holds new scores of run {origin.run_id}, and is no run to go on with",
            remedy=f"Go on with that one: critique-loop resume {origin.run_id}",
        )


async def begun(
    loop: Loop, store: TraceStore, found: Checkpoint, from_round: int, options: RunOptions
) -> list[Event]:
    """Store the beginning of a branch, and return it.

    Raises:
        StoreError: a step could not be stored.
    """
    run_id = options.get("run_id") or new_run_id()
    origin = Origin(found.run_id, from_round)
    body = started(loop, found.started.task, options, origin)
    body = replace(body, settings={**body.settings, **_redaction(found, from_round)})
    first = Event(run_id, 0, EventKind.STARTED, 0, time.time(), 0.0, body)
    await store.append(first)
    told = options.get("on_event")
    if told is not None:
        told(first)
    return [first, *[e async for e in _copied(store, run_id, copies(found, from_round), 1, told)]]


def _redaction(found: Checkpoint, rounds: int) -> Mapping[str, object]:
    """Return what was noted of a redaction, of the rounds that are copied; nothing without one."""
    note = found.started.settings.get("redacted")
    if not isinstance(note, dict):
        return {} if note is None else {"redacted": note}
    kept = dict(cast("dict[str, object]", note))
    rewritten = kept.get("rewritten_rounds")
    if isinstance(rewritten, list):
        numbers = cast("list[object]", rewritten)
        kept["rewritten_rounds"] = [n for n in numbers if not isinstance(n, int) or n <= rounds]
    return {"redacted": kept}


async def completed(
    store: TraceStore, branch: Checkpoint, told: Callable[[Event], None] | None
) -> list[Event]:
    """Store what is missing of the copies of a branch that was cut off while it began.

    Raises:
        CallError: the run that they are of is not in the store.
    """
    origin = branch.started.origin
    if origin is None or not branch.is_copying:
        return []
    events = [event async for event in store.events(origin.run_id)]
    if not events:
        raise CallError(
            f"run {branch.run_id} is a branch of {origin.run_id}, which is not in this store",
            remedy=f"Import run {origin.run_id} here, or go on with the branch where it is.",
        )
    steps = copies(Checkpoint.of(origin.run_id, events), origin.round)
    missing = steps[branch.next_seq - 1 :]
    return [e async for e in _copied(store, branch.run_id, missing, branch.next_seq, told)]


async def _copied(
    store: TraceStore,
    run_id: str,
    steps: list[Copy],
    first_seq: int,
    told: Callable[[Event], None] | None,
) -> AsyncGenerator[Event]:
    for seq, step in enumerate(steps, first_seq):
        event = Event(run_id, seq, step.kind, step.round, time.time(), step.seconds, step.body)
        await store.append(event)
        if told is not None:
            told(event)
        yield event
