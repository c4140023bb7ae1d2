"""Chart a CSV from one sentence, and see what the loop made of its first draft.

python recipes/chart.py                                   # the table that comes with it
python recipes/chart.py cars.csv "average horsepower by origin" --out out/cars
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import critique_loop as cl

HERE = Path(__file__).parent
DATA = HERE / "data" / "airports.csv"
GOAL = "number of airports by state"


def main() -> int:
    """Run the loop once and print each round's scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--out", type=Path, default=Path("out") / "recipe")
    arguments = parser.parse_args()

    outcome = cl.chart(arguments.data, arguments.goal, out=arguments.out)

    for turn in outcome.rounds:
        scores = ", ".join(f"{s.dimension} {s.value}" for s in turn.critique.scores)
        print(f"round {turn.number}: overall {turn.critique.overall} ({scores})")
        for finding in turn.critique.findings:
            print(f"    {finding.code}: {finding.message}")
    if outcome.best is None:
        print(outcome.message, file=sys.stderr)
        return 1
    print(f"read as: {outcome.best.draft.reading}")
    print(f"{outcome.stopped_because.value}: {arguments.out / 'chart.png'}")
    return 0 if outcome.accepted else 3


if __name__ == "__main__":
    sys.exit(main())
