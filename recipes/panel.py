"""Three critics on a panel: two models and a function of yours, and how far they agree.

python recipes/panel.py                                   # replays recorded answers: no key
python recipes/panel.py program.py --model qwen3 --model mistral --base-url http://localhost/v1
python recipes/panel.py --model qwen3 --model mistral --record mine.jsonl   # and keep their answers

What is replayed is in recorded/panel.jsonl. Its answers come from a script, not from models: they
show how votes become scores, and nothing of how well a model judges.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Sequence
from pathlib import Path

import critique_loop as cl
from critique_loop.critics.callable import FunctionCritic
from critique_loop.critics.panel import Panel
from critique_loop.models.recorded import Recording
from critique_loop.protocols import Model
from critique_loop.values import Dimension, Draft, Execution, Outcome, Rubric, Task

HERE = Path(__file__).parent
JUDGES = ("first judge", "second judge")
GOAL = "the middle value of some numbers, of an even number the mean of the two in the middle"
TESTS = "assert middle([3, 1, 2]) == 2\nassert middle([4, 1, 2, 3]) == 2.5\n"
PROGRAM = '''\
def middle(values):
    """Return the middle value."""
    ordered = sorted(values)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2
'''
SHORT, LONG = 12, 40  # lines of a function
SURE = 0.6
LEVELS = {0: "no", 3: "hardly", 5: "in part", 8: "yes", 10: "nothing could be better"}
RUBRIC = Rubric(
    "panel",
    (
        Dimension(
            "correct",
            "Does it pass its tests?",
            gate=True,
            checks={"run_error": 10, "entry_missing": 10, "tests_failed": 10},
        ),
        Dimension("readable", "Is it understood at the first reading?", levels=LEVELS),
        Dimension("careful", "Does it say what odd input does?", levels=LEVELS),
    ),
)


def short_lines(task: Task, draft: Draft, execution: Execution) -> dict[str, float]:
    """Score how readable a program is by its longest function; say nothing of the rest."""
    del task, execution
    functions = [n for n in ast.walk(ast.parse(draft.code)) if isinstance(n, ast.FunctionDef)]
    longest = max((len(ast.unparse(function).splitlines()) for function in functions), default=0)
    return {"readable": 10.0 if longest <= SHORT else 5.0 if longest <= LONG else 0.0}


def run(judges: Sequence[Model], *, program: str = PROGRAM, sandbox: str = "auto") -> Outcome:
    """Run one program, and have it judged: what is measured by its tests, the rest by the panel."""
    critics = [cl.ModelCritic(judge, definition="code_critic") for judge in judges]
    panel = Panel([*critics, FunctionCritic(short_lines)])
    return cl.code(
        GOAL,
        tests=TESTS,
        solution=program,
        rubric=RUBRIC,
        critic=cl.CombinedCritic([cl.MeasuredCritic(), panel]),
        sandbox=sandbox,
        max_rounds=1,
        store=None,
    )


def main() -> int:
    """Print each dimension with its votes, and where a person should look."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("program", nargs="?", type=Path, help="a file with the function `middle`")
    parser.add_argument("--model", action="append", default=[], help="a judge; say it twice")
    parser.add_argument("--base-url", default="", help="their OpenAI-compatible server")
    parser.add_argument("--record", type=Path, help="keep the models' answers in this file")
    parser.add_argument("--sandbox", default="auto", help="where programs run")
    arguments = parser.parse_args()
    judges: list[Model]
    if arguments.model:
        url = arguments.base_url or None
        judges = [cl.OpenAIModel(name, base_url=url) for name in arguments.model]
        if arguments.record:
            kept = Recording(arguments.record)
            judges = [kept.model(judge.name, asking=judge) for judge in judges]
    else:
        recorded = Recording(HERE / "recorded" / "panel.jsonl")
        judges = [recorded.model(label) for label in JUDGES]

    program = arguments.program.read_text(encoding="utf-8") if arguments.program else PROGRAM
    outcome = run(judges, program=program, sandbox=arguments.sandbox)

    if outcome.critique is None:
        print(outcome.message, file=sys.stderr)
        return 1
    for score in outcome.critique.scores:
        sure = "" if score.confidence is None else f", confidence {score.confidence:.2f}"
        print(f"{score.dimension}: {score.value} by {score.by}{sure}")
        for vote in score.votes:
            print(f"    {vote.by}: {vote.unscored if vote.value is None else vote.value}")
        if score.confidence is not None and score.confidence < SURE:
            print("    they are apart: a person should look at this")
    for note in outcome.critique.notes:
        print(f"note: {note}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
