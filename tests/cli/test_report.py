"""`critique-loop report`: stored runs as one HTML file."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import Dimension, Event, EventKind, Rubric, Spend, Started, Task
from critique_loop.values.events import Ended
from critique_loop.values.rounds import StopReason

Done = subprocess.CompletedProcess[str]
Cli = Callable[..., Done]
RUBRIC = Rubric("r", (Dimension("right", "?", pass_mark=7.0),), target=7.0)
RUNS = ("aaaa1", "aaaa12", "bbbb1")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return the store of the command line, with three runs in it; one's id begins another's."""
    path = tmp_path / "traces.db"

    async def fill() -> None:
        with SqliteStore(path) as kept:
            for run_id in RUNS:
                code = f"x = '{run_id}'"
                loop = Loop(
                    writer=ScriptedWriter([code]),
                    executor=ScriptedExecutor(),
                    critic=ScriptedCritic({code: 9.0}),
                    proxy=UserProxy(),
                    store=kept,
                )
                await loop.run(Task(f"goal of {run_id}", RUBRIC), run_id=run_id)

    anyio.run(fill)
    return path


def rows_of(path: Path) -> list[str]:
    html = path.read_text(encoding="utf-8")
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    return [row[0] for row in json.loads(text)["rows"]]


@pytest.mark.usefixtures("store")
def test_one_run_is_told_in_full(cli: Cli) -> None:
    done = cli("report", "bbbb")

    path = Path("out/bbbb1/report.html")
    assert done.returncode == 0
    assert done.stdout.startswith(f"{path}  1 run, ")
    html = path.read_text(encoding="utf-8")
    assert "goal of bbbb1" in html
    assert "Round 1" in html
    assert "goal of aaaa1" not in html


@pytest.mark.usefixtures("store")
def test_several_runs_are_a_table_and_no_run_slips_in_by_its_name(cli: Cli) -> None:
    done = cli("report", "aaaa1", "bbbb1", "--json")

    record = json.loads(done.stdout)
    path = Path(record["report"])
    assert path == Path("out/report.html")
    assert record == {
        "report": str(path),
        "runs": 2,
        "detailed": 2,
        "bytes": path.stat().st_size,
    }
    assert rows_of(path) == ["aaaa1", "bbbb1"]


@pytest.mark.usefixtures("store")
def test_all_runs_are_told_and_of_some_everything(cli: Cli, tmp_path: Path) -> None:
    done = cli("report", "--all", "--details", "1", "--out", tmp_path / "all.html", "--json")

    assert json.loads(done.stdout)["detailed"] == 1
    assert rows_of(tmp_path / "all.html") == list(RUNS)


def test_a_batch_is_told_under_its_name(cli: Cli, store: Path, tmp_path: Path) -> None:
    async def add() -> None:
        task = Task("one of many", RUBRIC)
        with SqliteStore(store) as kept:
            begun = Started(task, "w", "c", "s", "0.1.0", batch="nightly", item="3")
            ended = Ended(StopReason.ROUNDS, 0, Spend())
            for seq, kind, body in ((0, EventKind.STARTED, begun), (1, EventKind.ENDED, ended)):
                await kept.append(Event("cccc1", seq, kind, 0, time.time(), 0.0, body))

    anyio.run(add)

    cli("report", "--batch", "nightly", "--out", tmp_path / "batch.html")

    assert rows_of(tmp_path / "batch.html") == ["cccc1"]
    assert ">nightly</h1>" in (tmp_path / "batch.html").read_text()


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "name runs, or a --batch, or --all"),
        (("aaaa1", "--all"), 2, "name runs, or a --batch, or --all"),
        (("aaaa",), 1, "several runs' ids begin with 'aaaa'"),
        (("zzzz",), 1, "no run's id begins with 'zzzz'"),
        (("--batch", "gone"), 1, "no runs in batch 'gone'"),
    ],
)
def test_what_can_not_be_told_is_said(
    cli: Cli, words: tuple[str, ...], code: int, said: str
) -> None:
    done = cli("report", *words)

    assert done.returncode == code
    assert said in done.stderr
    assert not Path("out").exists()


@pytest.mark.usefixtures("store")
def test_a_file_of_somebody_else_is_not_written_over(cli: Cli) -> None:
    Path("mine.html").write_text("mine")

    done = cli("report", "--all", "--out", "mine.html")

    assert done.returncode == 1
    assert "no report of ours" in done.stderr
    assert Path("mine.html").read_text() == "mine"


def test_a_run_that_can_not_be_read_keeps_no_other_from_being_told(cli: Cli, store: Path) -> None:
    with sqlite3.connect(store) as broken:
        broken.execute("DROP TRIGGER events_no_update")
        broken.execute(
            "UPDATE events SET body = '{' WHERE run_id = 'aaaa12' AND kind = 'critiqued'"
        )
    broken.close()

    done = cli("report", "--all")

    assert done.returncode == 0
    assert "run aaaa12 is left out" in done.stderr
    assert rows_of(Path("out/report.html")) == ["aaaa1", "bbbb1"]


@pytest.mark.usefixtures("store")
def test_it_is_shown_in_the_browser_of_the_user(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/asked\n')
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    monkeypatch.delitem(sys.modules, "webbrowser", raising=False)

    cli("report", "bbbb1", "--open")

    asked = (tmp_path / "asked").read_text().strip()
    assert asked == Path("out/bbbb1/report.html").absolute().as_uri()
