"""Lists of runs: each line as the store's own summaries tell it, and only those that are wanted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from critique_loop.store import RunState, SqliteStore
from critique_loop.store.listing import Wanted, listed
from critique_loop.testing.stored_runs import kind_of
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Dimension,
    Draft,
    Ended,
    Event,
    EventBody,
    Execution,
    ExecutionStatus,
    Origin,
    Resumed,
    Rubric,
    Score,
    Spend,
    Started,
    StopReason,
    Task,
    TaskKind,
)

pytestmark = pytest.mark.anyio
RUBRIC = Rubric("r", (Dimension("right", "?"),))
NOTHING = Spend(rounds=0, seconds=0.0, calls=0, tokens=0, cost_usd=0.0)
DRAFT = Draft("x", "w")
RAN = Execution(ExecutionStatus.OK)


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "traces.db")


def begun(goal: str = "g", *, kind: TaskKind = TaskKind.CHART, writer: str = "w") -> Started:
    return Started(Task(goal, RUBRIC, kind=kind), writer, "c", "docker", "1")


def critique(mark: float) -> Critique:
    return Critique("c", (Score("right", mark, 7.0),), overall=mark)


def ended(reason: StopReason, best: int) -> Ended:
    return Ended(reason, best, NOTHING)


async def keep(store: SqliteStore, run_id: str, *steps: tuple[int, EventBody]) -> None:
    for seq, (number, body) in enumerate(steps):
        await store.append(Event(run_id, seq, kind_of(body), number, time.time(), 0.1, body))


async def test_a_line_is_what_the_summary_says(store: SqliteStore) -> None:
    person = Decision(DecisionKind.ACCEPT, by="person", critique=critique(10.0))
    drafted = ((1, DRAFT), (1, RAN), (1, critique(4.0)), (1, Decision(DecisionKind.REFINE)))
    again = ((2, DRAFT), (2, RAN), (2, critique(3.0)))
    await keep(store, "ended", (0, begun()), *drafted, *again, (0, ended(StopReason.STUCK, 1)))
    await keep(
        store, "marked", (0, begun()), *again, (2, person), (0, ended(StopReason.ACCEPTED, 2))
    )
    await keep(store, "open", (0, begun()), *again, *drafted)
    await keep(store, "refused", (0, begun()), (0, ended(StopReason.WRITER_GAVE_UP, 0)))
    await keep(
        store, "twice", (0, begun()), *drafted, (0, ended(StopReason.ROUNDS, 1)),
        (0, Resumed("1")), *again, (0, ended(StopReason.TIME, 2)),
    )  # fmt: skip
    await keep(store, "goes-on", (0, begun()), (0, ended(StopReason.ROUNDS, 0)), (0, Resumed("1")))

    lines = await listed(store)

    assert [line.summary for line in lines] == list(await store.runs())
    told = {s.run_id: (s.rounds, s.state, s.overall) for s in (line.summary for line in lines)}
    assert told == {
        "goes-on": (0, RunState.RUNNING, None),
        "twice": (2, RunState.ENDED, 3.0),
        "refused": (0, RunState.ENDED, None),
        "open": (2, RunState.RUNNING, 4.0),
        "marked": (1, RunState.ENDED, 10.0),
        "ended": (2, RunState.ENDED, 4.0),
    }


async def test_a_task_that_is_kept_apart_tells_its_kind_as_well(store: SqliteStore) -> None:
    await keep(store, "short", (0, begun(kind=TaskKind.CODE)))
    await keep(store, "long", (0, begun("long " * 1000, kind=TaskKind.CODE)))
    await keep(store, "chart", (0, begun("long " * 1000)))

    found = await listed(store, Wanted(kind=TaskKind.CODE))

    assert [line.summary.run_id for line in found] == ["long", "short"]


async def test_a_start_with_marks_of_the_stores_own_is_read_whole(store: SqliteStore) -> None:
    started = Started(
        Task("g", RUBRIC), "w\ud800", "c", "docker", "1", settings={"model": "m", "n": float("inf")}
    )
    await keep(store, "odd", (0, started))

    (line,) = await listed(store)

    assert (line.writer, line.model, line.kind) == ("w\ud800", "m", TaskKind.CHART)


async def test_actors_of_later_steps_are_found_too(store: SqliteStore) -> None:
    await keep(
        store, "a", (0, begun()), (0, ended(StopReason.ROUNDS, 0)),
        (0, Resumed("1", settings={"model": "late"}, writer="Another")),
        (1, Draft("x", "w", model="served-as")),
    )  # fmt: skip
    await keep(store, "b", (0, begun()))

    for wanted in (Wanted(model="late"), Wanted(model="served-as"), Wanted(writer="another")):
        assert [line.summary.run_id for line in await listed(store, wanted)] == ["a"]
    assert await listed(store, Wanted(model="lat")) == []


async def test_where_there_is_no_store_there_are_no_runs(store: SqliteStore) -> None:
    assert await listed(store) == []
    assert not store.path.exists()


async def test_rescorings_are_listed_only_where_they_are_wanted(store: SqliteStore) -> None:
    marks = Started(
        Task("g", RUBRIC), "w", "c", "docker", "1", origin=Origin("a", 1, rescored=True)
    )
    await keep(store, "a", (0, begun()))
    await keep(store, "marks", (0, marks), (1, critique(3.0)))

    runs, everything = await listed(store), await listed(store, Wanted(rescorings=True))

    assert [line.summary.run_id for line in runs] == ["a"]
    assert [line.summary.run_id for line in everything] == ["marks", "a"]
    assert everything[0].origin == Origin("a", 1, rescored=True)
