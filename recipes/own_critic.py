"""A function of yours as a critic: ten lines that say what you care about.

python recipes/own_critic.py                              # replays recorded answers: no key
python recipes/own_critic.py --model qwen3 --base-url http://localhost:8000/v1
python recipes/own_critic.py --model qwen3 --record mine.jsonl      # and keep its answers

What is replayed is in recorded/own_critic.jsonl. Its answers come from a script, not from a model:
they show how the parts work together, and nothing of how well a model writes.
"""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path

import critique_loop as cl
from critique_loop.critics.callable import FunctionCritic
from critique_loop.models.recorded import Recording
from critique_loop.protocols import Model
from critique_loop.values import Dimension, Draft, Execution, Outcome, Rubric, Score, Task

HERE = Path(__file__).parent
GOAL = "a title as a part of a URL: lower case, words joined by hyphens, nothing else"
TESTS = """
assert slug("Hello, World!") == "hello-world"
assert slug("  two  words ") == "two-words"
assert slug("") == ""
"""
RUBRIC = Rubric(
    "own",
    (
        Dimension(
            "correct",
            "Does it pass its tests?",
            gate=True,
            checks={"run_error": 10, "entry_missing": 10, "tests_failed": 10},
        ),
        Dimension("explained", "Does each function say what it does, and show it?"),
    ),
)


def explained(task: Task, draft: Draft, execution: Execution) -> Score:
    """Give 10 where every function has a docstring with an example, 5 without, 0 without any."""
    del task, execution
    tree = ast.walk(ast.parse(draft.code))
    said = {n.name: ast.get_docstring(n) or "" for n in tree if isinstance(n, ast.FunctionDef)}
    shown = all(">>>" in text for text in said.values())
    value = 10.0 if shown else 5.0 if all(said.values()) else 0.0
    lacking = ", ".join(name for name, text in said.items() if ">>>" not in text)
    advice = f"show an example (>>>) in the docstring of {lacking}" if lacking else ""
    return Score("explained", value, 7.0, evidence=tuple(said), advice=advice)


def run(model: Model, *, sandbox: str = "auto") -> Outcome:
    """Let ``model`` write until the tests pass and the function above is content."""
    return cl.code(
        GOAL,
        tests=TESTS,
        entry_point="slug",
        rubric=RUBRIC,
        writer=cl.ModelWriter(model, definition="code_writer"),
        critic=cl.CombinedCritic([cl.MeasuredCritic(), FunctionCritic(explained)]),
        sandbox=sandbox,
        max_rounds=3,
        store=None,
    )


def main() -> int:
    """Print what each round was worth, then the program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="", help="who writes, in place of the recording")
    parser.add_argument("--base-url", default="", help="its OpenAI-compatible server")
    parser.add_argument("--record", type=Path, help="keep the model's answers in this file")
    parser.add_argument("--sandbox", default="auto", help="where programs run")
    arguments = parser.parse_args()
    if arguments.model:
        model: Model = cl.OpenAIModel(arguments.model, base_url=arguments.base_url or None)
        if arguments.record:
            model = Recording(arguments.record).model("writer", asking=model)
    else:
        model = Recording(HERE / "recorded" / "own_critic.jsonl").model("writer")

    outcome = run(model, sandbox=arguments.sandbox)

    for turn in outcome.rounds:
        for score in turn.critique.scores:
            print(f"round {turn.number}: {score.dimension} {score.value}, {score.advice or 'fine'}")
    if outcome.best is None:
        print(outcome.message, file=sys.stderr)
        return 1
    print(f"\n{outcome.best.code}")
    print(f"{outcome.stopped_because.value} after {len(outcome.rounds)} rounds")
    return 0 if outcome.accepted else 3


if __name__ == "__main__":
    sys.exit(main())
