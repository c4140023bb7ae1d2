"""What four calls of a model cost: ours, the openai SDK alone, AutoGen and agent-framework.

    python benchmarks/model_overhead.py [--runs N] [--only NAME...] [--folder DIR] [--json|--write]

An exchange is writer, critic, writer, critic over HTTP, against one model server in a process of
its own. Every contender has a process, too, and they take turns in an order that is drawn anew for
each run. CPU is user + system of the contender's process, all its threads. Everybody gets the same
answers; the loop wants its critic's as JSON with token probabilities, so beside it the openai SDK
sends exactly what the loop sends. The server counts: whoever makes more or fewer than four requests
per exchange ends the benchmark. Rivals live in environments of their own under ``--folder``, made
with uv where they are missing, with the openai SDK that we use.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import chart_results
import model_overhead_talk as talk
from model_overhead_places import BARE, CONTENDERS, LOOP, SAME, Contender, PlaceMissing, python_of
from model_overhead_results import Measured, aims, table

HERE = Path(__file__).resolve().parent
AIMS = {
    ("OpenAIModel", BARE.name): 1.2,
    ("OpenAIModel, cached", BARE.name): 1.2,
    ("OpenAIModel, the loop's requests", SAME.name): 1.2,
    (LOOP.name, SAME.name): 1.2,
}


class Talker:
    """A process that answers each line with a line."""

    def __init__(self, python: Path, *arguments: str) -> None:
        """Start ``python`` with these arguments."""
        self._process = subprocess.Popen(
            [python, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> str:
        """Return its next line.

        Raises:
            SystemExit: it has ended.
        """
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise SystemExit(f"it ended: {' '.join(map(str, self._process.args))}")
        return line.strip()

    def ask(self, line: str = "") -> str:
        """Say a line and return the answer."""
        if self._process.stdin:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        return self.hear()

    def end(self) -> None:
        """Close its input, and wait until it has ended."""
        self._process.communicate()


class Worker:
    """A contender at work, and how many exchanges it was asked for."""

    def __init__(self, contender: Contender, python: Path, server: Talker, base_url: str) -> None:
        """Start it, with a model of its own on the server."""
        self._server = server
        self._model = server.ask("play")
        script = str(HERE / "model_overhead_worker.py")
        self.talker = Talker(
            python, script, contender.module, contender.name, base_url, self._model
        )
        self.measured = Measured(contender.name, json.loads(self.talker.hear())["versions"])
        self._before = self._requests()
        self._asked = 0

    def exchange(self) -> dict[str, float]:
        """Do one and return what it took."""
        self._asked += 1
        return json.loads(self.talker.ask())

    def keep(self) -> None:
        """Do one that counts."""
        told = self.exchange()
        self.measured.cpu_s.append(told["cpu_s"])
        self.measured.wall_s.append(told["wall_s"])
        self.measured.memory_mb.append(told["memory_mb"])

    def check(self) -> None:
        """Compare with what the server counted.

        Raises:
            SystemExit: it did not make four requests for each exchange.
        """
        made, wanted = self._requests() - self._before, talk.CALLS * self._asked
        if made != wanted:
            raise SystemExit(f"{self.measured.name} made {made} requests, not {wanted}")

    def _requests(self) -> int:
        return int(self._server.ask(f"count {self._model}"))


@contextmanager
def workers(
    chosen: Sequence[Contender], folder: Path, missing: dict[str, str]
) -> Generator[list[Worker]]:
    """Yield who could be started; why others could not goes into ``missing``."""
    with ExitStack() as stack:
        server = Talker(Path(sys.executable), str(HERE / "model_overhead_server.py"))
        stack.callback(server.end)
        base_url = server.hear()
        found: list[Worker] = []
        for contender in chosen:
            try:
                python = python_of(contender.place, folder)
            except PlaceMissing as error:
                missing[contender.name] = str(error)
                continue
            worker = Worker(contender, python, server, base_url)
            stack.callback(worker.talker.end)
            found.append(worker)
        yield found


def measure(found: Sequence[Worker], runs: int, warm_up: int) -> list[Measured]:
    """Let everybody do one exchange per run, in an order drawn anew."""
    order = list(found)
    draws = random.Random(runs)  # noqa: S311 - an order
    for run in range(warm_up + runs):
        draws.shuffle(order)
        for worker in order:
            if run < warm_up:
                worker.exchange()
            else:
                worker.keep()
    for worker in found:
        worker.check()
    return [worker.measured for worker in found]


def machine() -> str:
    """Return what this ran on."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} cores shared with other work "
        f"(load {load}), kernel {platform.release()}."
    )


def text_of(found: Sequence[Measured], missing: dict[str, str]) -> str:
    """Return all that is told about a measurement, as Markdown."""
    by_name = {one.name: one for one in found}
    bases = [by_name[base.name] for base in (BARE, SAME) if base.name in by_name]
    packages = sorted({f"{name} {v}" for one in found for name, v in one.versions.items()})
    parts = [
        "### Overhead of models: four calls",
        f"{datetime.now(UTC):%Y-%m-%d}. {machine()} {', '.join(packages)}. {len(found[0].cpu_s)} "
        "runs; ratios are of medians, with 95 % bootstrap intervals. OpenAIModel runs under a "
        "ledger with every budget set; cached and Loop write to an SQLite store on disk, which "
        "nobody else does; Loop executes nothing (a scripted executor).",
        table(found, bases),
        aims(by_name, AIMS),
        *(f"{name} is missing: {why}" for name, why in missing.items()),
    ]
    return "\n\n".join(parts)


def plain(found: Sequence[Measured], missing: dict[str, str]) -> dict[str, Any]:
    """Return the same as JSON types."""
    bases = [one for one in found if one.name in (BARE.name, SAME.name)]
    rows = [one.plain(bases) for one in found]
    return {"machine": machine(), "rows": rows, "missing": missing}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and keep it if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--warm-up", type=int, default=20)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[c.name for c in CONTENDERS])
    parser.add_argument("--folder", type=Path, default=HERE.parent / ".tools")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", action="store_true", help="keep the table in RESULTS.md")
    options = parser.parse_args(arguments)
    wanted = {BARE.name, *(options.only or [c.name for c in CONTENDERS])}
    chosen = [contender for contender in CONTENDERS if contender.name in wanted]
    missing: dict[str, str] = {}
    with workers(chosen, options.folder, missing) as found:
        measured = measure(found, options.runs, options.warm_up)
    text = text_of(measured, missing)
    print(json.dumps(plain(measured, missing), indent=1) if options.json else text)
    if options.write:
        chart_results.write(HERE / "RESULTS.md", "model overhead", text)


if __name__ == "__main__":
    main()
