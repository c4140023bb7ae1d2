"""A batch from its tasks to its outcomes, with loops that run nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import anyio
import pytest

from critique_loop.batch import BatchEnd, BatchReport, Progress, run_batch, run_batch_sync
from critique_loop.budget import Budget
from critique_loop.errors import (
    CallError,
    ModelError,
    ModelErrorKind,
    SandboxUnavailable,
    StoreError,
)
from critique_loop.protocols import Model
from critique_loop.store import SqliteStore
from critique_loop.testing import FaultServer, ScriptedExecutor, ScriptedModel, ScriptedWriter
from critique_loop.testing.fault_server_acts import Say, always
from critique_loop.values import (
    Draft,
    Event,
    EventKind,
    Lesson,
    Message,
    Request,
    Round,
    Started,
    StopReason,
    Task,
)

pytestmark = pytest.mark.anyio

Run = Callable[..., Any]
Tasks = Callable[[int], list[dict[str, object]]]


class Trouble:
    """A writer that fails with the tasks whose goals end in one of the numbers, so many times."""

    name = "trouble"

    def __init__(self, error: Exception, goals: Sequence[int], times: int = 99) -> None:
        self._error = error
        self._goals = {f", {n}" for n in goals}
        self._times = times
        self.drafts: Counter[str] = Counter()

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del history, lessons
        self.drafts[task.goal] += 1
        mine = any(task.goal.endswith(goal) for goal in self._goals)
        if mine and self.drafts[task.goal] <= self._times:
            raise self._error
        return Draft(code="good", writer=self.name)


async def started(store: SqliteStore) -> list[Started]:
    bodies = [
        event.body for summary in await store.runs() async for event in store.events(summary.run_id)
    ]
    return [body for body in bodies if isinstance(body, Started)]


def lines(report: BatchReport) -> list[dict[str, Any]]:
    assert report.outcomes is not None
    return [json.loads(line) for line in report.outcomes.read_text().splitlines()]


async def test_every_task_gets_a_loop_and_a_line_of_its_outcome(
    run: Run, tasks: Tasks, store: SqliteStore, tmp_path: Path
) -> None:
    report = await run(tasks(7), out=tmp_path / "out")

    assert (report.ended, report.progress.done, report.progress.accepted) == ("complete", 7, 7)
    found = {line["id"]: line for line in lines(report)}
    assert sorted(found) == [f"t{n}" for n in range(1, 8)]
    assert found["t3"]["line"] == 3
    assert (found["t3"]["accepted"], found["t3"]["stopped_because"]) == (True, "accepted")
    assert found["t3"]["score"] == 10.0
    outcome = await store.outcome(found["t3"]["run"])
    assert outcome.task.goal == "revenue by region, 3"


async def test_a_run_says_which_batch_and_item_it_belongs_to(
    run: Run, tasks: Tasks, store: SqliteStore, tmp_path: Path
) -> None:
    report = await run(tasks(2), out=tmp_path)

    runs = await started(store)
    assert {each.batch for each in runs} == {report.batch}
    assert {each.item for each in runs} == {line["item"] for line in lines(report)}


async def test_the_same_command_again_does_nothing_again(
    run: Run, tasks: Tasks, store: SqliteStore
) -> None:
    first = await run(tasks(3))
    executor = ScriptedExecutor()

    again = await run(tasks(3), executor=executor)

    assert again.batch == first.batch
    assert (again.progress.done, again.progress.kept) == (3, 3)
    assert executor.opened == 0
    assert len(await store.runs()) == 3


async def test_new_tasks_join_the_batch_and_those_that_went_do_not_count(
    run: Run, tasks: Tasks
) -> None:
    await run(tasks(3))

    report = await run(tasks(5)[1:])

    assert report.progress.total == 4
    assert (report.progress.done, report.progress.kept) == (4, 2)


async def test_the_same_task_twice_is_run_once(run: Run, table: Path, store: SqliteStore) -> None:
    task = {"data": str(table), "goal": "revenue by region"}

    report = await run([task, dict(task), {**task, "id": "again"}])

    assert (report.progress.total, report.repeated) == (2, 1)
    assert len(await store.runs()) == 2


async def test_changed_settings_are_refused_by_name(run: Run, tasks: Tasks) -> None:
    first = await run(tasks(1))

    with pytest.raises(CallError, match=r"max_rounds was 6, is 2; rubric was nothing, is \"safety"):
        await run(tasks(1), max_rounds=2, rubric="safety")

    other = await run(tasks(1), max_rounds=2, new=True)
    assert other.batch != first.batch
    assert other.progress.kept == 0


async def test_a_changed_table_is_another_item(run: Run, tasks: Tasks, table: Path) -> None:
    await run(tasks(1))
    table.write_text("region,revenue\nwest,1\neast,2\n", encoding="utf-8")

    report = await run(tasks(1))

    assert (report.progress.total, report.progress.kept) == (1, 0)


async def test_one_task_that_always_crashes_has_failed_and_the_others_go_on(
    run: Run, tasks: Tasks, tmp_path: Path
) -> None:
    writer = Trouble(ZeroDivisionError("by zero"), [2])

    report = await run(tasks(4), writer=writer, out=tmp_path)

    assert (report.ended, report.progress.done, report.progress.failed) == ("complete", 3, 1)
    assert report.progress.failures == (("ZeroDivisionError: by zero", 1),)
    assert writer.drafts["revenue by region, 2"] == 3
    (failed,) = [line for line in lines(report) if line["id"] == "t2"]
    assert (failed["stopped_because"], failed["accepted"]) == ("failed", False)


async def test_what_failed_is_tried_again_by_the_next_command(run: Run, tasks: Tasks) -> None:
    await run(tasks(2), writer=Trouble(ZeroDivisionError(), [2]))

    report = await run(tasks(2), writer=Trouble(ZeroDivisionError(), []))

    assert (report.progress.done, report.progress.failed, report.progress.kept) == (2, 0, 1)


async def test_a_model_that_is_gone_for_a_while_is_asked_again(
    run: Run, tasks: Tasks, store: SqliteStore
) -> None:
    gone = ModelError(ModelErrorKind.CONNECTION, "nobody answers")

    report = await run(tasks(3), writer=Trouble(gone, [1], times=1))

    assert (report.progress.done, report.progress.failed) == (3, 0)
    assert len(await store.runs()) == 3  # the run that had stopped went on


async def test_a_model_that_stays_away_ends_it_all_and_everything_waits(
    run: Run, tasks: Tasks
) -> None:
    gone = ModelError(ModelErrorKind.CONNECTION, "nobody answers")
    writer = Trouble(gone, range(1, 41))

    report = await run(tasks(40), writer=writer, concurrency=2)

    assert report.ended == "failed"
    assert report.failure is not None
    assert report.failure.problem == "nobody answers"
    assert report.progress.done == 0
    assert report.progress.waiting >= 36
    assert len(writer.drafts) < 10
    repaired = await run(tasks(40), writer=Trouble(gone, []))
    assert repaired.progress.done == 40


async def test_without_a_sandbox_nothing_is_lost(run: Run, tasks: Tasks) -> None:
    def refuse(_: Draft) -> None:
        raise SandboxUnavailable("no engine answers")

    report = await run(tasks(12), executor=ScriptedExecutor(before=refuse), concurrency=2)

    assert isinstance(report.failure, SandboxUnavailable)
    assert report.progress.done == 0
    assert (await run(tasks(12))).progress.done == 12


async def test_a_table_that_vanished_fails_its_task_alone(
    run: Run, table: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.csv"
    other.write_text(table.read_text(), encoding="utf-8")

    def vanish(event: Event) -> None:
        other.unlink(missing_ok=True)
        del event

    tasks = [
        {"id": "a", "data": str(table), "goal": "revenue by region"},
        {"id": "b", "data": str(other), "goal": "revenue by region"},
    ]
    report = await run(tasks, on_event=vanish, concurrency=1)

    assert (report.progress.done, report.progress.failed) == (1, 1)
    assert "other.csv" in report.progress.failures[0][0]


async def test_stopping_finishes_the_rounds_under_way_and_the_next_command_goes_on(
    run: Run, tasks: Tasks, store: SqliteStore
) -> None:
    seen: list[Event] = []
    writer = ScriptedWriter(["bad", "good"])

    stopped = await run(
        tasks(9),
        writer=writer,
        concurrency=2,
        on_event=seen.append,
        stop_requested=lambda: any(e.kind is EventKind.CRITIQUED for e in seen),
    )

    assert stopped.ended is BatchEnd.INTERRUPTED
    assert stopped.progress.done == 0
    begun = len(await store.runs())
    assert begun == 2
    executed = {e.run_id: 0 for e in seen}
    report = await run(tasks(9), writer=writer, on_event=seen.append)
    assert (report.ended, report.progress.done) == ("complete", 9)
    assert len(await store.runs()) == 9
    for event in seen:
        if event.kind is EventKind.EXECUTED and event.run_id in executed:
            executed[event.run_id] += 1
    assert set(executed.values()) == {2}  # nothing was run twice


async def test_cancelling_stops_at_once_and_the_next_command_goes_on(
    run: Run, tasks: Tasks, store: SqliteStore
) -> None:
    def stop(event: Event) -> None:
        if event.kind is EventKind.DRAFTED:
            scope.cancel()

    with anyio.CancelScope() as scope:
        await run(tasks(5), on_event=stop)

    report = await run(tasks(5))

    assert scope.cancelled_caught
    assert report.progress.done == 5
    assert len(await store.runs()) == 5


class Paid:
    """A writer whose model takes ten tokens for each draft."""

    name = "paid"

    def __init__(self, model: Model) -> None:
        self._model = model

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del lessons
        request = Request((Message("user", f"{task.goal} {len(history)}"),), max_tokens=10)
        await self._model.complete(request)
        return Draft(code="good", writer=self.name)


async def test_the_budget_of_all_drains_and_more_of_it_goes_on(run: Run, tasks: Tasks) -> None:
    writer = Paid(ScriptedModel(["a draft"] * 9))

    report = await run(tasks(6), writer=writer, total=Budget(None, None, max_calls=4))

    assert (report.ended, report.limit) == ("budget", StopReason.CALLS)
    assert (report.progress.done, report.progress.calls) == (4, 4)
    more = await run(tasks(6), writer=writer, total=Budget(None, None, max_calls=9))
    assert (more.ended, more.progress.done, more.progress.calls) == ("complete", 6, 6)


class FullDisk(SqliteStore):
    """A store whose disk is full after some steps."""

    room = 7

    async def append(self, event: Event) -> None:
        self.room -= 1
        if self.room < 0:
            raise StoreError(f"{self.path}: the disk is full")
        await super().append(event)


async def test_a_full_disk_ends_it_and_what_was_kept_goes_on(
    run: Run, tasks: Tasks, store: SqliteStore
) -> None:
    with FullDisk(store.path) as full:
        report = await run(tasks(6), store=full, concurrency=2)

    assert report.ended is BatchEnd.FAILED
    assert "the disk is full" in report.failure.problem
    begun = len(await store.runs())
    more = await run(tasks(6))
    assert (more.ended, more.progress.done) == ("complete", 6)
    assert begun >= 1
    assert len(await store.runs()) == 6


async def test_two_batches_at_once_share_a_store(
    run: Run, tasks: Tasks, store: SqliteStore
) -> None:
    reports: list[BatchReport] = []

    async def one(name: str) -> None:
        reports.append(await run(tasks(5), name=name))

    async with anyio.create_task_group() as group:
        group.start_soon(one, "a")
        group.start_soon(one, "b")

    assert [report.progress.done for report in reports] == [5, 5]
    assert len({report.batch for report in reports}) == 2
    assert len(await store.runs()) == 10


async def test_progress_is_told_to_the_last_task(run: Run, tasks: Tasks) -> None:
    told: list[Progress] = []

    await run(tasks(3), on_progress=told.append)

    assert told[0].total == 3
    assert (told[-1].done, told[-1].running) == (3, 0)


async def test_files_of_each_task_lie_in_its_folder(run: Run, tasks: Tasks, tmp_path: Path) -> None:
    await run(tasks(2), out=tmp_path / "out", files=True)

    folder = tmp_path / "out" / "t2"
    assert (folder / "chart.py").read_text() == "good"
    assert "revenue by region, 2" in (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("named", ["run_id", "ledger", "ask"])
async def test_options_of_one_run_are_refused(run: Run, tasks: Tasks, named: str) -> None:
    with pytest.raises(CallError, match=named):
        await run(tasks(1), **{named: "x"})


async def test_actors_given_as_objects_stay_in_this_process(run: Run, tasks: Tasks) -> None:
    with pytest.raises(CallError, match="objects"):
        await run(tasks(1), workers=2)


async def test_goals_need_a_table(tmp_path: Path, store: SqliteStore) -> None:
    with pytest.raises(CallError, match="table"):
        await run_batch([], tmp_path / "goals.txt", store=store)


def test_code_that_is_not_async_runs_one_as_well(
    table: Path, tmp_path: Path, store: SqliteStore
) -> None:
    goals = tmp_path / "goals.txt"
    goals.write_text("revenue by region\n\nnonsense of nothing\n", encoding="utf-8")

    report = run_batch_sync(table, goals, store=store, executor=ScriptedExecutor())

    assert report.progress.total == 2
    assert report.progress.reasons == (("writer_gave_up", 2),)  # nothing was drawn


async def test_loops_that_ask_a_server_share_the_budget_of_all(
    table: Path, store: SqliteStore
) -> None:
    tasks = [{"data": str(table), "goal": f"revenue by region, {n}"} for n in range(6)]
    with FaultServer() as server:
        model = server.play(always(Say()))

        async def run(most: int) -> BatchReport:
            return await run_batch(
                tasks,
                name="server",
                store=store,
                executor=ScriptedExecutor(),
                model=model,
                base_url=server.base_url,
                local_only=True,
                max_rounds=1,
                total=Budget(None, None, max_calls=most),
            )

        first, second = await run(4), await run(40)

    assert (first.ended, first.limit, first.progress.calls) == ("budget", StopReason.CALLS, 4)
    assert (second.ended, second.progress.done, second.progress.calls) == ("complete", 6, 6)
