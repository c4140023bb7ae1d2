"""The data of a run that goes on: the files that it began with, and no others."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.errors import CallError
from critique_loop.loop import Loop
from critique_loop.loop.data import check_data
from critique_loop.proxy import UserProxy
from critique_loop.testing import MemoryStore, ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.testing.stored_runs import RUBRIC, Turn, events_of, table_of
from critique_loop.values import Started, Table, Task


def begun_with(task: Task, **settings: object) -> Started:
    return Started(task, "writer", "critic", "none", "1.0", settings=settings)


def task_about(path: Path, sha256: str = "") -> Task:
    data = path.read_bytes() if path.is_file() else b""
    table: Table = replace(table_of(), path=path, sha256=sha256 or hashlib.sha256(data).hexdigest())
    return Task("g", RUBRIC, tables=(table,))


def test_the_same_file_will_do(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a\n1\n")

    check_data(begun_with(task_about(path)))


def test_another_file_will_not_do(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a\n1\n")
    task = task_about(path)
    path.write_text("a\n2\n")

    with pytest.raises(CallError, match="has changed since the run began"):
        check_data(begun_with(task))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "data.csv"
    os.mkfifo(pipe)

    with pytest.raises(CallError, match="is no file"):
        check_data(begun_with(task_about(pipe)))


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(CallError, match=r"gone\.csv: can't be read"):
        check_data(begun_with(task_about(tmp_path / "gone.csv")))


def test_of_a_redacted_copy_it_is_told_that_it_is_one() -> None:
    note = {"what": ["paths", "values"], "rewritten_rounds": []}
    begun = begun_with(task_about(Path("redacted_path_1")), redacted=note)

    with pytest.raises(CallError, match=r"redacted copy \(paths, values\)") as refused:
        check_data(begun)

    assert "redacted_path_1: can't be read" in refused.value.problem
    assert "the run that it is a copy of" in (refused.value.remedy or "")


def test_a_redacted_copy_that_has_its_file_will_do(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a\n1\n")

    check_data(begun_with(task_about(path), redacted={"what": ["secrets"]}))


@pytest.mark.anyio
@pytest.mark.parametrize("branching", [False, True], ids=["resume", "branch"])
async def test_no_loop_goes_on_with_a_file_that_is_not_the_runs(
    tmp_path: Path, *, branching: bool
) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a secret of mine")
    store = MemoryStore()
    for event in events_of([Turn("print(1)", 5.0)], task=task_about(path, sha256="0" * 64)):
        await store.append(event)
    executor = ScriptedExecutor()
    loop = Loop(
        writer=ScriptedWriter(["print(2)"]),
        executor=executor,
        critic=ScriptedCritic({}),
        proxy=UserProxy(),
        store=store,
    )

    with pytest.raises(CallError, match="has changed since the run began"):
        await (loop.branch("run", from_round=1) if branching else loop.resume("run"))

    assert executor.opened == 0
    assert len(store.kept) == 6
