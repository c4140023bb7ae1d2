"""Four processes write, two read, one scans: `python benchmarks/store_crowd.py [--seconds S]`.

All on one store, at once. Every call must succeed, every step that was acknowledged must be there
in the end, and the longest that anybody waited is printed. Exit code 1 where that is not so.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import anyio
import store_killed
import store_load

WRITERS, READERS, SCANNERS = 4, 2, 1


class Part(NamedTuple):
    """What one process did."""

    role: str
    waits: store_load.Waits
    said: dict[int, int]


class Running(NamedTuple):
    """A process at work, and where what it did will come from."""

    role: str
    process: int
    result: int


def start(role: str, work: Callable[[dict[int, int]], store_load.Waits]) -> Running:
    """Start a process that does its part and then tells of it."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return Running(role, process, reading)
    status = 1
    try:
        said: dict[int, int] = {}
        waits = work(said)
        told = {"waits": waits.all_s, "said": list(said.items())}
        with os.fdopen(writing, "w", encoding="ascii") as stream:
            json.dump(told, stream)
        status = 0
    finally:
        os._exit(status)


def wait_for(running: Running) -> Part:
    """Return what a process did.

    Raises:
        LostError: it failed; its traceback is on the terminal.
    """
    with os.fdopen(running.result, encoding="ascii") as stream:
        text = stream.read()
    _, status = os.waitpid(running.process, 0)
    if status or not text:
        raise store_load.LostError(f"a process that {running.role} failed")
    told = json.loads(text)
    waits = store_load.Waits()
    for seconds in told["waits"]:
        waits.add(seconds)
    return Part(running.role, waits, dict(told["said"]))


def crowd(path: Path, seconds: float) -> list[Part]:
    """Let all of them work for so long; return what each did."""
    first: dict[int, int] = {}  # so that there is something to read from the beginning
    anyio.run(lambda: store_load.write(path, [0], until=math.inf, say=first.__setitem__))
    until = time.monotonic() + seconds

    def writer(first: int) -> Callable[[dict[int, int]], store_load.Waits]:
        numbers = store_load.every(first, WRITERS)
        return lambda said: anyio.run(
            lambda: store_load.write(path, numbers, until=until, say=said.__setitem__)
        )

    def reader(seed: int) -> Callable[[dict[int, int]], store_load.Waits]:
        return lambda _: anyio.run(lambda: store_load.read(path, until=until, seed=seed))

    processes = chain(
        (start("writes", writer(number)) for number in range(WRITERS)),
        (start("reads", reader(number)) for number in range(READERS)),
        (start("scans", lambda _: store_load.scan(path, until=until)) for _ in range(SCANNERS)),
    )
    return [wait_for(running) for running in list(processes)]


def main() -> None:
    """Print one line for each role."""
    parser = argparse.ArgumentParser(description="Four processes write, two read, one scans.")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "traces.db")
        parts = crowd(path, options.seconds)
        for part in parts:
            store_killed.check(path, part.said)
        size_mb = sum(f.stat().st_size for f in Path(folder).rglob("*") if f.is_file()) / 1e6
    for role in ("writes", "reads", "scans"):
        waits = sorted(s for part in parts if part.role == role for s in part.waits.all_s)
        middle, longest = (waits[len(waits) // 2], waits[-1]) if waits else (0.0, 0.0)
        told = f"median {1e3 * middle:8.1f} ms  worst {1e3 * longest:8.1f} ms"
        print(f"{role:7} {len(waits):8} calls  {told}")
    steps = sum(last + 1 for part in parts for last in part.said.values())
    print(f"{steps} steps acknowledged, none lost, no error; {size_mb:.0f} MB; integrity_check ok")


if __name__ == "__main__":
    try:
        main()
    except store_load.LostError as error:
        sys.exit(f"lost: {error}")
