"""`ls`: a contract for scripts, safe text for people, and only the runs that are wanted."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.rescoring import rescore
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    Dimension,
    Draft,
    Event,
    EventKind,
    Rubric,
    Started,
    Table,
    Task,
    TaskKind,
)

Cli = Callable[..., subprocess.CompletedProcess[str]]
HOSTILE = "\x1b[31mred\u202e [bold]x[/bold]"
EMPTY = hashlib.sha256(b"").hexdigest()
RUBRIC = Rubric("r", (Dimension("right", "?"), Dimension("\x1b[2J", "?")))


def task_of(goal: str) -> Task:
    path = Path("tables") / f"{goal[:20]}.csv"
    table = Table(path, path.name, 1, sha256=EMPTY, rows=1, columns=())
    return Task(goal, RUBRIC, tables=(table,))


def loop_of(store: SqliteStore, *, rounds: int = 6) -> Loop:
    """Return a loop whose first draft is bad, and whose second is good."""
    return Loop(
        writer=ScriptedWriter(["bad", "good"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic({"bad": 3.0, "good": 9.0}),
        proxy=UserProxy(budget=Budget(max_rounds=rounds)),
        store=store,
    )


def run(run_id: str, *, goal: str = "a goal", rounds: int = 6) -> None:
    with SqliteStore(os.environ["CRITIQUE_LOOP_STORE"]) as store:
        loop_of(store, rounds=rounds).run_sync(task_of(goal), run_id=run_id)


def begin(run_id: str, *, at: float, model: str = "", started: Started | None = None) -> None:
    """Keep the start of a run that has not ended, and one draft of it."""
    body = started or begun()
    draft = Draft("x", "grammar", model=model)

    async def keep() -> None:
        with SqliteStore(os.environ["CRITIQUE_LOOP_STORE"]) as store:
            await store.append(Event(run_id, 0, EventKind.STARTED, 0, at, 0.0, body))
            await store.append(Event(run_id, 1, EventKind.DRAFTED, 1, at, 0.0, draft))

    anyio.run(keep)


def begun(
    goal: str = "a goal",
    *,
    kind: TaskKind = TaskKind.CHART,
    writer: str = "grammar",
    batch: str = "",
) -> Started:
    return Started(Task(goal, RUBRIC, kind=kind), writer, "measured", "docker", "1", batch=batch)


def ids(cli: Cli, *options: str) -> list[str]:
    done = cli("ls", "--json", *options)
    assert (done.returncode, done.stderr) == (0, "")
    return [each["run"] for each in json.loads(done.stdout)]


def test_ls_keeps_its_json_contract_the_newest_first(cli: Cli) -> None:
    run("first")
    run("second", rounds=1)

    done = cli("ls", "--json")

    newest, oldest = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert {key: value for key, value in newest.items() if key != "started_at"} == {
        "run": "second",
        "goal": "a goal",
        "tables": ["a goal.csv"],
        "rounds": 1,
        "state": "ended",
        "stopped_because": "rounds",
        "accepted": False,
        "overall": 3.0,
        "kind": "chart",
        "writer": "scripted",
        "critic": "scripted",
        "model": "",
        "batch": "",
        "item": "",
        "branch_of": None,
        "rescoring_of": None,
    }
    assert newest["started_at"] >= oldest["started_at"]
    assert (oldest["accepted"], oldest["overall"], oldest["rounds"]) == (True, 9.0, 2)


def test_ls_prints_whole_lines_into_a_pipe_and_no_control_characters(cli: Cli) -> None:
    goal = f"{HOSTILE} {'long ' * 5}"
    run("abc", goal=goal)

    done = cli("ls")

    heading, line = done.stdout.splitlines()
    assert done.returncode == 0
    assert heading.split() == ["run", "started", "rounds", "overall", "ended", "table", "goal"]
    assert line.startswith("abc")
    assert line.endswith("long")
    assert "\\x1b[31mred\\u202e [bold]x[/bold]" in line
    assert "\x1b" not in done.stdout
    assert heading.index("goal") == line.index("\\x1b")


@pytest.mark.parametrize("at", [1e308, -1e18])
def test_a_time_of_no_calendar_keeps_nobody_from_the_list(cli: Cli, at: float) -> None:
    begin("odd", at=at)
    begin("fine", at=1_700_000_000.0)

    listed, counted = cli("ls"), cli("store", "stats")

    assert (listed.returncode, counted.returncode) == (0, 0), listed.stderr + counted.stderr
    assert len(listed.stdout.splitlines()) == 3


def test_ls_of_an_empty_store_prints_nothing_to_stdout(cli: Cli) -> None:
    done = cli("ls")

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("no runs in ")


WANTED: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "all, newest first": ((), ["now", "poor", "hour", "days", "year"]),
    "running": (("--state", "running"), ["hour", "days", "year"]),
    "why it ended": (("--state", "rounds", "--state", "accepted"), ["now", "poor"]),
    "accepted": (("--accepted",), ["now"]),
    "not accepted": (("--not-accepted", "--state", "ended"), ["poor"]),
    "since": (("--since", "2h"), ["now", "poor", "hour"]),
    "until": (("--until", "2d"), ["days", "year"]),
    "a date": (("--until", "2000-01-01"), ["year"]),
    "goal": (("--goal", "HORSE"), ["hour"]),
    "table": (("--table", "GOAL.c"), ["now", "poor"]),
    "writer": (("--writer", "Model"), ["days"]),
    "model": (("--model", "qwen3"), ["days"]),
    "kind": (("--kind", "code"), ["year"]),
    "batch": (("--batch", "b"), ["hour"]),
    "score": (("--min-score", "3.5"), ["now"]),
    "limit": (("--limit", "2"), ["now", "poor"]),
    "several": (("--since", "3d", "--model", "qwen3"), []),
}


@pytest.mark.parametrize(("options", "expected"), WANTED.values(), ids=WANTED)
def test_ls_lists_the_runs_that_fit(
    cli: Cli, options: tuple[str, ...], expected: list[str]
) -> None:
    now = time.time()
    begin("year", at=9e8, started=begun(kind=TaskKind.CODE))
    begin("days", at=now - 4 * 86_400, started=begun(writer="model writer"), model="qwen3")
    begin("hour", at=now - 3600, started=begun("mean horsepower", batch="b"))
    run("poor", rounds=1)
    run("now")

    assert ids(cli, *options) == expected


def test_a_filter_that_fits_nothing_says_so(cli: Cli) -> None:
    run("abc")

    done = cli("ls", "--goal", "something else")

    assert (done.returncode, done.stdout) == (0, "")
    assert "that fit" in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--since", "yesterday"),
        ("--since", "2026-13-01"),
        ("--since", "99999y"),
        ("--state", "asleep"),
        ("--min-score", "11"),
        ("--limit", "0"),
        ("--kind", "poem"),
    ],
)
def test_what_is_no_filter_is_wrong_usage(cli: Cli, options: tuple[str, ...]) -> None:
    done = cli("ls", *options)

    assert done.returncode == 2
    assert options[0] in done.stderr


def test_branches_and_rescorings_say_what_they_are_of(cli: Cli) -> None:
    run("first")
    Path("tables").mkdir()
    (Path("tables") / "a goal.csv").touch()  # both go on only with what the run began with

    async def more() -> None:
        with SqliteStore(os.environ["CRITIQUE_LOOP_STORE"]) as store:
            await loop_of(store).branch("first", from_round=1, run_id="again")
            critic = ScriptedCritic({"bad": 1.0, "good": 2.0})
            await rescore(store, "first", rubric=RUBRIC, critic=critic, run_id="marks")

    anyio.run(more)
    records = {each["run"]: each for each in json.loads(cli("ls", "--json").stdout)}
    with_marks = json.loads(cli("ls", "--json", "--rescorings").stdout)

    assert records.keys() == {"first", "again"}
    assert records["again"]["branch_of"] == {"run": "first", "round": 1}
    assert records["first"]["branch_of"] is None
    assert with_marks[0]["rescoring_of"] == {"run": "first", "round": 2}
    assert with_marks[0]["branch_of"] is None
    assert "[branch of first:1] a goal" in cli("ls").stdout
    assert "[scores of first] a goal" in cli("ls", "--rescorings").stdout


def test_a_file_that_is_no_store_is_an_error_and_stays_as_it_is(cli: Cli) -> None:
    path = Path("notes.txt")
    path.write_text("my notes" * 100)

    done = cli("ls", "--store", path)

    assert (done.returncode, done.stdout) == (1, "")
    assert "notes.txt: it is not a trace store" in done.stderr
    assert path.read_text() == "my notes" * 100
