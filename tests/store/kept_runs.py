"""A run that holds all that is not to be shared, for the tests of what is done with whole stores.

Names, paths, a key and pictures are in every place where a run can have them.
"""

from __future__ import annotations

from dataclasses import replace
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
    Label,
    Message,
    OutputFile,
    Picture,
    Score,
    Severity,
    Shown,
    Spend,
    Started,
    StopReason,
    Table,
    Task,
    Usage,
)

KEY = "sk-proj-" + "Ab3dEf9h" * 5
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
LARGE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 500
NAMES = ("Ada Lovelace", "Grace O'Hopper", "Zoë", "M")
TABLE = Table(
    Path("/home/ada/my data/people.csv"),
    "people.csv",
    15_000,
    "0" * 64,
    4,
    (
        Column("name", ColumnKind.CATEGORY, distinct=4, values=NAMES),
        Column("salary", ColumnKind.NUMBER, distinct=4, minimum=31_500.0, maximum=98_765.0),
        Column("active", ColumnKind.BOOLEAN, distinct=2, values=("True", "False")),
    ),
)
PROGRAM = """\
# Grace O'Hopper earns 98765
import pandas as pd

people = pd.read_csv("people.csv")
chosen = people[people.name == "Ada Lovelace"]
rich = people[people["salary"] > 98765]
ax = chosen.plot.bar(figsize=(8, 5))
ax.set_title("Salary of Zo\\u00eb and grace o'hopper")
"""
BODIES: tuple[tuple[int, EventBody], ...] = (
    (
        0,
        Started(
            Task("salary of Ada Lovelace", rubric.load("charts"), tables=(TABLE,)),
            writer="model",
            critic="measured",
            sandbox="docker",
            version="0",
            settings={"agent": "/home/ada/agents/writer.md", "note": f"key {KEY}"},
        ),
    ),
    (
        1,
        Call(
            "writer",
            "big",
            Usage(100, 20),
            cost_usd=0.5,
            key="ab" * 32,
            messages=(Message("user", "names: Ada Lovelace, M. /home/ada/x.txt", (Picture(PNG),)),),
            answers=(Choice("I use Ada Lovelace", reasoning="98765 is the maximum"),),
        ),
    ),
    (1, Draft(PROGRAM, "model", "shows Ada Lovelace above 98765", model="big")),
    (
        1,
        Execution(
            ExecutionStatus.OK,
            exit_code=0,
            stdout='Ada Lovelace  31500\n{"who": "Zo\\u00eb"}\nADA LOVELACE\n',
            stderr='File "/home/ada/my data/people.csv", line 3\n' + f"token={KEY}\n",
            files=(
                OutputFile("chart.png", "image/png", PNG),
                OutputFile("big.png", "image/png", LARGE),
                OutputFile("out.csv", "text/csv", b"name,salary\nAda Lovelace,31500\n"),
                OutputFile("out.bin", "application/octet-stream", b"\xff\x00Ada Lovelace\xff"),
            ),
            evidence=Evidence((), ("title_missing",), {"ticks": ["Zoë", "M"]}, "chart.png"),
        ),
    ),
    (
        1,
        Critique(
            "measured",
            (Score("aesthetics", 9.0, 7.0, advice="name Zoë first"),),
            (Finding("title_missing", Severity.NOTE, "Zoë has 31500", numbers={"top": 98765}),),
            overall=9.0,
        ),
    ),
    (1, Decision(DecisionKind.ACCEPT, StopReason.ACCEPTED)),
    (0, Ended(StopReason.ACCEPTED, 1, Spend(rounds=1, seconds=1.5, calls=1, cost_usd=0.5))),
)


def run(run_id: str, *, steps: int | None = None) -> list[Event]:
    """Return the events of a run that holds all that is not to be shared, or the first of them."""
    return list(numbered(run_id, BODIES[:steps], at=1_700_000_000.0, seconds=0.5))


def other(run_id: str) -> list[Event]:
    """Return a run that differs from ``run`` in its second draft."""
    changed = [*run(run_id)]
    changed[2] = replace(changed[2], body=Draft("print(1)\n", "grammar"))
    return changed


def label(run_id: str, name: str = "l1") -> Label:
    return Label(name, Shown(run_id, 1, "0" * 64), "aesthetics", 7.0, "ada", 1_700_000_100.0)
