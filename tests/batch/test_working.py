"""A worker in the cases that a whole batch seldom meets."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from critique_loop.batch import BatchEnd
from critique_loop.store import SqliteStore
from critique_loop.store.batches import Batches
from critique_loop.store.leases import LeaseLost, Leases
from critique_loop.testing import ScriptedExecutor
from critique_loop.values import Draft

pytestmark = pytest.mark.anyio

Run = Callable[..., Any]
Tasks = Callable[[int], list[dict[str, object]]]


async def test_a_worker_killed_after_a_run_ended_and_before_it_said_so_costs_nothing(
    run: Run, tasks: Tasks, store: SqliteStore
) -> None:
    await run(tasks(2))
    with Batches(store.path) as batches, batches.writing() as connection:
        connection.execute("UPDATE batch_items SET state = 'waiting', finished = NULL, result = ''")
    executor = ScriptedExecutor()

    report = await run(tasks(2), executor=executor)

    assert (report.progress.done, report.progress.accepted) == (2, 2)
    assert executor.opened == 0
    assert len(await store.runs()) == 2


async def test_what_only_a_dead_worker_still_had_is_done_by_the_next_command(
    run: Run, tasks: Tasks, store: SqliteStore
) -> None:
    await run(tasks(2))
    with Batches(store.path) as batches:
        with batches.writing() as connection:
            connection.execute(
                "UPDATE batch_items SET state = 'waiting', finished = NULL, result = ''"
            )
        batch = batches.newest("given test")
        assert batch is not None
        dead = Leases(batches, batch, clock=lambda: time.monotonic() - 3600)
        dead.enter()
        assert len(dead.claim(2)) == 2

    report = await run(tasks(2))

    assert (report.ended, report.progress.done) == (BatchEnd.COMPLETE, 2)


async def test_a_worker_that_others_took_for_dead_stops_and_finishes_nothing(
    run: Run, tasks: Tasks, store: SqliteStore
) -> None:
    finished: list[bool] = []

    def others_take_over(_: Draft) -> None:
        if finished:
            return
        with Batches(store.path) as batches:
            batch = batches.newest("given test")
            assert batch is not None
            other = Leases(batches, batch, clock=lambda: time.monotonic() + 3600)
            other.enter()
            other.reap()
            (lease,) = other.claim(1)
            finished.append(other.complete(lease.item, '{"id": "theirs"}'))
            other.leave()

    report = await run(tasks(3), executor=ScriptedExecutor(before=others_take_over), concurrency=1)

    assert finished == [True]
    assert report.ended is BatchEnd.FAILED
    assert isinstance(report.failure, LeaseLost)
    assert report.progress.done == 1  # what the others did counts, and is not done over
    again = await run(tasks(3))
    assert (again.ended, again.progress.done, again.progress.kept) == ("complete", 3, 1)


async def test_no_more_loops_are_live_than_were_asked_for(run: Run, tasks: Tasks) -> None:
    executor = ScriptedExecutor()
    live: list[int] = []

    def look(_: Draft) -> None:
        live.append(executor.opened - executor.closed)

    executor._before = look  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- it has to know the executor

    report = await run(tasks(20), executor=executor, concurrency=3)

    assert report.progress.done == 20
    assert max(live) <= 3
