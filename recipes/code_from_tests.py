"""Write a function from its stub and its tests, and see what the loop made of the first draft.

python recipes/code_from_tests.py                         # replays a recorded exchange, no key
python recipes/code_from_tests.py --model qwen3 --base-url http://localhost:8000/v1
python recipes/code_from_tests.py stub.py cases.json --hidden more.json --model gpt-5-mini
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import critique_loop as cl
from critique_loop.coding import CodeOptions
from critique_loop.models.recorded import Recording
from critique_loop.values import Round
from critique_loop.writers.model import ModelWriter

HERE = Path(__file__).parent
DATA = HERE / "data"
RECORDED = HERE / "recorded" / "code_from_tests.jsonl"


def main() -> int:
    """Run the loop once and print what became of each round's tests."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("signature", nargs="?", type=Path, default=DATA / "intervals.py")
    parser.add_argument("tests", nargs="?", type=Path, default=DATA / "intervals_tests.json")
    parser.add_argument("--hidden", type=Path, default=DATA / "intervals_hidden.json")
    parser.add_argument("--rubric", type=Path, default=DATA / "intervals.toml")
    parser.add_argument("--out", type=Path, default=Path("out") / "code")
    parser.add_argument("--model", default="", help="who writes, instead of the recording")
    parser.add_argument("--base-url", default="", help="its OpenAI-compatible server")
    arguments = parser.parse_args()
    options: CodeOptions = {
        "signature": arguments.signature,
        "tests": arguments.tests,
        "hidden_tests": arguments.hidden,
        "rubric": arguments.rubric,
        "out": arguments.out,
        "model": arguments.model,
        "base_url": arguments.base_url,
    }
    if not arguments.model:
        options["writer"] = recorded_writer()

    outcome = cl.code(**options)

    for turn in outcome.rounds:
        print_round(turn)
    if outcome.best is None:
        print(outcome.message, file=sys.stderr)
        return 1
    print(f"{outcome.stopped_because.value}: {arguments.out / 'solution.py'}")
    return 0 if outcome.accepted else 3


def recorded_writer() -> ModelWriter:
    """Return the writer whose answers were recorded; nothing is sent."""
    return ModelWriter(Recording(RECORDED).model("writer"), definition="code_writer")


def print_round(turn: Round) -> None:
    """Print what was measured on one draft."""
    print(f"round {turn.number}: overall {turn.critique.overall}")
    for finding in turn.critique.findings:
        print(f"    {finding.severity.value} {finding.code}: {finding.message}")
        if finding.advice:
            print(f"        {finding.advice}")


if __name__ == "__main__":
    sys.exit(main())
