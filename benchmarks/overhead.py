"""What the package itself costs: import, ``--help``, and a round of the loop without its parts.

    python benchmarks/overhead.py [--runs N] [--rounds N...] [--write]

CPU seconds (user + system) of fresh processes, byte-compiled, in interleaved order; medians, with
the bare interpreter taken off. The loop runs scripted parts that do nothing, without and with the
trace store on disk.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import chart_results

import critique_loop as cl
from critique_loop.protocols import TraceStore
from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedWriter

HERE = Path(__file__).resolve().parent
BARE = "bare Python"
COMMANDS = {
    BARE: ["-c", "pass"],
    "import critique_loop": ["-c", "import critique_loop"],
    "critique-loop --help": ["-m", "critique_loop", "--help"],
    "critique-loop ls --help": ["-m", "critique_loop", "ls", "--help"],
}
LIMITS_S = {"import critique_loop": 0.150, "critique-loop --help": 0.250}


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles of some seconds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Return the spread of at least two values."""
        low, median, high = statistics.quantiles(seconds, n=4)
        return cls(median, low, high)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and keep them if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--rounds", type=int, nargs="+", default=[6, 100], metavar="N")
    parser.add_argument("--write", action="store_true", help="keep the tables in RESULTS.md")
    options = parser.parse_args(arguments)
    text = "\n\n".join(
        [
            "### What the package itself costs",
            start_table(start_costs(options.runs)),
            loop_table(options.rounds, options.runs),
        ]
    )
    print(text)
    if options.write:
        chart_results.write(HERE / "RESULTS.md", "overhead", text)


def start_costs(runs: int) -> dict[str, Spread]:
    """Return the CPU seconds of each command; the runs of all commands take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as cache:
        for turn in range(runs + 1):
            for name, arguments in COMMANDS.items():
                spent = cpu_seconds(arguments, cache)
                if turn:  # the first turn writes the byte code
                    seconds[name].append(spent)
    return {name: Spread.of(values) for name, values in seconds.items()}


def cpu_seconds(arguments: Sequence[str], cache: str) -> float:
    """Return user and system seconds of one Python process."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments],
        check=True,
        capture_output=True,
        env={**environment, "PYTHONPYCACHEPREFIX": cache},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def start_table(costs: dict[str, Spread]) -> str:
    """Return the Markdown table of process costs."""
    bare = costs[BARE].median
    rows = ["| command | CPU ms | quartiles | over bare Python | limit |", "|---|---|---|---|---|"]
    for name, cost in costs.items():
        limit = f"{LIMITS_S[name] * 1e3:.0f}" if name in LIMITS_S else ""
        rows.append(
            f"| {name} | {cost.median * 1e3:.0f} | {cost.low * 1e3:.0f} to {cost.high * 1e3:.0f} "
            f"| {(cost.median - bare) * 1e3:.0f} | {limit} |"
        )
    return "\n".join(rows)


def loop_table(lengths: Sequence[int], runs: int) -> str:
    """Return the Markdown table of milliseconds per round with parts that do nothing."""
    rows = ["| loop of scripted parts | rounds | ms per round | quartiles |", "|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        stores: dict[str, TraceStore | None] = {
            "no trace store": None,
            "trace in SQLite": cl.SqliteStore(Path(folder) / "traces.sqlite"),
        }
        for name, store in stores.items():
            for rounds in lengths:
                cost = Spread.of([round_seconds(rounds, store) for _ in range(runs)])
                rows.append(
                    f"| {name} | {rounds} | {cost.median * 1e3:.2f} "
                    f"| {cost.low * 1e3:.2f} to {cost.high * 1e3:.2f} |"
                )
    return "\n".join(rows)


def round_seconds(rounds: int, store: TraceStore | None) -> float:
    """Return the wall seconds per round of a run of so many rounds that all miss the mark."""
    programs = [f"print({number})" for number in range(rounds)]
    # Marks that rise from round to round: a loop that stands still would be stopped as stuck.
    marks: dict[str, float | None] = {
        program: 5 * number / rounds for number, program in enumerate(programs)
    }
    loop = cl.Loop(
        writer=ScriptedWriter(programs),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic(marks),
        proxy=cl.UserProxy(budget=cl.Budget(max_rounds=rounds, max_time_s=None)),
        store=store,
    )
    task = cl.Task(goal="anything", rubric=cl.load_rubric("charts"))
    began = time.perf_counter()
    outcome = loop.run_sync(task)
    spent = time.perf_counter() - began
    if len(outcome.rounds) != rounds:
        raise SystemExit(f"{len(outcome.rounds)} of {rounds} rounds: {outcome.stopped_because}")
    return spent / rounds


if __name__ == "__main__":
    main()
