"""Kills a process that writes, again and again: `python benchmarks/store_killed.py [--kills N]`.

Killed with SIGKILL at random moments under load, with the settings that the product has: all that
was acknowledged must be there, SQLite must find both files whole, and the next process goes on with
the runs that the killed one had begun. Exit code 1 where that is not so.
"""

from __future__ import annotations

import argparse
import fcntl
import math
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import chain, count
from pathlib import Path

import anyio
import store_load
import store_runs

from critique_loop.store import SqliteStore

_PIPE_BYTES = 2**20
_RUNS_PER_STORE = 400  # then a new store, so that looking through it stays quick


def killed_writer(path: Path, numbers: Iterator[int], *, after_s: float) -> dict[int, int]:
    """Let a process write for a while, kill it, and return what it had said was kept."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            say = store_load.lines_to(writing)
            anyio.run(lambda: store_load.write(path, numbers, until=math.inf, say=say))
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, encoding="ascii") as lines:
        said = store_load.last_said(lines)
    os.waitpid(child, 0)
    return said


def check(path: Path, said: dict[int, int]) -> None:
    """Look for what was acknowledged, and let SQLite look through its files.

    Raises:
        LostError: something is not as it must be.
    """

    async def look() -> None:
        store = SqliteStore(path)
        for number, last in said.items():
            found = await store_load.stored(store, number)
            if len(found) <= last:
                raise store_load.LostError(f"run {number}: step {last} was acknowledged, is lost")

    anyio.run(look)
    for file in (path, path.with_name(f"{path.stem}.blobs{path.suffix}")):
        if file.exists():
            with closing(sqlite3.connect(file)) as connection:
                (word,) = connection.execute("PRAGMA integrity_check").fetchone()
            if word != "ok":
                raise store_load.LostError(f"{file.name}: {word}")


def finish(path: Path, said: dict[int, int]) -> int:
    """Go on with all runs to their ends; return how many there are.

    Raises:
        LostError: a run is not as it was written.
    """
    left = store_load.unfinished(path)
    anyio.run(lambda: store_load.write(path, left, until=math.inf, say=said.__setitem__))
    check(path, dict.fromkeys(said, store_runs.STEPS - 1))
    return len(said)


def main() -> None:
    """Kill, look, say what was found."""
    parser = argparse.ArgumentParser(description="Kill a process that writes, again and again.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - moments
    steps = runs = stores = 0
    with tempfile.TemporaryDirectory() as folder:
        path, said = Path(folder, "0.db"), dict[int, int]()
        for kill in range(options.kills):
            begun = store_load.unfinished(path)
            numbers = chain(begun, count(max((*said, *begun), default=-1) + 1))
            now = killed_writer(path, numbers, after_s=chance.uniform(0.02, 0.5))
            check(path, now)
            steps += sum(seq - said.get(number, -1) for number, seq in now.items())
            said |= now
            if len(said) > _RUNS_PER_STORE or kill == options.kills - 1:
                runs, stores = runs + finish(path, said), stores + 1
                path, said = Path(folder, f"{stores}.db"), {}
    print(
        f"{options.kills} kills, {steps} steps acknowledged, none lost; {runs} runs in {stores}"
        " stores, all gone on with to their ends; integrity_check ok after every kill"
    )


if __name__ == "__main__":
    try:
        main()
    except store_load.LostError as error:
        sys.exit(f"lost: {error}")
