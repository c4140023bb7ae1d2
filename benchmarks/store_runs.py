"""Synthetic runs of realistic sizes: three rounds, prompts, answers, measured facts, scores.

Sizes are those of charts that a small model draws: a system prompt of 6 KB that all calls share, a
prompt of 1.5 to 5 KB that grows with the rounds, programs of 0.8 KB, and pictures of 30 KB where
they are wanted. The same number makes the same run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from critique_loop import rubric
from critique_loop.testing.stored_runs import numbered
from critique_loop.values import (
    Call,
    Choice,
    Column,
    ColumnKind,
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Ended,
    Event,
    EventBody,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Message,
    OutputFile,
    Score,
    Severity,
    Spend,
    Started,
    StopReason,
    Table,
    Task,
    Usage,
)

ROUNDS = 3
STEPS = 2 + 5 * ROUNDS
PICTURE_BYTES = 30_000
TEXT = """
draw the mean value of each group as bars label both axes with their units sort by size start at
zero say what is missing avoid red beside green keep the title short and true use the table as it
is do not invent numbers group small ones into others mark the median
"""
WORDS = TEXT.split()
RUBRIC = rubric.load("charts")
SYSTEM = Message("system", " ".join(WORDS[n * 7 % len(WORDS)] for n in range(1_200)))
TABLES = tuple(
    Table(
        Path(f"/home/ada/data/table{number}.csv"),
        f"table{number}.csv",
        size_bytes=40_000 + number,
        sha256=f"{number:064x}",
        rows=400,
        columns=tuple(
            Column(
                f"column {place}",
                ColumnKind.CATEGORY if place % 3 == 0 else ColumnKind.NUMBER,
                distinct=12,
                minimum=None if place % 3 == 0 else 1.5,
                maximum=None if place % 3 == 0 else 230.0,
                values=tuple(f"value {n}" for n in range(12)) if place % 3 == 0 else (),
            )
            for place in range(8)
        ),
    )
    for number in range(20)
)
CHECKS = tuple(f"check_number_{number}" for number in range(22))
FINDING = Finding(
    "title_missing",
    Severity.WARNING,
    "the chart has no title",
    advice="Say in the title what is shown.",
    place="plot 1",
    numbers={"titles": 0, "plots": 1},
    dimension="aesthetics",
)


def run_id(number: int, prefix: str = "run") -> str:
    """Return the id of a synthetic run."""
    return f"{prefix}-{number:06d}"


def events(number: int, *, prefix: str = "run", pictures: bool = False) -> Iterator[Event]:
    """Yield the steps of run ``number``; three of four are accepted in the end."""
    chance = random.Random(number)  # noqa: S311 - sizes and words, no secrets
    steps = _steps(number, chance, pictures=pictures)
    at = 1_700_000_000.0 + number * 60
    yield from numbered(run_id(number, prefix), steps, at=at, seconds=0.25)


def _steps(
    number: int, chance: random.Random, *, pictures: bool
) -> Iterator[tuple[int, EventBody]]:
    table = TABLES[number % len(TABLES)]
    task = Task(f"{_words(chance, 9)} of table {number}", RUBRIC, tables=(table,))
    yield 0, Started(task, "model small", "measured", "docker", "0.1.0", {"max_rounds": ROUNDS})
    is_accepted = number % 4 != 0
    said = _words(chance, 250)
    for turn in range(1, ROUNDS + 1):
        code = _code(chance)
        yield turn, _call(said, code)
        yield turn, Draft(code, "model", _words(chance, 40), model="small", definition="writer 1")
        yield turn, _execution(chance, turn, pictures=pictures)
        yield turn, _critique(chance, turn, is_last=is_accepted and turn == ROUNDS)
        yield turn, _decision(turn, is_accepted=is_accepted)
        said += f"\n{code}\n{_words(chance, 120)}"
    reason = StopReason.ACCEPTED if is_accepted else StopReason.ROUNDS
    yield 0, Ended(reason, ROUNDS, Spend(ROUNDS, 12.5, 3, 9_000, 0.0125))


def _call(said: str, code: str) -> Call:
    answer = Choice(f"Here it is.\n```python\n{code}```\n", finish_reason="stop")
    messages = (SYSTEM, Message("user", said))
    usage = Usage(2_500, 400)
    return Call("writer", "small", usage, 0.004, 2.5, messages=messages, answers=(answer,))


def _execution(chance: random.Random, turn: int, *, pictures: bool) -> Execution:
    picture = chance.randbytes(PICTURE_BYTES) if pictures else b""
    plot = {
        "title": _words(chance, 5),
        "x": "column 0",
        "y": "column 1",
        "marks": ["bar"],
        "series": 1,
        "points": chance.randrange(3, 40),
        "legend": [],
    }
    facts = {"width_px": 1125, "height_px": 675, "title": "", "plots": [plot], "reading": "mean"}
    return Execution(
        ExecutionStatus.OK,
        exit_code=0,
        stdout=f"round {turn}: {chance.random():.6f}\n",
        files=(OutputFile("chart.png", "image/png", picture),) if pictures else (),
        wall_s=0.52,
        cpu_s=0.16,
        peak_memory_bytes=111_542_272,
        sandbox="docker",
        container_id=f"{chance.getrandbits(256):064x}",
        image_digest=f"sha256:{7:064x}",
        evidence=Evidence((FINDING,) if turn < ROUNDS else (), CHECKS, facts, "chart.png"),
    )


def _critique(chance: random.Random, turn: int, *, is_last: bool) -> Critique:
    marks = [9.0 if is_last else round(3 + 2 * turn * chance.random(), 2) for _ in range(7)]
    scores = tuple(
        Score(dimension.name, mark, dimension.pass_mark, (_words(chance, 6),), _words(chance, 8))
        for dimension, mark in zip(RUBRIC.dimensions, marks, strict=False)
    )
    return Critique("measured", scores, () if is_last else (FINDING,), sum(marks) / len(marks))


def _decision(turn: int, *, is_accepted: bool) -> Decision:
    if turn < ROUNDS:
        return Decision(DecisionKind.REFINE, advice="Say in the title what is shown.")
    kind = DecisionKind.ACCEPT if is_accepted else DecisionKind.STOP
    return Decision(kind, StopReason.ACCEPTED if is_accepted else StopReason.ROUNDS)


def _code(chance: random.Random) -> str:
    lines = [f"{_words(chance, 3).replace(' ', '_')} = {chance.random():.4f}" for _ in range(18)]
    return "\n".join(("import pandas as pd", "import matplotlib.pyplot as plt", *lines, ""))


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, k=count))
