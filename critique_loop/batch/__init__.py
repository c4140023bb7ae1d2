"""Many tasks: loops side by side, in one process or several, that can stop and go on anywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Unpack

import anyio

from critique_loop.batch.configuration import absolute
from critique_loop.batch.making import Actors
from critique_loop.batch.plan import BatchEnd, BatchReport, Listening, Plan, Width
from critique_loop.batch.progress import Progress
from critique_loop.batch.running import require_one_worker, run_plan
from critique_loop.batch.sources import Given, GoalsFile, TaskFile, TaskSource
from critique_loop.budget import UNLIMITED, Budget
from critique_loop.building.options import LoopOptions, settings_of
from critique_loop.errors import CallError, OptionError
from critique_loop.store import SqliteStore, default_path
from critique_loop.values import Rubric

__all__ = [
    "BatchEnd",
    "BatchOptions",
    "BatchReport",
    "Progress",
    "run_batch",
    "run_batch_sync",
]

_OF_ONE_RUN = ("run_id", "settings", "ledger", "ask", "batch", "item")


class BatchOptions(LoopOptions, total=False):
    """What may be said about a batch besides its tasks.

    Attributes: total: the budget of all loops together (default: unlimited); max_rounds and the
    other limits are each loop's. concurrency: loops at a time. sandboxes: programs that run at a
    time (default for both: what the machine has room for). workers: processes (default 1: this
    one). name: what tells this batch from others where the tasks are given as mappings. new: begin
    another batch of the same tasks. files: also write each program and picture into ``out``.
    on_progress: told how far it is, twice a second. pauses_s: after how long a loop that could not
    reach its model or sandbox is tried again.

    All others are those of ``LoopOptions``, but for those of one run alone (run_id, settings,
    ledger, ask).
    """

    total: Budget
    concurrency: int | None
    sandboxes: int | None
    workers: int
    name: str
    new: bool
    files: bool
    pauses_s: tuple[float, ...]
    on_progress: Callable[[Progress], None]


async def run_batch(
    tasks: str | Path | Sequence[Mapping[str, object]],
    goals: str | Path | None = None,
    **options: Unpack[BatchOptions],
) -> BatchReport:
    """Run a loop for each task, and return how far it came.

    ``tasks`` is a file of JSON lines, or mappings with the same keys; with ``goals`` a table, and
    each line of the file ``goals`` is one chart of it. What the store has of the same tasks is not
    done again; a run that was cut short goes on where it was.

    Raises:
        CallError: a task or an option is wrong, or the settings are other than those that the batch
            was begun with; nothing was started.
        DefinitionError: the rubric file is wrong.
        StoreError: the store can't be written.
    """
    plan = _plan(_source(tasks, goals, options.get("name", "")), options)
    require_one_worker(plan)
    listening = Listening(
        on_progress=options.get("on_progress"),
        on_event=options.get("on_event"),
        stop_requested=options.get("stop_requested", bool),
    )
    return await run_plan(plan, listening)


def run_batch_sync(
    tasks: str | Path | Sequence[Mapping[str, object]],
    goals: str | Path | None = None,
    **options: Unpack[BatchOptions],
) -> BatchReport:
    """Do as ``run_batch`` does, from code that is not async."""
    main: Callable[[], Awaitable[BatchReport]] = lambda: run_batch(tasks, goals, **options)  # noqa: E731 - typed
    return anyio.run(main)


def _source(
    tasks: str | Path | Sequence[Mapping[str, object]], goals: str | Path | None, name: str
) -> TaskSource:
    if goals is not None:
        if not isinstance(tasks, str | Path):
            raise CallError("goals need a table", remedy="Give the path of one.")
        return GoalsFile(Path(tasks), Path(goals))
    if isinstance(tasks, str | Path):
        return TaskFile(Path(tasks))
    return Given(tasks, name)


def _plan(source: TaskSource, options: BatchOptions) -> Plan:
    for name in _OF_ONE_RUN:
        if name in options:
            raise CallError(f"{name} belongs to one run, not to a batch")
    OptionError.refuse(options, BatchOptions.__annotations__)
    rubric = options.get("rubric", "")
    if isinstance(rubric, Rubric):
        raise CallError("a batch needs a rubric's name or file", remedy="Write it to a file.")
    store = options["store"] if "store" in options else SqliteStore(default_path())
    if not isinstance(store, SqliteStore):
        raise CallError("a batch needs a store that keeps its items", remedy="Give a SqliteStore.")
    out = options.get("out")
    return Plan(
        source=source,
        settings=settings_of(options),
        store=store,
        rubric=absolute(rubric) if rubric else "",
        actors=Actors(
            writer=options.get("writer"),
            critic=options.get("critic"),
            executor=options.get("executor"),
            proxy=options.get("proxy"),
        ),
        width=Width(
            options.get("concurrency"), options.get("sandboxes"), options.get("workers", 1)
        ),
        budget=options.get("total", UNLIMITED),
        out=Path(out) if out is not None else None,
        files=options.get("files", False),
        new=options.get("new", False),
        pauses_s=options.get("pauses_s", (2.0, 15.0)),
    )
