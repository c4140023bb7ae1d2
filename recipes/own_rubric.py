"""Judge a chart by a rubric of your own, which extends the shipped one.

python recipes/own_rubric.py                    # no key: what a judge said once is replayed
python recipes/own_rubric.py --rubric recipes/data/own_rubric.toml  # only what is measured
python recipes/own_rubric.py --critic-model qwen3 --base-url http://localhost:8000/v1
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import critique_loop as cl
from critique_loop import rubric as rubrics
from critique_loop.models.choosing import Access, model_for
from critique_loop.models.recorded import Recording
from critique_loop.protocols import Critic

DATA = Path(__file__).parent / "data"
GOAL = "number of airports by state"


def critic_of(name: str, base_url: str, recording: Path) -> Critic:
    """Return who judges: what is measured, and for the rest a model, or what one said once."""
    if name:
        model = model_for(name, Access(base_url=base_url))
    else:
        model = Recording(recording).model("critic")
    return cl.CombinedCritic([cl.MeasuredCritic(), cl.ModelCritic(model)])


def main() -> int:
    """Say what is doubtful about the rubric, then draw until it is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", nargs="?", type=Path, default=DATA / "airports.csv")
    parser.add_argument("goal", nargs="?", default=GOAL)
    parser.add_argument("--rubric", type=Path, default=DATA / "own_rubric_judged.toml")
    parser.add_argument("--out", type=Path, default=Path("out") / "own_rubric")
    parser.add_argument("--critic-model", default="", help="who judges what nothing measures")
    parser.add_argument("--base-url", default="", help="its OpenAI-compatible server")
    parser.add_argument("--recording", type=Path, default=DATA / "own_rubric.jsonl")
    arguments = parser.parse_args()
    report = rubrics.check(arguments.rubric)
    for problem in (*report.errors, *report.warnings):
        print(problem)
    if report.rubric is None:
        return 1

    outcome = cl.chart(
        arguments.data,
        arguments.goal,
        rubric=report.rubric,
        out=arguments.out,
        critic=critic_of(arguments.critic_model, arguments.base_url, arguments.recording),
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
