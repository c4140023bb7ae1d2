"""Many loops in one batch: what a loop costs, what memory does, what a killed worker costs.

    python benchmarks/batch.py [--tables FOLDER] [--loops N] [--seconds S] [--write]

Four parts. "feeding": a hundred lines for each loop are put into the queue, and nothing is run.
"scripted": loops whose parts do nothing, so that only the batch itself, the loop and
the store remain. "real": grammar-writer loops in real containers, a goal for each line, over the
CSV files of FOLDER (without one, over ten tables that are generated). "killed": two worker
processes, one of which gets SIGKILL half-way. A part ends early after S seconds; figures are per
loop. CPU is user + system of the command and its workers; "containers" is what the engine's cgroup
used meanwhile, by whomever, and "engine" what dockerd and containerd did.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import chart_results
from batch_tasks import generated, tasks

from critique_loop.batch import run_batch_sync
from critique_loop.batch.making import Workshop
from critique_loop.batch.opening import opened
from critique_loop.batch.plan import Plan
from critique_loop.batch.running import config_of
from critique_loop.batch.sources import TaskFile
from critique_loop.building.settings import LoopSettings
from critique_loop.store import SqliteStore
from critique_loop.store.batches import Batches
from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedWriter

HERE = Path(__file__).resolve().parent
CGROUP = Path("/sys/fs/cgroup/cpuacct/docker/cpuacct.usage")
ENGINES = ("dockerd", "containerd", "containerd-shim")
TICKS = os.sysconf("SC_CLK_TCK")
MEMORY_AT = (0.1, 0.5, 1.0)


@dataclass
class Taken:
    """What a part took: loops, CPU seconds by whom, and memory at some numbers of loops."""

    loops: int = 0
    accepted: int = 0
    seconds: float = 0.0
    own_s: float = 0.0
    containers_s: float = 0.0
    engine_s: float = 0.0
    memory_mb: dict[int, float] = field(default_factory=dict[int, float])
    notes: list[str] = field(default_factory=list[str])

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield the figures in words."""
        loops = max(1, self.loops)
        if self.loops:
            pace = self.loops / max(self.seconds, 1e-9)
            yield "loops ended, accepted", f"{self.loops}, {self.accepted}"
            yield "wall time", f"{self.seconds:.0f} s, {pace:.2f} loops/s"
            yield "CPU of the command and its workers", f"{1000 * self.own_s / loops:.1f} ms a loop"
        if self.containers_s:
            all_s = self.own_s + self.containers_s + self.engine_s
            yield "CPU of containers", f"{1000 * self.containers_s / loops:.0f} ms a loop"
            yield "CPU of dockerd and containerd", f"{1000 * self.engine_s / loops:.0f} ms a loop"
            yield "loops per CPU second, all together", f"{loops / all_s:.2f}"
        at = ", ".join(f"{mb:.0f} MB after {n}" for n, mb in sorted(self.memory_mb.items()))
        yield "resident memory", at or "not measured"
        for note in self.notes:
            yield "", note


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and keep them if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tables", type=Path, help="a folder of CSV files")
    parser.add_argument("--loops", type=int, default=2000)
    parser.add_argument("--killed-loops", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--parts", nargs="+", default=["feeding", "scripted", "real", "killed"])
    parser.add_argument("--write", action="store_true", help="keep the tables in RESULTS.md")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        found = options.tables or generated(folder / "tables")
        parts: Mapping[str, Callable[[], Taken]] = {
            "feeding": lambda: feeding(folder, found, 100 * options.loops),
            "scripted": lambda: scripted(folder, found, options.loops),
            "real": lambda: real(folder, found, options.loops, options.seconds),
            "killed": lambda: killed(folder, found, options.killed_loops, options.seconds),
        }
        text = "\n\n".join(table(name, parts[name]()) for name in options.parts)
    if options.write:
        chart_results.write(HERE / "RESULTS.md", "batch", text)


def table(name: str, taken: Taken) -> str:
    """Return and print the figures of one part."""
    lines = [f"### {name}", "", "| what | measured |", "|---|---|"]
    lines += [f"| {what} | {value} |" for what, value in taken.rows()]
    text = "\n".join(lines)
    print(text, flush=True)
    return text


def feeding(folder: Path, tables: Path, lines: int) -> Taken:
    """Measure how long tasks take into the queue, and how much memory."""
    file = tasks(tables, lines, folder / "feeding.jsonl")
    taken = Taken(memory_mb={0: memory_mb(os.getpid())})
    store = SqliteStore(folder / "feeding.db")
    plan = Plan(TaskFile(file), LoopSettings(), store)
    workshop = Workshop(config_of(plan), plan.actors, store)
    began, cpu_s = time.monotonic(), time.process_time()
    with Batches(store.path) as batches:
        opened(plan, batches, workshop)
    taken.seconds, taken.own_s = time.monotonic() - began, time.process_time() - cpu_s
    taken.memory_mb[lines] = memory_mb(os.getpid())
    taken.notes.append(
        f"{lines} lines read twice and queued, {1e6 * taken.own_s / lines:.0f} us each"
    )
    return taken


def scripted(folder: Path, tables: Path, loops: int) -> Taken:
    """Measure loops whose parts do nothing, in this process."""
    taken = Taken()
    file = tasks(tables, loops, folder / "scripted.jsonl")
    marks = [max(1, round(share * loops)) for share in MEMORY_AT]
    began, cpu_s = time.monotonic(), time.process_time()
    with SqliteStore(folder / "scripted.db") as store:
        report = run_batch_sync(
            file,
            store=store,
            writer=ScriptedWriter(["good"]),
            critic=ScriptedCritic({"good": 10.0}),
            executor=ScriptedExecutor(),
            on_progress=lambda progress: note_memory(taken, marks, progress.done, os.getpid()),
        )
    taken.seconds, taken.own_s = time.monotonic() - began, time.process_time() - cpu_s
    taken.loops, taken.accepted = report.progress.done, report.progress.accepted
    note_memory(taken, marks, report.progress.done, os.getpid())
    return taken


def real(folder: Path, tables: Path, loops: int, seconds: float) -> Taken:
    """Measure grammar-writer loops in containers, in a process of their own."""
    file = tasks(tables, loops, folder / "real.jsonl")
    run = Run(folder, "real", file)
    marks = [max(1, round(share * loops)) for share in MEMORY_AT]
    deadline = time.monotonic() + seconds
    told = False
    while run.alive():
        done = run.done()
        note_memory(run.taken, marks, done, run.process.pid)
        if time.monotonic() > deadline and not told:
            told = True
            run.taken.notes.append(f"stopped after {seconds:.0f} s, of {loops} loops")
            run.taken.memory_mb[done] = memory_mb(run.process.pid)
            run.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    return run.ended()


def killed(folder: Path, tables: Path, loops: int, seconds: float) -> Taken:
    """Kill one of two workers half-way, and count what was done twice."""
    file = tasks(tables, loops, folder / "killed.jsonl")
    run = Run(folder, "killed", file, "--workers", "2", "--concurrency", "4")
    deadline = time.monotonic() + seconds
    victim = 0
    while run.alive() and time.monotonic() < deadline:
        if not victim and run.done() >= loops // 2 and (workers := run.children()):
            victim = workers[0]
            held = run.count("SELECT count(*) FROM batch_items WHERE state = 'leased'")
            os.kill(victim, signal.SIGKILL)
            run.taken.notes.append(f"SIGKILL for one of two workers; both had {held} loops live")
        time.sleep(0.2)
    taken = run.ended()
    twice = run.count(
        "SELECT count(*) - count(DISTINCT run_id || round) FROM events WHERE kind = 'executed'"
    )
    ended = run.count("SELECT count(DISTINCT run_id) FROM events WHERE kind = 'ended'")
    taken.notes.append(f"{ended} runs have an end, {twice} programs were run a second time")
    taken.notes.append(f"containers left behind: {left_behind(victim)}")
    return taken


class Run:
    """A batch command in a process of its own, and the CPU that goes by meanwhile."""

    def __init__(self, folder: Path, name: str, file: Path, *options: str) -> None:
        """Start it."""
        self.taken = Taken()
        self._store = folder / f"{name}.db"
        self._report = folder / f"{name}.json"
        self._began = time.monotonic()
        self._before = (containers_s(), engine_s())
        self._own_s = 0.0
        command = [sys.executable, "-m", "critique_loop", "batch", str(file), "--json"]
        with self._report.open("wb") as report:
            self.process = subprocess.Popen(
                [*command, "--store", str(self._store), *options], stdout=report
            )

    def alive(self) -> bool:
        """Whether it still runs; its CPU is read while it does."""
        status = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return status is None

    def done(self) -> int:
        """Return how many of its loops are done."""
        return self.count("SELECT count(*) FROM batch_items WHERE state = 'done'")

    def count(self, query: str) -> int:
        """Return a number out of its store; 0 where there is none yet."""
        if not self._store.exists():
            return 0
        try:
            with closing(sqlite3.connect(f"file:{self._store}?mode=ro", uri=True)) as connection:
                return int(connection.execute(query).fetchone()[0])
        except sqlite3.Error:
            return 0

    def children(self) -> list[int]:
        """Return the numbers of its workers."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def ended(self) -> Taken:
        """Return what it took, once it has ended."""
        taken = self.taken
        usage = os.wait4(self.process.pid, 0)[2]
        taken.own_s = usage.ru_utime + usage.ru_stime
        taken.seconds = time.monotonic() - self._began
        taken.containers_s = containers_s() - self._before[0]
        taken.engine_s = engine_s() - self._before[1]
        taken.loops = self.done()
        report = json.loads(self._report.read_text() or "{}")
        taken.accepted = int(report.get("accepted", 0))
        return taken


def note_memory(taken: Taken, marks: Sequence[int], done: int, pid: int) -> None:
    """Note the memory of a process at the first look after each mark."""
    for mark in marks:
        if done >= mark and mark not in taken.memory_mb:
            taken.memory_mb[mark] = memory_mb(pid)


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process; 0 where it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    found = [line.split()[1] for line in text.splitlines() if line.startswith("VmRSS")]
    return int(found[0]) / 1024 if found else 0.0


def containers_s() -> float:
    """Return the CPU seconds of all containers of the engine so far (cgroup v1), else 0."""
    return int(CGROUP.read_text()) / 1e9 if CGROUP.exists() else 0.0


def engine_s() -> float:
    """Return the CPU seconds of the engine's processes so far; those that ended are not in it."""
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            before, _, after = stat.read_text().rpartition(")")
        except OSError:
            continue
        if before.partition("(")[2] in ENGINES:
            fields = after.split()
            total += (int(fields[11]) + int(fields[12])) / TICKS
    return total


def left_behind(pid: int) -> int:
    """Return how many containers there are of a process."""
    label = "{{.Labels}}"
    done = subprocess.run(
        ["docker", "ps", "--all", "--format", label], capture_output=True, text=True, check=False
    )
    return sum(f"_{pid}_" in line for line in done.stdout.splitlines())


if __name__ == "__main__":
    main()
