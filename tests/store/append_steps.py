"""Appends steps and says each once it is kept: `append_steps.py STORE RUN STEPS LOOPS BYTES`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import anyio

from critique_loop import rubric
from critique_loop.errors import StoreError
from critique_loop.store import SqliteStore
from critique_loop.values import (
    Draft,
    Event,
    EventBody,
    EventKind,
    Execution,
    ExecutionStatus,
    OutputFile,
    Started,
    Task,
)


async def main(path: str, run: str, numbers: Sequence[int]) -> None:
    steps, loops, size = numbers
    task = Task("goal", rubric.load("charts"))
    say("ready")

    async def write(run_id: str) -> None:
        for seq in range(steps):
            kind, body = content(task, run_id, seq, size)
            await store.append(Event(run_id, seq, kind, 1, 1.0, 0.0, body))
            say(f"{run_id} {seq}")

    with SqliteStore(path) as store:
        async with anyio.create_task_group() as group:
            for number in range(loops):
                group.start_soon(write, f"{run}-{number}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def content(task: Task, run_id: str, seq: int, size: int) -> tuple[EventKind, EventBody]:
    if seq == 0:
        return EventKind.STARTED, Started(task, "w", "c", "s", "0")
    if seq % 2:
        return EventKind.DRAFTED, Draft(f"{run_id} {seq} " + "x" * 800, "w")
    data = f"{run_id} {seq} ".encode().ljust(size, b".")
    files = (OutputFile("chart.png", "image/png", data),)
    return EventKind.EXECUTED, Execution(ExecutionStatus.OK, files=files)


failed = False
try:
    anyio.run(main, sys.argv[1], sys.argv[2], [int(number) for number in sys.argv[3:]])
except* StoreError as group:
    sys.stderr.write(f"{group.exceptions[0]}\n")
    failed = True  # an exit from in here would be wrapped into a group by some Pythons
if failed:
    sys.exit(3)
