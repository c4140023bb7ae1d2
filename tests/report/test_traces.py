"""Runs read back from where they are kept."""

from __future__ import annotations

import pytest

from critique_loop.budget import Budget
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.report import Trace
from critique_loop.testing import MemoryStore, ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import Call, Dimension, Event, EventKind, Rubric, Task

pytestmark = pytest.mark.anyio

TASK = Task("a number", Rubric("r", (Dimension("right", "?", pass_mark=7.0),), target=7.0))


async def test_a_run_is_read_with_its_actors_rounds_and_calls() -> None:
    store = MemoryStore()
    loop = Loop(
        writer=ScriptedWriter(["x = 1", "x = 2"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"x = 1": 3.0, "x = 2": 9.0}),
        proxy=UserProxy(budget=Budget(max_rounds=3)),
        store=store,
    )
    outcome = await loop.run(TASK, run_id="run1")
    call = Call("critic", "m")
    store.kept.insert(-1, Event("run1", 99, EventKind.CALLED, 2, 5.0, 0.0, call))

    trace = await Trace.read(store, "run1")

    assert trace.outcome.accepted is outcome.accepted is True
    assert [turn.code for turn in trace.outcome.rounds] == ["x = 1", "x = 2"]
    assert trace.started is not None
    assert trace.started.writer == "scripted"
    assert trace.started_at > 0
    assert trace.calls[2] == (call,)
