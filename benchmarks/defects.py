"""How many seeded defects each check finds, and how many clean charts it leaves alone.

    python benchmarks/defects.py [--code CODE] [--jobs N] [--json] [--write]

The defects are those of the tests: small edits of clean charts, each made to be found under one
code, or under one of several for values (it then counts for the first of them). Every program is
drawn and judged as in the sandbox, in this machine's own Python. `run_error` is the host critic's:
its defects are the ways in which a run can end badly.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sandbox"))

import anyio
import chart_results

from critique_loop import MeasuredCritic, load_rubric
from critique_loop.values import Draft, Execution, ExecutionStatus, Task
from tests.sandbox.clean_charts import CHARTS
from tests.sandbox.defects import Defect
from tests.sandbox.defects_of_marks import DRAWN, ENCODING, TYPE
from tests.sandbox.defects_of_texts import LAYOUT, LEGIBILITY, WORDS
from tests.sandbox.drawing import draw, judge_drawn

HERE = Path(__file__).resolve().parent

DEFECTS: tuple[Defect, ...] = (*DRAWN, *TYPE, *ENCODING, *WORDS, *LAYOUT, *LEGIBILITY)
VALUE_CODES = ("values_mismatch", "wrong_aggregate", "goal_column_missing")
RUN_CODE = "run_error"

_ABOUT = (
    "A defect is a small edit of a clean chart, to be found under its own code. A clean chart "
    "counts where the check ran on it; it is left alone if the check then finds nothing."
)
_VALUES = HERE.parent / "tests" / "sandbox" / "value_charts.toml"
_START = """\
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

df = pd.read_csv("{table}.csv")
"""
_END = '\nplt.tight_layout()\nplt.savefig("chart.png")\n'


@dataclass(frozen=True, slots=True)
class Seeded:
    """A program with a defect that one of ``codes`` must find, or a clean one to leave alone."""

    name: str
    codes: tuple[str, ...]
    table: str
    goal: str
    program: str
    clean: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the judge found in a program, and which codes it could judge."""

    seeded: Seeded
    found: frozenset[str]
    checks: frozenset[str]
    error: str = ""

    @property
    def right(self) -> bool:
        """A defect is found, a clean chart is judged and left alone."""
        hit = bool(self.found & set(self.seeded.codes))
        return not self.error and hit != self.seeded.clean


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge all defects and clean charts, and print the table."""
    options = _options(arguments)
    wanted = [one for one in all_seeded() if options.code in (None, *one.codes)]
    with ProcessPoolExecutor(options.jobs) as pool:
        answers = list(pool.map(answer, wanted, chunksize=4))
    if options.code in (None, RUN_CODE):
        answers += anyio.run(run_answers)
    for miss in (one for one in answers if not one.right):
        print(f"{miss.seeded.name}: {miss.error or sorted(miss.found)}", file=sys.stderr)
    rows = [row(code, answers) for code in codes() if options.code in (None, code)]
    text = as_text(rows)
    print(json.dumps(rows, indent=1) if options.json else text)
    if options.write:
        chart_results.write(HERE / "RESULTS.md", "seeded defects", text)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--code", help="only this finding code")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once (default 2)")
    parser.add_argument("--json", action="store_true", help="print one JSON document, no table")
    parser.add_argument("--write", action="store_true", help="keep the table in RESULTS.md")
    return parser.parse_args(arguments)


def codes() -> tuple[str, ...]:
    """Return all finding codes of the chart rubric, in its order."""
    rubric = load_rubric("charts")
    return tuple(code for dimension in rubric.dimensions for code in dimension.checks)


def all_seeded() -> Iterator[Seeded]:
    """Yield every defect and every clean chart of the tests."""
    judged = tuple(code for code in codes() if code != RUN_CODE)
    for defect in DEFECTS:
        chart = CHARTS[defect.chart]
        program = chart.program.replace(defect.old, defect.new)
        yield Seeded(defect.name, (defect.code,), chart.table, chart.goal, program)
    for name, chart in CHARTS.items():
        yield Seeded(f"clean {name}", judged, chart.table, chart.goal, chart.program, clean=True)
    yield from _of_values()


def _of_values() -> Iterator[Seeded]:
    for chart in tomllib.loads(_VALUES.read_text(encoding="utf-8"))["chart"]:
        start, table, goal = _START.format(**chart), f"{chart['table']}.csv", chart["goal"]
        for defect in chart["defects"]:
            code = chart["code"].replace(defect["old"], defect["new"])
            name = f"{goal}: {defect['name']}"
            yield Seeded(name, tuple(defect["codes"]), table, goal, start + code + _END)
        program = start + chart["code"] + _END
        yield Seeded(f"clean {goal}", VALUE_CODES, table, goal, program, clean=True)


def answer(seeded: Seeded) -> Answer:
    """Draw one program in a folder of its own, and judge it."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = draw(seeded.program, Path(folder))
        judged = judge_drawn(drawn, table=seeded.table, goal=seeded.goal)
    return Answer(seeded, frozenset(judged.codes), frozenset(judged.checks), drawn.error)


async def run_answers() -> list[Answer]:
    """Show every way in which a run can end to the host critic; one of them is good."""
    task = Task("", load_rubric("charts"))
    answers: list[Answer] = []
    for status in ExecutionStatus:
        critique = await MeasuredCritic().review(
            task, Draft("", writer=""), Execution(status), history=()
        )
        found = frozenset(finding.code for finding in critique.findings)
        clean = status is ExecutionStatus.OK
        seeded = Seeded(f"a run that ended {status}", (RUN_CODE,), "", "", "", clean=clean)
        answers.append(Answer(seeded, found, frozenset({RUN_CODE})))
    return answers


def row(code: str, answers: Sequence[Answer]) -> dict[str, object]:
    """Count for one code: defects and found ones, clean charts it judged and silent ones."""
    seeded = [a for a in answers if not a.seeded.clean and a.seeded.codes[0] == code]
    clean = [a for a in answers if a.seeded.clean and code in a.seeded.codes and code in a.checks]
    return {
        "code": code,
        "defects": len(seeded),
        "found": sum(a.right for a in seeded),
        "clean": len(clean),
        "silent": sum(code not in a.found for a in clean),
    }


def as_text(rows: Sequence[dict[str, object]]) -> str:
    """Return the counts as Markdown."""
    lines = ["| finding | seeded defects found | clean charts left alone |", "| --- | --- | --- |"]
    lines += [
        f"| {r['code']} | {r['found']} of {r['defects']} | {r['silent']} of {r['clean']} |"
        for r in rows
    ]
    return "\n".join(["### Seeded defects", "", _ABOUT, "", *lines])


if __name__ == "__main__":
    main()
