"""What reaches the disk: killed writers, many writers, full disks."""

from __future__ import annotations

import contextlib
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store import RunState, SqliteStore
from critique_loop.store.journal import Files, Journal
from critique_loop.values import Draft, Event, EventKind, Evidence, Execution, ExecutionStatus

MakeRun = Callable[[str], list[Event]]
SCRIPT = Path(__file__).with_name("append_steps.py")
BLOBS_OF_ALL_SIZES = 120_000


def command(path: Path, run: str, *, steps: int, loops: int, size: int = 5_000) -> list[str]:
    return [sys.executable, str(SCRIPT), str(path), run, str(steps), str(loops), str(size)]


async def stored(path: Path, run_id: str) -> list[int]:
    return [event.seq async for event in SqliteStore(path).events(run_id)]


def test_the_files_of_a_store_lie_beside_each_other() -> None:
    files = Files.of(Path("/a/traces.db"), busy_timeout_s=1.0)

    assert files.events.path == Path("/a/traces.db")
    assert files.blobs.path == Path("/a/traces.blobs.db")
    assert files.folder == Path("/a/traces.blobs")


def test_each_event_of_a_batch_has_its_own_answer(path: Path, make_run: MakeRun) -> None:
    journal = Journal(Files.of(path, busy_timeout_s=1.0))
    events = make_run("r")
    facts = Evidence(facts={"x": object()})
    unkept = Event(
        "r", 90, EventKind.EXECUTED, 1, 0.0, 0.0, Execution(ExecutionStatus.OK, evidence=facts)
    )
    twice = Event("r", 1, EventKind.DRAFTED, 1, 0.0, 0.0, Draft("other", "w"))

    answers = journal.keep([*events[:2], unkept, twice, *events[2:]])
    journal.close()

    assert [type(a) for a in answers[:5]] == [type(None)] * 2 + [CallError, StoreError, type(None)]
    assert anyio.run(stored, path, "r") == [event.seq for event in events]


def test_a_failure_closes_the_files_and_the_next_event_opens_them_again(path: Path) -> None:
    journal = Journal(Files.of(path, busy_timeout_s=0.01))
    first, second = (
        Event("r", seq, EventKind.DRAFTED, 1, 0.0, 0.0, Draft("", "w")) for seq in range(2)
    )
    assert journal.keep([first]) == [None]

    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        (fault,) = journal.keep([second])
        other.execute("ROLLBACK")
    again = journal.keep([second])
    journal.close()

    assert isinstance(fault, StoreError)
    assert again == [None]


@pytest.mark.slow
def test_every_acknowledged_step_outlives_kill_9(path: Path) -> None:
    chance = random.Random(3)  # noqa: S311 - moments, not secrets
    for attempt in range(6):
        run = f"attempt{attempt}"
        size = chance.choice([100, BLOBS_OF_ALL_SIZES])
        with subprocess.Popen(
            command(path, run, steps=100_000, loops=4, size=size),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.0, 0.25))
            writer.send_signal(signal.SIGKILL)
            # A line that the kill cut short was never acknowledged.
            lines = [line for line in writer.stdout if line.endswith("\n")]
        acknowledged = {f"{run}-{n}": -1 for n in range(4)}
        for line in lines:
            run_id, seq = line.split()
            acknowledged[run_id] = int(seq)

        for run_id, last in acknowledged.items():
            found = anyio.run(stored, path, run_id)
            assert found == list(range(len(found)))
            assert len(found) > last

    summaries = anyio.run(SqliteStore(path).runs)
    assert len(summaries) >= 4
    assert {summary.state for summary in summaries} == {RunState.KILLED}


@pytest.mark.slow
def test_four_processes_write_one_store_at_once(path: Path) -> None:
    writers = [
        subprocess.Popen(
            command(path, f"p{n}", steps=60, loops=5, size=20_000),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for n in range(4)
    ]

    for writer in writers:
        _, complaint = writer.communicate(timeout=60)
        assert (writer.returncode, complaint) == (0, b"")

    for process in range(4):
        for loop in range(5):
            assert anyio.run(stored, path, f"p{process}-{loop}") == list(range(60))


@pytest.mark.slow
def test_a_full_disk_is_a_store_error_and_loses_nothing_acknowledged(path: Path) -> None:
    def allow_little() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    done = subprocess.run(
        command(path, "r", steps=1_000, loops=1),
        preexec_fn=allow_little,
        capture_output=True,
        text=True,
        check=False,
    )

    acknowledged = done.stdout.splitlines()[1:]
    assert done.returncode == 3
    assert "CRITIQUE_LOOP_STORE" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(acknowledged) > 5
    assert len(anyio.run(stored, path, "r-0")) == len(acknowledged)
