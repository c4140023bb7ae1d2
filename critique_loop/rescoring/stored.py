"""Rescorings as they lie in the store."""

from __future__ import annotations

from critique_loop.agreement.ratings import rubric_hash
from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import CallError
from critique_loop.protocols import TraceStore
from critique_loop.rescoring.comparing import Rescoring, compared
from critique_loop.store import SqliteStore
from critique_loop.store.listing import rescored_ids


async def rescorings(store: SqliteStore, run: str) -> tuple[Rescoring, ...]:
    """Return all rescorings of ``run``, the oldest first."""
    return tuple([await read(store, id_) for id_ in await rescored_ids(store, run)])


async def read(store: TraceStore, rescoring: str) -> Rescoring:
    """Return the rescoring of this id, beside what its run had.

    Raises:
        CallError: there is none, or its run is not in the store.
    """
    found = await _checkpoint(store, rescoring)
    origin = found.started.origin
    if origin is None or not origin.rescored:
        raise CallError(
            f"run {rescoring} is no rescoring",
            remedy=f"Score it again: critique-loop rescore {rescoring} --rubric FILE",
        )
    events = [event async for event in store.events(origin.run_id)]
    if not events:
        raise CallError(
            f"{rescoring} holds new scores of run {origin.run_id}, which is not in this store",
            remedy="Import that run here, or look at the scores where it is.",
        )
    run = Checkpoint.of(origin.run_id, events)
    return compared(found, run, rubric_sha256=rubric_hash(found.started.task.rubric))


async def run_of(store: TraceStore, run: str) -> Checkpoint:
    """Return a run that can be scored again.

    Raises:
        CallError: there is none, or it is a rescoring itself.
    """
    found = await _checkpoint(store, run)
    origin = found.started.origin
    if origin is not None and origin.rescored:
        raise CallError(
            f"{run} holds new scores of run {origin.run_id}, and no programs",
            remedy=f"Score that run again: critique-loop rescore {origin.run_id} --rubric FILE",
        )
    return found


async def _checkpoint(store: TraceStore, run: str) -> Checkpoint:
    events = [event async for event in store.events(run)]
    if not events:
        raise CallError(f"no run has the id {run!r}", remedy="List them: critique-loop ls")
    return Checkpoint.of(run, events)
