"""Runs at a glance."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from critique_loop.store import RunState, SqliteStore
from critique_loop.values import Ended, Event, Spend, Started, StopReason

pytestmark = pytest.mark.anyio

MakeRun = Callable[[str], list[Event]]
SCRIPT = Path(__file__).with_name("append_steps.py")


async def append_all(store: SqliteStore, events: list[Event]) -> None:
    for event in events:
        await store.append(event)


async def test_an_ended_run_shows_its_end_and_its_best_score(
    store: SqliteStore, make_run: MakeRun
) -> None:
    await append_all(store, make_run("r"))

    (summary,) = await store.runs()

    assert (summary.run_id, summary.started_at) == ("r", 1_700_000_000.0)
    assert (summary.goal, summary.tables) == ("mean Horsepower by Origin", ("cars.csv",))
    assert (summary.state, summary.stopped_because) == (RunState.ENDED, StopReason.ACCEPTED)
    assert (summary.rounds, summary.overall, summary.accepted) == (2, 9.5, True)


async def test_the_best_round_counts_and_not_the_last(
    store: SqliteStore, make_run: MakeRun
) -> None:
    events = make_run("r")
    events[-1] = replace(events[-1], body=Ended(StopReason.ROUNDS, best_round=1, spend=Spend()))
    await append_all(store, events)

    (summary,) = await store.runs()

    assert (summary.overall, summary.accepted) == (5.5, False)


async def test_a_run_that_ended_without_a_round_has_no_score(
    store: SqliteStore, make_run: MakeRun
) -> None:
    gave_up = Ended(StopReason.WRITER_GAVE_UP, best_round=0, spend=Spend())
    events = make_run("r")
    await append_all(store, [events[0], replace(events[-1], seq=1, body=gave_up)])

    (summary,) = await store.runs()

    assert (summary.rounds, summary.overall) == (0, None)


async def test_a_run_of_this_process_is_running_until_it_ends(
    store: SqliteStore, make_run: MakeRun
) -> None:
    *events, end = make_run("r")

    await append_all(store, events)
    (before,) = await store.runs()
    await store.append(end)
    (after,) = await store.runs()

    assert (before.state, before.stopped_because) == (RunState.RUNNING, None)
    assert (before.rounds, before.overall) == (2, 9.5)
    assert after.state is RunState.ENDED


async def test_a_run_whose_process_is_gone_was_killed_and_runs_again_when_continued(
    store: SqliteStore, path: Path, make_run: MakeRun
) -> None:
    command = [sys.executable, str(SCRIPT), str(path), "gone", "3", "1", "10"]
    await anyio.run_process(command)

    (killed,) = await store.runs()
    await store.append(replace(make_run("gone-0")[3], seq=3))
    (continued,) = await store.runs()

    assert (killed.state, killed.rounds, killed.overall) == (RunState.KILLED, 0, None)
    assert (continued.state, continued.rounds, continued.overall) == (RunState.RUNNING, 1, 5.5)


async def test_the_newest_run_comes_first(store: SqliteStore, make_run: MakeRun) -> None:
    for run_id, at in (("b", 2.0), ("c", 3.0), ("a", 1.0)):
        await store.append(replace(make_run(run_id)[0], at=at))

    assert [summary.run_id for summary in await store.runs()] == ["c", "b", "a"]


async def test_goals_of_any_text_are_listed(store: SqliteStore, make_run: MakeRun) -> None:
    goals = ("\udcff\x00\x1b[31m", "g" * 100_000, "")
    for number, goal in enumerate(goals):
        start = make_run(f"r{number}")[0]
        assert isinstance(start.body, Started)
        task = replace(start.body.task, goal=goal)
        await store.append(replace(start, at=-float(number), body=replace(start.body, task=task)))

    assert tuple(summary.goal for summary in await store.runs()) == goals
