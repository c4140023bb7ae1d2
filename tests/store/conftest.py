"""A run's events, and a store for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop import rubric
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import numbered
from critique_loop.values import (
    Column,
    ColumnKind,
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Ended,
    Event,
    EventBody,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    OutputFile,
    Score,
    Severity,
    Spend,
    Started,
    StopReason,
    Table,
    Task,
)

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
MakeRun = Callable[[str], list[Event]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "traces.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path) as opened:
        yield opened


@pytest.fixture
def task() -> Task:
    columns = (
        Column("Origin", ColumnKind.CATEGORY, distinct=3, values=("USA", "Japan", "Europe")),
        Column("Horsepower", ColumnKind.NUMBER, minimum=46.0, maximum=230.0),
    )
    table = Table(Path("/home/ada/cars.csv"), "cars.csv", 15_000, "0" * 64, 406, columns)
    return Task("mean Horsepower by Origin", rubric.load("charts"), tables=(table,))


@pytest.fixture
def make_run(task: Task) -> MakeRun:
    """Return a function: run id -> the events of an accepted run of two rounds."""

    def make(run_id: str) -> list[Event]:
        bodies: list[tuple[int, EventBody]] = [
            (0, Started(task, writer="grammar", critic="measured", sandbox="docker", version="0")),
            *_turn(1, 5.5, Decision(DecisionKind.REFINE, advice="add a title")),
            *_turn(2, 9.5, Decision(DecisionKind.ACCEPT, StopReason.ACCEPTED)),
            (0, Ended(StopReason.ACCEPTED, best_round=2, spend=Spend(rounds=2, seconds=1.5))),
        ]
        events = numbered(run_id, bodies, at=1_700_000_000.0)
        return [replace(event, seconds=event.seq / 8) for event in events]

    return make


def _turn(number: int, mark: float, decision: Decision) -> list[tuple[int, EventBody]]:
    finding = Finding("title_missing", Severity.WARNING, "no title", numbers={"titles": 0})
    findings = (finding,) if mark < 8.0 else ()
    execution = Execution(
        ExecutionStatus.OK,
        exit_code=0,
        stdout=f"round {number}\n",
        files=(OutputFile("chart.png", "image/png", PICTURE),),
        evidence=Evidence(findings, ("title_missing",), {"marks": 3}, "chart.png"),
    )
    critique = Critique("measured", (Score("aesthetics", mark, 7.0),), findings, overall=mark)
    return [
        (number, Draft(f"print({number})\n", "grammar")),
        (number, execution),
        (number, critique),
        (number, decision),
    ]
