"""Outcomes in folders, with their reports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from critique_loop.errors import StoreError
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.report import Trace, save_with_report
from critique_loop.report.saving import run_and_save
from critique_loop.testing import MemoryStore, ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import Dimension, Event, Rubric, Task

pytestmark = pytest.mark.anyio

MakeRun = Callable[..., Trace]
TASK = Task("a number", Rubric("r", (Dimension("right", "?", pass_mark=7.0),), target=7.0))


class Torn(MemoryStore):
    """A store that can't be read."""

    async def events(self, run_id: str) -> AsyncIterator[Event]:
        for event in self.kept:
            yield event
        raise StoreError(f"run {run_id} can't be read")


def a_loop(store: MemoryStore | None) -> Loop:
    return Loop(
        writer=ScriptedWriter(["x = 1"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"x = 1": 9.0}),
        proxy=UserProxy(),
        store=store,
    )


async def test_the_report_tells_what_the_store_has(tmp_path: Path) -> None:
    await run_and_save(a_loop(MemoryStore()), TASK, {}, folder=tmp_path)

    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<dt>Writer</dt><dd>scripted</dd>" in html
    assert (tmp_path / "chart.py").read_text() == "x = 1"


async def test_without_a_store_it_tells_the_outcome(tmp_path: Path) -> None:
    await run_and_save(a_loop(None), TASK, {}, folder=tmp_path)

    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Round 1" in html
    assert "<dt>Writer</dt>" not in html


async def test_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    outcome = await run_and_save(a_loop(None), TASK, {}, folder=None)

    assert outcome.accepted
    assert list(tmp_path.iterdir()) == []


async def test_a_store_that_can_not_be_read_costs_no_result(
    tmp_path: Path, make_run: MakeRun
) -> None:
    saved = await save_with_report(make_run().outcome, tmp_path, store=Torn())

    assert saved.code is not None
    assert saved.code.exists()
    assert "sum by year" in (tmp_path / "report.html").read_text(encoding="utf-8")
