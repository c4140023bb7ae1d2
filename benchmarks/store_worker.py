"""What `store.py` measures, each in a process of its own: prints one line of JSON.

store_worker.py write|jsonl|eval PATH FIRST LAST PICTURES    keep runs FIRST to LAST - 1
store_worker.py rows|rounds|said|all PATH                    scan a store so far
store_worker.py resume PATH RUN...                           read runs as `resume` does
store_worker.py export PATH KIND OUT                         write rows to train on
"""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path

import anyio
import msgspec
import store_runs

from critique_loop.checkpoint import Checkpoint
from critique_loop.export import export
from critique_loop.store import SqliteStore, StoredRun

LOOPS = 64
BATCH = 64
Figures = dict[str, float]


class Stopwatch:
    """Wall and CPU seconds of this process, all threads."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def figures(self) -> Figures:
        """Return them since the beginning, and the most memory so far."""
        wall_s = time.perf_counter() - self._began[0]
        cpu_s = time.process_time() - self._began[1]
        return {"wall_s": wall_s, "cpu_s": cpu_s, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Return the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def write(path: str, numbers: range, *, pictures: bool) -> Figures:
    """Keep runs in the trace store from 64 loops, each of which waits for every step."""
    waits_s: list[float] = []
    waiting = iter([list(store_runs.events(n, pictures=pictures)) for n in numbers])

    async def loop(store: SqliteStore) -> None:
        for events in waiting:
            for event in events:
                began = time.perf_counter()
                await store.append(event)
                waits_s.append(time.perf_counter() - began)

    watch = Stopwatch()
    with SqliteStore(path) as store:
        async with anyio.create_task_group() as group:
            for _ in range(LOOPS):
                group.start_soon(loop, store)
    figures = watch.figures()
    waits_s.sort()
    p99_ms = 1e3 * waits_s[len(waits_s) * 99 // 100]
    return figures | {"steps": len(waits_s), "p99_ms": p99_ms, "worst_ms": 1e3 * waits_s[-1]}


def write_lines(path: str, numbers: range, *, pictures: bool) -> Figures:
    """Write one line for each step, and bring each 64 lines to the disk."""
    runs = [list(store_runs.events(n, pictures=pictures)) for n in numbers]
    watch = Stopwatch()
    steps = 0
    with Path(path).open("ab", buffering=2**22) as stream:
        for event in (event for run in runs for event in run):
            stream.write(msgspec.json.encode(plain(event)) + b"\n")
            steps += 1
            if steps % BATCH == 0:
                stream.flush()
                os.fdatasync(stream.fileno())
        stream.flush()
        os.fdatasync(stream.fileno())
    return watch.figures() | {"steps": steps}


def plain(value: object) -> object:
    """Return JSON types: a line says everything in itself, as such files do."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Enum | Path):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


LOOKS: dict[str, Callable[[StoredRun], object]] = {
    "rows": lambda run: run.run_id,
    "rounds": lambda run: (run.started, run.rounds),
    "said": lambda run: (run.started, run.rounds, run.calls),
    "all": lambda run: run.checkpoint,
}


def scan(look: str, path: str) -> Figures:
    """Read a store from end to end."""
    watch, runs, steps = Stopwatch(), 0, 0
    for run in SqliteStore(path).scan(pictures=look == "all"):
        LOOKS[look](run)
        runs += 1
        steps += len(run.rows)
    return watch.figures() | {"runs": runs, "steps": steps}


async def resume(path: str, run_ids: list[str]) -> Figures:
    """Read runs as going on with them does; the time is that of the median run."""
    times: list[float] = []
    store = SqliteStore(path)
    for run_id in run_ids:
        began = time.perf_counter()
        run_id = await store.find(run_id)  # noqa: PLW2901 - a prefix becomes an id
        Checkpoint.of(run_id, [event async for event in store.events(run_id)])
        times.append(time.perf_counter() - began)
    times.sort()
    return {"median_ms": 1e3 * times[len(times) // 2], "worst_ms": 1e3 * times[-1]}


def exported(path: str, kind: str, out: str) -> Figures:
    """Export a store."""
    watch = Stopwatch()
    done = export(SqliteStore(path), kind=kind, out=out)
    return watch.figures() | {"rows": done.rows, "bytes": sum(f.size_bytes for f in done.files)}


def main(role: str, path: str, *rest: str) -> None:
    """Do it and print the figures."""
    if role in LOOKS:
        figures = scan(role, path)
    elif role == "resume":
        figures = anyio.run(resume, path, list(rest))
    elif role == "export":
        figures = exported(path, *rest)
    else:
        first, last, pictures = map(int, rest)
        numbers = range(first, last)
        if role == "eval":
            from store_inspect import write_eval  # noqa: PLC0415 - needs inspect-ai

            figures = write_eval(path, numbers, Stopwatch)
        elif role == "jsonl":
            figures = write_lines(path, numbers, pictures=bool(pictures))
        else:
            figures = anyio.run(lambda: write(path, numbers, pictures=bool(pictures)))
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
