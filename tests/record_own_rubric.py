"""Write recipes/data/own_rubric.jsonl: the answers of a judge, written by hand.

python tests/record_own_rubric.py

They are found by the exact question, so this has to run again when the critic's prompt, the
grammar writer's program or what is measured on its chart has changed.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from critique_loop import CombinedCritic, MeasuredCritic, ModelCritic, chart, load_rubric
from critique_loop.critics.canary import FIELD, reference_in
from critique_loop.models.recorded import Recording
from critique_loop.values import Choice, Reply, Request, Usage

DATA = Path(__file__).parents[1] / "recipes" / "data"
GOAL = "number of airports by state"
ABOUT = "Answers written by hand for recipes/own_rubric.py; no model gave them."
JUDGED = {
    "evidence": "The title is `Number of airports by state`, which names what is drawn.",
    "advice": "Say in the title which state has the most airports.",
    "score": 4,
}
_PICTURE_TOKENS = 800


class HandWritten:
    """Answers as a patient person would who sees the picture."""

    name = "written by hand"

    async def complete(self, request: Request) -> Reply:
        """Say yes to the question whether there is a picture; else judge the headline."""
        told = request.messages[-1]
        data: dict[str, object] | None = None
        if request.schema is not None:
            data = {"headline": JUDGED, FIELD: reference_in(told.text)}
        text = "yes" if data is None else json.dumps(data)
        tokens = len(told.text) // 4 + _PICTURE_TOKENS * len(told.pictures)
        return Reply((Choice(text, data=data),), self.name, usage=Usage(tokens, 20), cost_usd=0.0)


def main() -> int:
    """Draw the chart of the recipe once, and keep what the judge says."""
    path = DATA / "own_rubric.jsonl"
    path.unlink(missing_ok=True)
    model = Recording(path, about=ABOUT).model("critic", asking=HandWritten())
    outcome = chart(
        DATA / "airports.csv",
        GOAL,
        rubric=load_rubric(DATA / "own_rubric_judged.toml"),
        critic=CombinedCritic([MeasuredCritic(), ModelCritic(model)]),
        store=None,
        out=tempfile.mkdtemp(),
    )
    sys.stdout.write(f"{outcome.stopped_because.value}, {len(outcome.rounds)} rounds: {path}\n")
    return 0 if outcome.accepted else 1


if __name__ == "__main__":
    sys.exit(main())
