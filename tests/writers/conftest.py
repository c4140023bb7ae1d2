"""Tables, goals and the program runner that the writer's tests share."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import cast

import anyio
import pytest

from critique_loop.data import profile
from critique_loop.rubric import load
from critique_loop.values import Draft, Round, Table, Task
from critique_loop.writers.grammar import GrammarWriter
from critique_loop.writers.request import Filter, Key
from critique_loop.writers.spec import Spec

DATA = Path(__file__).parent.parent / "data"

RUNNER = """
import json, os, sys, warnings
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
warnings.simplefilter("error")

def drawn(ax):
    bars = [[float(p.get_height()) for p in c] for c in ax.containers]
    wide = [[float(p.get_width()) for p in c] for c in ax.containers]
    return {
        "title": ax.get_title(loc="left"), "xlabel": ax.get_xlabel(), "ylabel": ax.get_ylabel(),
        "heights": bars, "widths": wide,
        "lines": [[float(v) for v in line.get_ydata()] for line in ax.get_lines()],
        "points": [len(c.get_offsets()) for c in ax.collections],
        "names": [t.get_text() for t in ax.get_xticklabels()],
        "sidenames": [t.get_text() for t in ax.get_yticklabels()],
        "legend": [t.get_text() for t in ax.get_legend().get_texts()] if ax.get_legend() else [],
        "sizes": sorted(
            {float(t.get_fontsize()) for t in ax.findobj(matplotlib.text.Text) if t.get_text()}
        ),
    }

answers = []
for folder in json.load(sys.stdin):
    os.chdir(folder)
    with plt.rc_context():
        with open("program.py", encoding="utf-8") as file:
            program = file.read()
        exec(compile(program, "program.py", "exec"), {"__name__": "__main__"})
        figure = plt.gcf()
        figure.canvas.draw()
        answers.append(drawn(figure.axes[0]) | {"size": os.path.getsize("chart.png")})
        plt.close("all")
print(json.dumps(answers))
"""

Drawn = Mapping[str, object]


@cache
def real(name: str) -> Table:
    """The profile of one of the ten real tables."""
    return profile(DATA / f"{name}.csv")


@pytest.fixture
def cars() -> Table:
    return real("cars")


@pytest.fixture
def table() -> Callable[[str], Table]:
    return real


@pytest.fixture
def task() -> Callable[[str, Table], Task]:
    return lambda goal, table: Task(goal, load("charts"), tables=(table,))


@pytest.fixture
def drafted() -> Callable[..., Draft]:
    def draft(goal: str, table: Table, *history: Round, **units: str) -> Draft:
        task = Task(goal, load("charts"), tables=(table,), units=units)
        return anyio.run(lambda: GrammarWriter().draft(task, history=history))

    return draft


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Table]:
    def write(text: str) -> Table:
        path = tmp_path / "data.csv"
        path.write_text(text, encoding="utf-8")
        return profile(path)

    return write


@pytest.fixture
def executed(tmp_path: Path) -> Callable[[list[Draft], Table], list[Drawn]]:
    """Run programs where their table lies, in one new process, and say what they drew."""

    def run(drafts: list[Draft], table: Table) -> list[Drawn]:
        folders: list[str] = []
        for number, draft in enumerate(drafts):
            folder = tmp_path / f"run{number}"
            folder.mkdir()
            (folder / table.name).symlink_to(table.path)
            (folder / "program.py").write_text(draft.code, encoding="utf-8")
            folders.append(str(folder))
        done = subprocess.run(
            [sys.executable, "-c", RUNNER],
            input=json.dumps(folders),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return cast("list[Drawn]", json.loads(done.stdout))

    return run


@pytest.fixture
def signature() -> Callable[[Spec, Table], str]:
    return _signature


def _signature(spec: Spec, table: Table) -> str:
    said = [f"{spec.mark} {_drawn(spec)}"]
    if spec.key:
        series = f"/{_key(spec.series, table)}" if spec.series else ""
        said.append(f"by {_key(spec.key, table)}{series}")
    elif spec.series:
        said.append(f"colour {_key(spec.series, table)}")
    if spec.filters:
        said.append("where " + "; ".join(sorted(_filter(f, table) for f in spec.filters)))
    if spec.top:
        said.append(f"{'bottom' if spec.top.lowest else 'top'} {spec.top.n}")
    return " ".join(said)


def _drawn(spec: Spec) -> str:
    measures = ", ".join(spec.measures)
    if spec.mark == "histogram":
        return measures
    if spec.counts:
        return "count" if spec.aggregate == "count" else f"nunique({spec.counted})"
    return f"{spec.aggregate or 'raw'}({measures})"


def _key(key: Key, table: Table) -> str:
    plain = key.unit in {"", table.column(key.column).time_step}
    return key.column if plain else f"{key.column}:{key.unit}"


def _filter(rows: Filter, table: Table) -> str:
    step = table.column(rows.column).time_step
    name = rows.column if rows.part in {"", step} else f"{rows.column}:{rows.part}"
    values = [v if isinstance(v, str) else f"{v:g}" for v in rows.values]
    if rows.operator == "between":
        return f"{name} between {values[0]} and {values[1]}"
    years = rows.part == "year" or step == "year"
    if len(values) == 1 and years and rows.operator == "in":
        return f"{name} == {values[0]}"
    if rows.operator in {"in", "not in"}:
        return f"{name} {rows.operator} [{', '.join(sorted(values))}]"
    return f"{name} {rows.operator} {values[0]}"
