"""What curation costs: rows per CPU second for each step, and memory up to a million rows.

    python benchmarks/curation.py [--rows N] [--memory N ...] [--write]

The rows are charts that the grammar writer drew up for real tables, each with six statements of
its own. Memory is measured in a process of its own, on short rows that stream by: what belongs to
the process, and what the system could drop (pages of temporary files).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import curation_leaks
import curation_rows
from chart_results import write

from critique_loop.curation.defaults import cleaning
from critique_loop.curation.diversity import diversity
from critique_loop.curation.leakage import checked
from critique_loop.curation.near import NearDuplicates
from critique_loop.curation.pipeline import CurationStep, Pipeline
from critique_loop.curation.splitting import Shares, split
from critique_loop.values import Example

HERE = Path(__file__).parent
TURNS = 5
KB = 1024

Rows = Sequence[Example]


class Held(NamedTuple):
    """What a process holds after a number of rows; file pages can be dropped by the system."""

    rows: int
    own_mb: float
    files_mb: float


class Speed(NamedTuple):
    """How fast something goes over rows, and how many it leaves."""

    name: str
    rows_per_s: float
    kept: int


def speed(name: str, run: Callable[[Rows], Iterable[object]], turns: Sequence[Rows]) -> Speed:
    """Return the median of a few turns, each over rows of its own: nothing is known before."""
    found: list[Speed] = []
    for rows in turns:
        began = time.process_time()
        kept = sum(1 for _ in run(rows))
        found.append(Speed(name, len(rows) / (time.process_time() - began), kept))
    return sorted(found, key=lambda each: each.rows_per_s)[len(found) // 2]


def speeds(turns: Sequence[Rows]) -> list[Speed]:
    """Return every step alone, all of them together, and what comes after."""

    def over(*steps: CurationStep) -> Callable[[Rows], Iterable[object]]:
        return lambda rows: Pipeline(steps).run(rows)

    alone = [speed(step.name, over(step), turns) for step in cleaning()]
    own = speed("near duplicates without rensa", over(NearDuplicates(own=True)), turns)
    whole = speed("all of them", over(*cleaning()), turns)
    apart = speed("split", lambda rows: split(rows, Shares()), turns)
    safe = speed("split and leakage check", lambda rows: checked(split(rows, Shares())), turns)
    return [*alone, own, whole, apart, safe]


def memory(marks: Sequence[int]) -> Iterator[Held]:
    """Yield what this process holds while rows stream by, at the start and at each mark."""
    yield _held(0)
    rows = Pipeline(cleaning()).run(curation_rows.short(max(marks)))
    for number, _ in enumerate(rows, 1):
        if number in marks:
            yield _held(number)


def _held(rows: int) -> Held:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    own, file, shared = (
        int(fields[name].split()[0]) / KB for name in ("RssAnon", "RssFile", "RssShmem")
    )
    return Held(rows, own, file + shared)


def _apart(marks: Sequence[int]) -> list[Held]:
    """Return what a process of its own holds, which has done nothing else before."""
    command = [sys.executable, __file__, "--only-memory", *map(str, marks)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [Held(*json.loads(line)) for line in done.stdout.splitlines()]


def speed_table(found: Sequence[Speed], examples: Rows) -> str:
    """Return the speeds as Markdown."""
    size = sum(len(e.completion) + sum(len(m.text) for m in e.prompt) for e in examples)
    lines = [
        f"{len(examples)} rows of {size // len(examples)} characters, median of {TURNS} turns.",
        "",
        "| step | rows per CPU second | rows left |",
        "|---|---|---|",
    ]
    return "\n".join([*lines, *(f"| {s.name} | {s.rows_per_s:,.0f} | {s.kept} |" for s in found)])


def memory_table(found: Sequence[Held]) -> str:
    """Return what was held as Markdown."""
    lines = [
        "All cleaning steps in a row, over short rows (no two alike) made as they are read.",
        "",
        "| rows so far | memory of the process | pages of files in memory (programs, tables) |",
        "|---|---|---|",
    ]
    return "\n".join(
        [*lines, *(f"| {h.rows:,} | {h.own_mb:.0f} MB | {h.files_mb:.0f} MB |" for h in found)]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and keep what was printed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--memory", type=int, nargs="*", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--only-memory", type=int, nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help="keep the tables in RESULTS.md")
    options = parser.parse_args(arguments)
    if options.only_memory:
        for held in memory(options.only_memory):
            print(json.dumps(held), flush=True)
        return
    base = curation_rows.charts()
    turns = [list(curation_rows.multiplied(base, options.rows, seed=n)) for n in range(TURNS)]
    tables = ["### Curation", speed_table(speeds(turns), turns[0])]
    real = [curation_rows.example_of(chart, place) for place, chart in enumerate(base)]
    tables.append(f"Diversity of the {len(real)} charts as written: {diversity(real).plain()}.")
    leaks = [curation_leaks.held_out(base, table, 1_000, 50) for table in curation_leaks.TABLES]
    tables.append(curation_leaks.table_of(leaks))
    tables += [memory_table(_apart(options.memory))] if options.memory else []
    text = "\n\n".join(tables)
    print(text)
    if options.write:
        write(HERE / "RESULTS.md", "curation", text)


if __name__ == "__main__":
    main()
