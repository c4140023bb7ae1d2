"""How a run begins, or goes on: the first step that is stored, before anything is paid for."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypedDict

from critique_loop._version import __version__
from critique_loop.errors import StoreError
from critique_loop.values import Event, EventKind, Origin, Resumed, Started, Task

if TYPE_CHECKING:
    from critique_loop.checkpoint import Checkpoint
    from critique_loop.ledger import Ledger
    from critique_loop.loop import Loop
    from critique_loop.loop.recording import Recorder
    from critique_loop.protocols import TraceStore


class RunOptions(TypedDict, total=False):
    """What may be said about one run besides its task.

    ``run_id`` names it (default: a new random one). ``on_event`` sees every step once it is stored.
    ``stop_requested`` is asked before each round; true ends the run there, with what it has.
    ``settings`` (JSON types, no keys) are kept with the start, to build the same loop again; of a
    run that goes on, they are what holds from here on where something was changed.
    ``ledger`` is that of a batch, whose budget this run shares. ``batch`` and ``item`` say which
    batch the run belongs to, and which of its items it is.
    """

    run_id: str
    on_event: Callable[[Event], None]
    stop_requested: Callable[[], bool]
    settings: Mapping[str, object]
    ledger: Ledger
    batch: str
    item: str


def new_run_id() -> str:
    """Return a name that no other run has."""
    return uuid.uuid4().hex[:12]


def started(loop: Loop, task: Task, options: RunOptions, origin: Origin | None = None) -> Started:
    """Return the start of a run of ``loop``; a branch has an ``origin``."""
    return Started(
        task=task,
        writer=loop.writer.name,
        critic=loop.critic.name,
        sandbox=loop.executor.name,
        version=__version__,
        settings=options.get("settings", {}),
        origin=origin,
        batch=options.get("batch", ""),
        item=options.get("item", ""),
    )


def resumed(loop: Loop, options: RunOptions, found: Checkpoint) -> Resumed:
    """Return how ``loop`` goes on with a run: what is not as it was before."""
    writer, critic = loop.writer.name, loop.critic.name
    return Resumed(
        __version__,
        settings=options.get("settings", {}),
        writer="" if writer == found.writer else writer,
        critic="" if critic == found.critic else critic,
    )


async def record_resumed(
    recorder: Recorder, body: Resumed, store: TraceStore | None, found: Checkpoint
) -> None:
    """Store that the run goes on.

    Raises:
        StoreError: it could not be stored; another one has gone on with the run meanwhile.
    """
    try:
        await recorder.record(EventKind.RESUMED, body)
    except StoreError as error:
        if store is None or not await _has_gone_on(store, found):
            raise
        raise StoreError(
            f"run {found.run_id}: somebody else goes on with it at this moment; nothing was done "
            "here",
            remedy=f"Let them finish, then look: critique-loop show {found.run_id}. To try "
            f"something else beside it: critique-loop resume {found.run_id} --from ROUND.",
        ) from error


async def _has_gone_on(store: TraceStore, found: Checkpoint) -> bool:
    return any([event.seq >= found.next_seq async for event in store.events(found.run_id)])
