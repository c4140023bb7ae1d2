"""Stored runs to export: real loops, whose programs, results and marks are written down here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from critique_loop import rubric
from critique_loop.cli import cli
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    CodeSpec,
    Column,
    ColumnKind,
    Execution,
    ExecutionStatus,
    Suite,
    SuiteKind,
    Table,
    Task,
    TaskKind,
)

# Format and options -> the file that was exported.
Export = Callable[..., Path]

CHARTS = 40
PROGRAMS = 6
SECRET = "hidden_case_of_the_suite"  # noqa: S105 -- words of a hidden test, looked for in the rows
_MEASURES = ("Weight", "Horsepower", "Displacement", "Acceleration", "Price")
_TOPICS = ("cars", "ships", "planes", "trains", "bikes", "lorries", "trams", "buses")


def fill(path: Path) -> Path:
    """Keep runs of charts and of programs in a store: a first draft that fails, and a good one."""
    with SqliteStore(path) as store:
        for number in range(CHARTS):
            _run(store, _chart_task(number), _failing_chart(number), chart_program(number))
        for number in range(PROGRAMS):
            _run(store, _code_task(number), _wrong_program(number), right_program(number))
    return path


def exported(store: Path, file: Path, kind: str, *options: str) -> Path:
    """Export all runs as the command line does."""
    words = ["export", "--all", "--format", kind, "--store", str(store), "--out", str(file)]
    done = CliRunner().invoke(cli, [*words, *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return file


def chart_answers(number: int) -> list[str]:
    """Return what a model should answer to the task of a chart, the good answer first."""
    return [
        f"This program draws the chart that is asked for.\n\n```python\n{code}```"
        for code in (chart_program(number), _failing_chart(number))
    ]


def program_answers(number: int) -> list[str]:
    """Return what a model should answer to the task of a program, the right answer first."""
    return [
        f"`shift_{number}` does what is asked.\n\n```python\n{code}```"
        for code in (right_program(number), _wrong_program(number))
    ]


def answers(*, right: bool) -> list[str]:
    """Return all good answers of all runs, or all others."""
    found = [*map(chart_answers, range(CHARTS)), *map(program_answers, range(PROGRAMS))]
    return [pair[0 if right else 1] for pair in found]


def chart_program(number: int) -> str:
    topic, measure = _words(number)
    return (
        "import matplotlib.pyplot as plt\nimport pandas as pd\n\n"
        f'{topic} = pd.read_csv("{topic}{number}.csv")\n'
        f'means = {topic}.groupby("Maker{number}")["{measure}"].mean().sort_values()\n'
        'fig, ax = plt.subplots(layout="constrained")\n'
        f"ax.barh(means.index, means.{'values' if number % 2 else 'to_numpy()'})\n"
        f'ax.set_title("Mean {measure} of {topic} {number}")\n'
        'fig.savefig("chart.png", dpi=150)\n'
    )


def right_program(number: int) -> str:
    return f"def shift_{number}(x: int) -> int:\n    return x + {number}\n"


def _wrong_program(number: int) -> str:
    return f"def shift_{number}(x: int) -> int:\n    return x - {number + 1}\n"


def _failing_chart(number: int) -> str:
    return chart_program(number).replace(f'["{_words(number)[1]}"]', f'["missing_{number}"]')


def _words(number: int) -> tuple[str, str]:
    return _TOPICS[number % len(_TOPICS)], _MEASURES[number // len(_TOPICS) % len(_MEASURES)]


def _chart_task(number: int) -> Task:
    topic, measure = _words(number)
    name = f"{topic}{number}.csv"
    columns = (
        Column(f"Maker{number}", ColumnKind.CATEGORY, distinct=3, values=("A", "B", "C")),
        Column(measure, ColumnKind.NUMBER, minimum=1.0, maximum=float(100 + number)),
    )
    table = Table(Path(f"/data/{name}"), name, 15_000, f"{number:064x}", 400 + number, columns)
    goal = f"mean {measure} of {topic} by Maker{number}"
    return Task(goal, rubric.load("charts"), tables=(table,))


def _code_task(number: int) -> Task:
    name = f"shift_{number}"
    suites = (
        Suite(SuiteKind.ASSERTS, f"assert {name}(1) == {1 + number}", name="shown"),
        Suite(
            SuiteKind.ASSERTS,
            f"assert {name}(40) == {40 + number}, '{SECRET}'",
            name="kept back",
            hidden=True,
        ),
    )
    code = CodeSpec(
        entry_point=name,
        signature=f'def {name}(x: int) -> int:\n    """Return x and {number} more."""\n',
        suites=suites,
        reference=right_program(number).replace("x +", "x  +"),
    )
    goal = f"a function that adds {number} to a whole number"
    return Task(goal, rubric.load("code"), kind=TaskKind.CODE, code=code)


def _run(store: SqliteStore, task: Task, first: str, last: str) -> None:
    failed = Execution(
        ExecutionStatus.ERROR,
        exit_code=1,
        stderr=f"KeyError: 'column of {task.goal}'",
        sandbox="scripted",
    )
    loop = Loop(
        writer=ScriptedWriter([first, last]),
        executor=ScriptedExecutor({first: failed}),
        critic=ScriptedCritic({first: 2.0, last: 9.5}),
        proxy=UserProxy(),
        store=store,
    )
    outcome = loop.run_sync(task)
    assert outcome.accepted, outcome.stopped_because
