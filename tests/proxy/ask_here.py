"""Ask one question on this terminal, with a timeout of $1 seconds; print the answer as JSON."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from collections.abc import Generator

import anyio

from critique_loop.proxy import never, with_timeout
from critique_loop.proxy.terminal import terminal
from critique_loop.values import Finding, Question, QuestionKind, Severity

QUESTION = Question(
    id="stuck-2",
    kind=QuestionKind.STUCK,
    prompt="No gain in 3 rounds. Stop, or say what to change?",
    choices=("accept", "refine", "edit", "rescore", "stop"),
    default="stop",
    findings=(
        Finding("wrong", Severity.ERROR, "it is \x1b[31mwrong", advice="make it right"),
        Finding("plain", Severity.WARNING, "it is plain", confidence=0.4),
    ),
    context={
        "goal": "show it",
        "round": 2,
        "code": "x = 1\nprint(x)",
        "scores": [{"dimension": "right", "value": 5.0, "pass_mark": 8.0}],
        "apply": ["wrong"],
    },
    picture=b"\x89PNG of the round",
)


@contextlib.contextmanager
def aside() -> Generator[None]:
    sys.stderr.write("[aside]")
    yield
    sys.stderr.write("[back]")


async def main() -> None:
    ask = terminal(aside=aside)
    answer = await with_timeout(ask, float(sys.argv[1]))(QUESTION)
    sys.stdout.write(json.dumps({**dataclasses.asdict(answer), "never": ask is never}))


anyio.run(main)
