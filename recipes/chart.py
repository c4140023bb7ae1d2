"""Chart a CSV from one sentence, and see what the loop made of its first draft.

python recipes/chart.py                                   # the table that comes with it
python recipes/chart.py cars.csv "average horsepower by origin" --out out/cars
python recipes/chart.py --model qwen3 --base-url http://localhost:8000/v1
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
    parser.add_argument("--model", default="", help="a model writes, instead of the grammar")
    parser.add_argument("--base-url", default="", help="its OpenAI-compatible server")
    arguments = parser.parse_args()

    outcome = cl.chart(
        arguments.data,
        arguments.goal,
        out=arguments.out,
        model=arguments.model,
        base_url=arguments.base_url,
    )

    for turn in outcome.rounds:
        scores = ", ".join(f"{s.dimension} {s.value}" for s in turn.critique.scores)
        print(f"round {turn.number}: overall {turn.critique.overall} ({scores})")
        for finding in turn.critique.findings:
            print(f"    {finding.code}: {finding.message}")
    if outcome.best is None:
        print(outcome.message, file=sys.stderr)
        return 1
    print(f"read as: {outcome.best.draft.reading or outcome.best.draft.explanation}")
    for role in outcome.spend.roles:
        print(f"{role.role}: {role.calls} requests, {role.tokens} tokens")
    print(f"{outcome.stopped_because.value}: {arguments.out / 'chart.png'}")
    return 0 if outcome.accepted else 3


if __name__ == "__main__":
    sys.exit(main())
