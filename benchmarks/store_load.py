"""A load on one store from several processes: who writes, who reads, who scans.

Each process writes whole synthetic runs and goes on with those that another one had begun.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import anyio
import store_runs

from critique_loop.store import SqliteStore
from critique_loop.values import Event

LOOPS = 8


class LostError(Exception):
    """A store does not hold what it had acknowledged."""


@dataclass(slots=True)
class Waits:
    """How long calls took, in seconds."""

    count: int = 0
    worst_s: float = 0.0
    all_s: list[float] = field(default_factory=list[float])

    def add(self, seconds: float) -> None:
        """Count one call."""
        self.count += 1
        self.worst_s = max(self.worst_s, seconds)
        self.all_s.append(seconds)


def number_of(run_id: str) -> int:
    """Return the number of a synthetic run."""
    return int(run_id.rpartition("-")[2])


async def stored(store: SqliteStore, number: int) -> list[Event]:
    """Return what is stored of a run.

    Raises:
        LostError: that is not how the run begins.
    """
    found = [event async for event in store.events(store_runs.run_id(number))]
    if found != list(islice(store_runs.events(number, pictures=True), len(found))):
        raise LostError(f"run {number} is not what was written")
    return found


async def write(
    path: Path, numbers: Iterable[int], *, until: float, say: Callable[[int, int], object]
) -> Waits:
    """Write runs, from where each stands, until that time (monotonic); say what is kept."""
    waits, waiting = Waits(), iter(numbers)

    async def loop(store: SqliteStore) -> None:
        for number in waiting:
            have = len(await stored(store, number))
            for event in islice(store_runs.events(number, pictures=True), have, None):
                if time.monotonic() > until:
                    return
                began = time.perf_counter()
                await store.append(event)
                waits.add(time.perf_counter() - began)
                say(number, event.seq)

    with SqliteStore(path) as store:
        async with anyio.create_task_group() as group:
            for _ in range(LOOPS):
                group.start_soon(loop, store)
    return waits


async def read(path: Path, *, until: float, seed: int) -> Waits:
    """Read whole runs, chosen at random, until that time, one at least.

    Raises:
        LostError: one is not what was written.
    """
    waits, chance, store = Waits(), random.Random(seed), SqliteStore(path)  # noqa: S311 - which run
    while not waits.count or time.monotonic() < until:
        runs = await store.runs()
        for summary in chance.sample(runs, min(20, len(runs))):
            began = time.perf_counter()
            await stored(store, number_of(summary.run_id))
            waits.add(time.perf_counter() - began)
        await anyio.sleep(0.01)
    return waits


def scan(path: Path, *, until: float) -> Waits:
    """Scan the store from end to end until that time, once at least.

    Raises:
        LostError: a run has gaps.
    """
    waits = Waits()
    while not waits.count or time.monotonic() < until:
        began = time.perf_counter()
        for run in SqliteStore(path).scan(pictures=True):
            if [row[0] for row in run.rows] != list(range(len(run.rows))):
                raise LostError(f"{run.run_id} has gaps")
            _ = run.started, run.rounds
        waits.add(time.perf_counter() - began)
        time.sleep(0.01)
    return waits


def unfinished(path: Path) -> list[int]:
    """Return the numbers of the runs that have no end yet."""
    return [number_of(run.run_id) for run in SqliteStore(path).scan() if run.ended is None]


def lines_to(descriptor: int) -> Callable[[int, int], object]:
    """Return a function that says at once which step is kept, without a buffer of this process."""
    return lambda number, seq: os.write(descriptor, f"{number} {seq}\n".encode())


def last_said(lines: Iterable[str]) -> dict[int, int]:
    """Return the last step of each run that was said to be kept; half a line was not said."""
    found: dict[int, int] = {}
    for line in lines:
        number, _, seq = line.partition(" ")
        if seq.endswith("\n"):
            found[int(number)] = int(seq)
    return found


def every(first: int, step: int) -> Iterator[int]:
    """Yield ``first``, ``first + step``, ... without an end."""
    while True:
        yield first
        first += step
