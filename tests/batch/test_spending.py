"""What a batch has paid counts, whatever became of it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from critique_loop.batch import BatchEnd
from critique_loop.batch.making import Actors
from critique_loop.batch.plan import Listening, Plan
from critique_loop.batch.progress import Progress, Tally
from critique_loop.batch.results import Earlier, Result
from critique_loop.batch.running import is_limited, work_on
from critique_loop.batch.sources import Given
from critique_loop.budget import UNLIMITED, Budget
from critique_loop.building.settings import LoopSettings
from critique_loop.ledger import Ledger
from critique_loop.store import SqliteStore
from critique_loop.store.batches import Batches
from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedModel
from critique_loop.values import Draft, Lesson, Message, Request, Round, StopReason, Task

pytestmark = pytest.mark.anyio

Run = Callable[..., Any]
Tasks = Callable[[int], list[dict[str, object]]]


class Paid:
    """A writer that pays for each draft; after so many it crashes, or is cut off."""

    name = "paid"

    def __init__(self, *, crashes: bool = False, hangs_after: int = 99) -> None:
        self.calls = 0
        self.hangs = anyio.Event()
        self._model = ScriptedModel(["a draft"] * 50)
        self._crashes = crashes
        self._hangs_after = hangs_after

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del lessons
        if self.calls >= self._hangs_after:
            self.hangs.set()
            await anyio.sleep_forever()
        request = Request((Message("user", f"{task.goal} {len(history)}"),), max_tokens=10)
        await self._model.complete(request)
        self.calls += 1
        if self._crashes:
            raise RuntimeError("crashed after it had paid")
        return Draft(code=f"bad{len(history)}", writer=self.name)


async def test_what_items_paid_that_failed_counts_and_is_told(run: Run, tasks: Tasks) -> None:
    total = Budget(None, None, max_calls=8)
    writer = Paid(crashes=True)

    first = await run(tasks(2), writer=writer, total=total)
    await run(tasks(2), writer=writer, total=total)
    again = await run(tasks(2), writer=writer, total=total)

    assert (first.progress.failed, first.progress.calls) == (2, 6)
    assert (first.progress.tokens, first.progress.cost_usd) == (120, 0.0)
    assert writer.calls == 8
    assert again.ended is BatchEnd.BUDGET


def as_killed(path: Path, folder: Path) -> Path:
    """Copy a store as kill -9 would leave it, and give back what its dead worker had."""
    folder.mkdir()
    for each in path.parent.glob(f"{path.stem}*"):
        (shutil.copytree if each.is_dir() else shutil.copy)(each, folder / each.name)
    with closing(sqlite3.connect(folder / path.name)) as left:
        left.execute("UPDATE batch_items SET state = 'waiting', worker = NULL")
        left.execute("DELETE FROM batch_workers")
        left.commit()
    return folder / path.name


async def test_what_runs_had_paid_that_were_killed_counts(
    run: Run, tasks: Tasks, store: SqliteStore, tmp_path: Path
) -> None:
    killed, writer = Paid(hangs_after=3), Paid()
    options = {
        "total": Budget(None, None, max_calls=4),
        "max_rounds": None,
        "critic": ScriptedCritic({f"bad{n}": 1 + n * 0.6 for n in range(9)}),
    }
    left = tmp_path
    async with anyio.create_task_group() as group:
        group.start_soon(partial(run, tasks(1), writer=killed, **options))
        await killed.hangs.wait()
        left = as_killed(store.path, tmp_path / "left")
        group.cancel_scope.cancel()

    with SqliteStore(left) as after:
        report = await run(tasks(1), writer=writer, store=after, **options)

    assert (killed.calls, writer.calls) == (3, 1)
    assert report.ended is BatchEnd.BUDGET
    assert (report.progress.before.calls, report.progress.calls) == (3, 4)


async def test_a_command_that_goes_on_tells_the_whole_and_what_was_before(
    run: Run, tasks: Tasks
) -> None:
    seen: list[Progress] = []
    options = {
        "writer": Paid(),
        "critic": ScriptedCritic({f"bad{n}": 1 + n for n in range(9)}),
        "max_rounds": 3,
        "concurrency": 1,
        "on_progress": seen.append,
    }

    first = await run(tasks(3), total=Budget(None, None, max_calls=4), **options)
    seen.clear()
    second = await run(tasks(3), **options)

    assert (first.ended, first.progress.done) == (BatchEnd.BUDGET, 1)
    assert (first.progress.before.calls, first.progress.calls) == (0, 4)  # one of a cut-off loop
    assert (second.ended, second.progress.done) == (BatchEnd.COMPLETE, 3)
    assert (second.progress.before.calls, second.progress.calls) == (4, 9)
    assert (seen[0].calls, max(each.calls for each in seen)) == (4, 9)


async def test_a_worker_has_its_own_total_whatever_others_have_taken(
    run: Run, tasks: Tasks, store: SqliteStore
) -> None:
    writer = Paid()
    actors = Actors(writer=writer, critic=ScriptedCritic({}), executor=ScriptedExecutor())
    plan = Plan(Given(()), LoopSettings(), store, actors=actors)
    await run(tasks(6), writer=writer, max_rounds=1, total=Budget(None, None, max_calls=3))
    with Batches(store.path) as batches:
        batch = batches.newest("given test")
        assert batch is not None

        worker = await work_on(
            batch,
            batches,
            plan=plan,
            listening=Listening(),
            ledger=Ledger(Budget(None, None, max_calls=2)),
        )

        assert worker.budget_ended is StopReason.CALLS
        assert batches.charged(batch).calls == writer.calls == 5


def test_what_earlier_runs_of_an_item_took_is_part_of_the_sum() -> None:
    tally = Tally(1)

    tally.add(Result(calls=1, tokens=10, cost_usd=0.5, earlier=Earlier(2, 20, 0.25)))

    now = tally.now()
    assert (now.calls, now.tokens, now.cost_usd) == (3, 30, 0.75)


def test_only_what_is_spent_is_shared_out() -> None:
    assert is_limited(Budget(None, None, max_cost_usd=1.0))
    assert is_limited(Budget(None, None, max_tokens=0))
    assert not is_limited(UNLIMITED)
    assert not is_limited(Budget(None, 60.0))
