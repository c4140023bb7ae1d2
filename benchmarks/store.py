"""What it costs to keep, read, go on with and export 10,000 runs: `python benchmarks/store.py`.

Synthetic runs of three rounds (`store_runs.py`) are appended to the trace store, each step
acknowledged, beside the same in plain JSON Lines (fsync after 64 lines) and in Inspect's `.eval`
format, in turns and in processes of their own. Times are CPU seconds: those of one core.
`--inspect-python` names a Python that has inspect-ai, msgspec and anyio; else that part is left
out. `--folder` lies on the disk that is to be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import store_runs

WORKER = Path(__file__).with_name("store_worker.py")
ROOT = Path(__file__).resolve().parent.parent
NEEDED = 5_000
TURNS = 10
LOOKS = {
    "rows": "all rows, nothing decoded",
    "rounds": "task and rounds",
    "said": "task, rounds, what was said",
    "all": "all steps, pictures too",
}
NEEDED_ROWS = 20_000
EXPORTS = (
    *("sft", "preference", "kto", "reward", "rlvr", "stepwise"),
    *("explanation", "self-distillation", "sft-messages", "trajectory", "critic-sft"),
)


class Writer(NamedTuple):
    """One way to keep runs."""

    role: str
    name: str
    python: str
    suffix: str


def worker(python: str, *arguments: object) -> dict[str, float]:
    """Return what one measurement printed."""
    command = [python, str(WORKER), *map(str, arguments)]
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def has_inspect(python: str) -> bool:
    """Return whether Inspect can be used."""
    command = [python, "-c", "import inspect_ai, msgspec, anyio"]
    return not subprocess.run(command, capture_output=True, check=False).returncode


def size_mb(paths: Iterable[Path]) -> float:
    """Return how large files and folders are together."""
    found = [file for path in paths for file in (path, *path.rglob("*")) if file.is_file()]
    return sum(file.stat().st_size for file in found) / 1e6


def append(folder: Path, writers: list[Writer], runs: int, *, pictures: bool) -> None:
    """Keep the runs in every way, a tenth at a time in turns, and print what it took."""
    taken: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    each = -(-runs // TURNS)
    for turn, first in enumerate(range(0, runs, each)):
        last = min(first + each, runs)
        for writer in writers[turn % len(writers) :] + writers[: turn % len(writers)]:
            apart = f"-{turn}" if writer.role == "eval" else ""  # a log is written once
            path = folder / f"traces{apart}{writer.suffix}"
            told = worker(writer.python, writer.role, path, first, last, int(pictures))
            for name, value in told.items():
                kept = taken[writer.role]
                kept[name] = max(kept[name], value) if "_m" in name else kept[name] + value
    print(f"{'append':34} {'steps/CPU s':>11} {'steps/s':>8} {'MB':>7} {'MB peak':>8}  waits")
    for writer in writers:
        told = taken[writer.role]
        found = folder.glob(f"traces*{writer.suffix}")
        files = [*found, folder / "traces.blobs"] if writer.role == "write" else [*found]
        waits = (
            f"p99 {told['p99_ms']:.0f} ms, worst {told['worst_ms']:.0f} ms"
            if "p99_ms" in told
            else ""
        )
        print(
            f"{writer.name:34} {told['steps'] / told['cpu_s']:11,.0f}"
            f" {told['steps'] / told['wall_s']:8,.0f} {size_mb(files):7.1f}"
            f" {told['peak_mb']:8.0f}  {waits}"
        )
    rate = taken["write"]["steps"] / taken["write"]["cpu_s"]
    word = "yes" if rate >= NEEDED else "NO"
    print(f"at least {NEEDED:,} durable steps a second per core: {word} ({rate:,.0f})\n")


def read(path: Path, runs: int) -> None:
    """Scan the store, and read some runs as `resume` does."""
    print(f"{'scan':34} {'runs/CPU s':>11} {'steps/CPU s':>11} {'MB peak':>8}")
    for look, name in LOOKS.items():
        told = worker(sys.executable, look, path)
        print(
            f"{name:34} {told['runs'] / told['cpu_s']:11,.0f}"
            f" {told['steps'] / told['cpu_s']:11,.0f} {told['peak_mb']:8.0f}"
        )
    asked = [store_runs.run_id(number) for number in range(0, runs, max(1, runs // 50))]
    told = worker(sys.executable, "resume", path, *asked)
    print(
        f"\nresume, one of {runs:,} runs read up to where it stands:"
        f" median {told['median_ms']:.1f} ms, worst {told['worst_ms']:.1f} ms\n"
    )


def export(path: Path, folder: Path) -> None:
    """Export the store in several forms."""
    print(
        f"{'export, JSON Lines, uncurated':34} {'rows':>8} {'KB a row':>9} {'rows/CPU s':>11}"
        f" {'MB/CPU s':>9} {'MB peak':>8}"
    )
    rates: list[float] = []
    for kind in EXPORTS:
        told = worker(sys.executable, "export", path, kind, folder / f"{kind}.jsonl")
        rates.append(told["rows"] / told["cpu_s"])
        print(
            f"{kind:34} {told['rows']:8,.0f} {told['bytes'] / told['rows'] / 1e3:9.1f}"
            f" {rates[-1]:11,.0f} {told['bytes'] / told['cpu_s'] / 1e6:9.1f}"
            f" {told['peak_mb']:8.0f}"
        )
    word = "yes" if min(rates) >= NEEDED_ROWS else "NO"
    print(f"at least {NEEDED_ROWS:,} rows per CPU second in every kind: {word}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What keeping and reading traces costs.")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--pictures", action="store_true", help="each round has one of 30 KB")
    parser.add_argument("--folder", help="where the files are written (default: a temporary one)")
    parser.add_argument("--inspect-python", default=sys.executable, metavar="PYTHON")
    options = parser.parse_args()
    writers = [
        Writer("write", "trace store (WAL, ends FULL)", sys.executable, ".db"),
        Writer("jsonl", "JSON Lines, fsync every 64", sys.executable, ".jsonl"),
    ]
    if has_inspect(options.inspect_python):
        name = "Inspect .eval (no pictures)"
        writers.append(Writer("eval", name, options.inspect_python, ".eval"))
    else:
        print("inspect-ai is not installed: its format is left out\n")
    steps = options.runs * store_runs.STEPS
    print(f"{options.runs:,} runs, {steps:,} steps{', pictures' if options.pictures else ''}\n")
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        folder = Path(place)
        append(folder, writers, options.runs, pictures=options.pictures)
        read(folder / "traces.db", options.runs)
        export(folder / "traces.db", folder)


if __name__ == "__main__":
    main()
