"""Goals on real tables, judged by the values that were drawn and not by the critic's word.

    python benchmarks/charts.py [--goals FILE] [--table NAME] [--goal ID] [--out DIR] [--json]

Each goal goes through ``critique_loop.chart``. The program of the best round is then run once more,
outside any sandbox, and the numbers in its chart are compared with a pandas expression that was
written down before the first run: right, wrong or refused. ``--out`` keeps all pictures and sheets
of twelve; ``--write`` puts the tables into benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

import chart_results
import contact_sheets
import goal_oracle
import pandas as pd
from chart_results import Result
from goal_oracle import Goal

import critique_loop
from critique_loop.charts import ChartOptions

HERE = Path(__file__).resolve().parent
TABLES = HERE.parent / "tests" / "data"
PROGRAM_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a program drew when it was run outside the sandbox, or why it drew nothing."""

    facts: dict[str, Any] | None
    error: str = ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark and print its tables."""
    options = _options(arguments)
    goals = [
        goal
        for goal in goal_oracle.load(options.goals)
        if options.table in (None, goal.table) and options.goal in (None, goal.id)
    ]
    results: list[Result] = []
    for goal in goals:
        result = run_goal(goal, refinement_off=not options.refined_only)
        results.append(result)
        print(chart_results.line(result), file=sys.stderr, flush=True)
    text = chart_results.tables(results, options.goals.stem)
    print(json.dumps([r.plain() for r in results], indent=1) if options.json else text)
    if options.out:
        contact_sheets.save(results, options.out)
    if options.write:
        chart_results.write(HERE / "RESULTS.md", options.goals.stem, text)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--goals", type=Path, default=HERE / "goals" / "goals.toml")
    parser.add_argument("--table", help="only the goals of this table")
    parser.add_argument("--goal", help="only the goal with this id")
    parser.add_argument("--out", type=Path, help="keep all pictures and sheets of them here")
    parser.add_argument("--json", action="store_true", help="print one JSON document, no tables")
    parser.add_argument("--write", action="store_true", help="keep the tables in RESULTS.md")
    parser.add_argument(
        "--refined-only", action="store_true", help="leave out the runs with refinement off"
    )
    return parser.parse_args(arguments)


def run_goal(goal: Goal, *, refinement_off: bool, **parts: Unpack[ChartOptions]) -> Result:
    """Run one goal through the public interface and judge what it drew; ``parts`` go to it."""
    data = TABLES / f"{goal.table}.csv"
    options: ChartOptions = {"store": None, **parts}
    began = time.monotonic()
    try:
        outcome = critique_loop.chart(data, goal.text, **options)
    except Exception as error:  # noqa: BLE001 - a crash is this goal's result, told in the table
        return Result(goal, "crashed", why=f"{type(error).__name__}: {error}")
    seconds = time.monotonic() - began
    best, first = outcome.best, outcome.rounds[0] if outcome.rounds else None
    if best is None or first is None:
        refused = outcome.stopped_because is critique_loop.StopReason.WRITER_GAVE_UP
        verdict = "refused" if refused else "crashed"
        return Result(goal, verdict, why=outcome.message, seconds=seconds)
    verdict, why = judge_program(goal, data, best.code)
    first_verdict = verdict if best is first else judge_program(goal, data, first.code)[0]
    off = None
    if refinement_off and not goal.impossible:
        off = _accepted_at_once(data, goal.text, options)
    return Result(
        goal,
        verdict,
        why=why,
        seconds=seconds,
        reading=best.draft.reading,
        stopped=outcome.stopped_because.value,
        rounds=len(outcome.rounds),
        accepted=outcome.accepted,
        first_accepted=outcome.accepted and len(outcome.rounds) == 1,
        first_verdict=first_verdict,
        off_accepted=off,
        scores=(first.critique.overall, best.critique.overall),
        first_codes=_codes(first),
        best_codes=_codes(best),
        pictures=(first.picture, best.picture),
        programs=(first.code, best.code),
    )


def _accepted_at_once(data: Path, text: str, options: ChartOptions) -> bool:
    return critique_loop.chart(data, text, **{**options, "max_rounds": 1}).accepted


def _codes(turn: critique_loop.Round) -> tuple[str, ...]:
    return tuple(sorted({finding.code for finding in turn.critique.findings}))


def judge_program(goal: Goal, data: Path, code: str) -> tuple[str, str]:
    """Return "right", "wrong" or "crashed" for the chart a program draws, and why."""
    drawn = draw(code, data)
    if drawn.facts is None:
        return "crashed", drawn.error
    verdict = goal_oracle.judge(goal, pd.read_csv(data), drawn.facts)
    return ("right" if verdict.right else "wrong"), verdict.why


def draw(code: str, data: Path) -> Drawn:
    """Run a program next to a copy of its table and return the numbers of its chart."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(data, folder / data.name)
        (folder / "program.py").write_text(code, encoding="utf-8")
        command = [sys.executable, str(HERE / "drawn_values.py"), "program.py"]
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=PROGRAM_TIMEOUT_S,
            check=False,
        )
    if done.returncode != 0:
        return Drawn(None, done.stderr.strip().splitlines()[-1] if done.stderr else "no message")
    return Drawn(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
