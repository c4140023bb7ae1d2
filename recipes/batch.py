"""Draw many charts in one go, see which were accepted, and go on after an interruption.

python recipes/batch.py                                   # the table that comes with it
python recipes/batch.py cars.csv "horsepower by origin" "weight by year" --out out/cars
python recipes/batch.py --model qwen3 --base-url http://localhost:8000/v1 --total-tokens 200000

The same command again draws only what is missing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from critique_loop import Budget
from critique_loop.batch import Progress, run_batch_sync

HERE = Path(__file__).parent
DATA = HERE / "data" / "airports.csv"
GOALS = ("number of airports by state", "highest latitude by state", "average longitude by state")


def main() -> int:
    """Run a loop for each goal and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("goals", nargs="*", default=GOALS)
    parser.add_argument("--out", type=Path, default=Path("out") / "batch")
    parser.add_argument("--model", default="", help="a model writes, instead of the grammar")
    parser.add_argument("--base-url", default="", help="its OpenAI-compatible server")
    parser.add_argument("--total-tokens", type=int, help="for all loops together")
    arguments = parser.parse_args()

    report = run_batch_sync(
        [{"data": str(arguments.data), "goal": goal} for goal in arguments.goals],
        name=f"recipe {arguments.out}",
        out=arguments.out,
        files=True,
        model=arguments.model,
        base_url=arguments.base_url,
        total=Budget(max_rounds=None, max_time_s=None, max_tokens=arguments.total_tokens),
        on_progress=show,
    )

    print(file=sys.stderr)
    progress = report.progress
    print(f"{progress.accepted} of {progress.total} accepted, {progress.kept} done before")
    for reason, number in (*progress.reasons, *progress.failures):
        print(f"{number} not: {reason}")
    print(f"{report.ended.value}: {report.outcomes}")
    return 0 if progress.complete and not progress.failed else 1


def show(progress: Progress) -> None:
    """Show how far it is, in one line."""
    line = f"{progress.done}/{progress.total} done, {progress.running} running"
    print(f"\r{line}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
