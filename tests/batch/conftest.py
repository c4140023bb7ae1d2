"""A small table, tasks on it, and loops that run nothing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from critique_loop.batch import BatchReport, run_batch
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedWriter

TABLE = "region,revenue\nnorth,10\nsouth,20\neast,5\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Generator[SqliteStore]:
    with SqliteStore(tmp_path / "traces.db") as store:
        yield store


@pytest.fixture
def tasks(table: Path) -> Callable[[int], list[dict[str, object]]]:
    def make(number: int) -> list[dict[str, object]]:
        return [
            {"id": f"t{n}", "data": str(table), "goal": f"revenue by region, {n}"}
            for n in range(1, number + 1)
        ]

    return make


@pytest.fixture
def run(store: SqliteStore) -> Callable[..., Any]:
    """Run a batch whose loops write "good" and accept it, but for the parts that are given."""

    async def run(tasks: Sequence[Mapping[str, object]], **options: Any) -> BatchReport:  # noqa: ANN401 - those of run_batch
        parts: dict[str, Any] = {
            "writer": ScriptedWriter(["good"]),
            "critic": ScriptedCritic({"good": 10.0, "bad": 2.0}),
            "executor": ScriptedExecutor(),
            "store": store,
            "name": "test",
            "pauses_s": (0.0, 0.0),
        }
        return await run_batch(tasks, **{**parts, **options})

    return run
