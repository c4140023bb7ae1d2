"""The tasks of `benchmarks/code_tasks/`: functions to write, with hidden tests and a right answer.

    python benchmarks/code_task_list.py [--jsonl]

Each file is about one kind of thing. A task there has ``entry_point``, ``goal``, ``signature``
(what is before the body: imports, ``def`` line, docstring), ``solution`` (a right body) and
``tests`` (``assert`` statements). ``--jsonl`` prints them in the shape of HumanEval's file.
"""

from __future__ import annotations

import argparse
import ast
import doctest
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "code_tasks"


@dataclass(frozen=True, slots=True)
class CodeTask:
    """A function that is asked for.

    ``signature`` is what a writer is shown, ``examples`` those of its docstring as source ("" where
    it has none). ``tests`` are assert statements, ``reference`` is a whole right program; neither
    is for the writer.
    """

    task_id: str
    topic: str
    goal: str
    entry_point: str
    signature: str
    examples: str
    tests: str
    reference: str

    @property
    def humaneval(self) -> dict[str, str]:
        """The task as a line of HumanEval's file has it."""
        return {
            "task_id": self.task_id,
            "prompt": self.signature,
            "entry_point": self.entry_point,
            "canonical_solution": self.reference.removeprefix(self.signature),
            "test": check_of(self),
        }


@cache
def tasks() -> tuple[CodeTask, ...]:
    """Return all tasks, in the order of their files' names."""
    written = [
        (path.stem, fields)
        for path in sorted(FOLDER.glob("*.toml"))
        for fields in tomllib.loads(path.read_text(encoding="utf-8"))["task"]
    ]
    return tuple(_task(topic, fields) for topic, fields in written)


def _task(topic: str, fields: dict[str, str]) -> CodeTask:
    signature = fields["signature"]
    return CodeTask(
        task_id=f"own/{fields['entry_point']}",
        topic=topic,
        goal=fields["goal"],
        entry_point=fields["entry_point"],
        signature=signature,
        examples=_examples(signature),
        tests=fields["tests"],
        reference=signature + fields["solution"],
    )


def _examples(signature: str) -> str:
    """Return the docstring's examples as an interpreter's lines."""
    function = next(n for n in ast.parse(signature).body if isinstance(n, ast.FunctionDef))
    found = doctest.DocTestParser().get_examples(ast.get_docstring(function) or "")
    return "".join(f">>> {example.source}{example.want}" for example in found)


def check_of(task: CodeTask) -> str:
    """Return the tests as a function ``check(candidate)``."""
    lines = task.tests.strip().splitlines()
    body = "\n".join(f"    {line}" if line else "" for line in lines)
    return f"def check(candidate):\n    {task.entry_point} = candidate\n{body}\n"


def main() -> None:
    """Print the tasks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jsonl", action="store_true", help="in the shape of HumanEval's file")
    options = parser.parse_args()
    for task in tasks():
        line = json.dumps(task.humaneval) if options.jsonl else f"{task.task_id}: {task.goal}"
        print(line)


if __name__ == "__main__":
    main()
