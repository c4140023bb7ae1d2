"""How many steps a second the trace store keeps: `python benchmarks/store.py [FOLDER]`.

Steps of 800 bytes, every one acknowledged. FOLDER is where the file is written (default: a
temporary one); it must lie on the disk that is to be measured.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import anyio

from critique_loop.store import SqliteStore
from critique_loop.values import Draft, Event, EventKind

STEPS = 4_000
LOOPS = (1, 10, 100, 1_000)
BODY = "x" * 800


class Measured(NamedTuple):
    """One line of the table."""

    loops: int
    steps_per_s: float
    cpu_us_per_step: float
    median_ms: float
    p99_ms: float


async def measure(path: Path, loops: int) -> Measured:
    """Append steps from so many concurrent loops, each waiting for its own step."""
    waits_s: list[float] = []

    async def write(store: SqliteStore, run_id: str) -> None:
        for seq in range(1, STEPS // loops + 1):
            event = Event(run_id, seq, EventKind.DRAFTED, 1, 1.0, 0.0, Draft(BODY, "w"))
            began = time.perf_counter()
            await store.append(event)
            waits_s.append(time.perf_counter() - began)

    with SqliteStore(path) as store:
        await store.append(Event("first", 0, EventKind.DRAFTED, 1, 1.0, 0.0, Draft("", "w")))
        began, cpu_began = time.perf_counter(), time.process_time()
        async with anyio.create_task_group() as group:
            for number in range(loops):
                group.start_soon(write, store, f"run{number}")
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    ordered = sorted(waits_s)
    return Measured(
        loops=loops,
        steps_per_s=len(ordered) / seconds,
        cpu_us_per_step=1e6 * cpu_s / len(ordered),
        median_ms=1e3 * statistics.median(ordered),
        p99_ms=1e3 * ordered[len(ordered) * 99 // 100],
    )


def main(folder: str | None) -> None:
    """Print the table."""
    print("loops  steps/s  CPU us/step  median wait ms  p99 wait ms")
    for loops in LOOPS:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            row = anyio.run(measure, Path(place, "traces.db"), loops)
        print(
            f"{row.loops:5} {row.steps_per_s:8.0f} {row.cpu_us_per_step:12.0f}"
            f" {row.median_ms:15.2f} {row.p99_ms:12.2f}"
        )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
