"""Judge a chart by a rubric of your own, which extends the shipped one.

python recipes/own_rubric.py                              # all that is measured, no key
python recipes/own_rubric.py --rubric mine.toml --out out/mine
python recipes/own_rubric.py --critic-model qwen3 --base-url http://localhost:8000/v1
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import critique_loop as cl
from critique_loop import rubric as rubrics

DATA = Path(__file__).parent / "data"
GOAL = "number of airports by state"


def main() -> int:
    """Say what is doubtful about the rubric, then draw until it is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=DATA / "airports.csv")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--rubric", type=Path, help="a .toml file of yours")
    parser.add_argument("--out", type=Path, default=Path("out") / "own_rubric")
    parser.add_argument("--critic-model", default="", help="who judges what nothing measures")
    parser.add_argument("--base-url", default="", help="its OpenAI-compatible server")
    arguments = parser.parse_args()
    own = "own_rubric_judged.toml" if arguments.critic_model else "own_rubric.toml"
    report = rubrics.check(arguments.rubric or DATA / own)
    for problem in (*report.errors, *report.warnings):
        print(problem)
    if report.rubric is None:
        return 1

    outcome = cl.chart(
        arguments.data,
        arguments.goal,
        rubric=report.rubric,
        out=arguments.out,
        critic_model=arguments.critic_model,
        base_url=arguments.base_url,
    )

    for turn in outcome.rounds:
        print(f"round {turn.number}: overall {turn.critique.overall}")
        for score in turn.critique.scores:
            value = "-" if score.value is None else f"{score.value:g}"
            why = score.unscored or "; ".join(score.evidence)
            print(f"    {score.dimension}: {value} of {score.pass_mark:g} needed {why}".rstrip())
    if outcome.best is None:
        print(outcome.message, file=sys.stderr)
        return 1
    print(f"{outcome.stopped_because.value}: {arguments.out / 'chart.png'}")
    return 0 if outcome.accepted else 3


if __name__ == "__main__":
    sys.exit(main())
