"""``critique-loop batch`` as a user meets it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from critique_loop.store.batches import Batches

Cli = Callable[..., subprocess.CompletedProcess[str]]
CARS = Path(__file__).parents[1] / "data" / "cars.csv"


@pytest.fixture
def here(cli: Cli) -> Path:
    del cli
    shutil.copyfile(CARS, "cars.csv")
    return Path.cwd()


def goals(here: Path, *lines: str) -> Path:
    path = here / "goals.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


NONSENSE = [f"colours of the {n} seas" for n in range(3)]


@pytest.mark.usefixtures("no_docker")
def test_refused_goals_need_no_sandbox_and_are_done(cli: Cli, here: Path) -> None:
    goals(here, *NONSENSE)

    first = cli("batch", "cars.csv", "goals.txt", "--sandbox", "docker", "--out", "out")
    again = cli("batch", "cars.csv", "goals.txt", "--sandbox", "docker", "--json")

    record = json.loads(again.stdout)
    lines = (here / "out" / "outcomes.jsonl").read_text().splitlines()
    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    assert "all done · 3/3 done · 0% accepted" in first.stdout
    assert [json.loads(line)["stopped_because"] for line in lines] == ["writer_gave_up"] * 3
    assert (record["done"], record["done_before"], record["ended"]) == (3, 3, "complete")
    assert record["not_accepted"] == {"writer_gave_up": 3}


@pytest.mark.usefixtures("no_docker")
def test_other_settings_are_refused_unless_another_batch_is_wanted(cli: Cli, here: Path) -> None:
    goals(here, *NONSENSE)
    command = ("batch", "cars.csv", "goals.txt", "--sandbox", "docker")
    cli(*command)

    changed = cli(*command, "--max-rounds", "2")
    new = cli(*command, "--max-rounds", "2", "--new")

    assert changed.returncode == 1
    assert "max_rounds was 6, is 2" in changed.stderr
    assert new.returncode == 0
    assert "from before" not in new.stdout


def test_wrong_lines_are_told_and_nothing_is_made(cli: Cli, here: Path, tmp_path: Path) -> None:
    (here / "tasks.jsonl").write_text('{"data": "no.csv", "goal": "x"}\n{}\n', encoding="utf-8")

    done = cli("batch", "tasks.jsonl", "--out", "out")

    assert done.returncode == 1
    assert "tasks.jsonl:1: no such data file" in done.stderr
    assert "tasks.jsonl:2: a chart needs a goal" in done.stderr
    assert not (here / "out").exists()
    assert not list(tmp_path.glob("traces*"))


def test_a_file_of_nothing_and_none_at_all_are_told(cli: Cli, here: Path) -> None:
    (here / "empty.jsonl").touch()

    done = [cli("batch", name) for name in ("empty.jsonl", "none.jsonl")]

    assert [one.returncode for one in done] == [1, 1]
    assert "there is no task in it" in done[0].stderr
    assert "no such file" in done[1].stderr


@pytest.mark.usefixtures("no_docker")
def test_a_folder_that_can_not_be_written_is_told_before_a_loop_begins(
    cli: Cli, here: Path
) -> None:
    goals(here, *NONSENSE)
    (here / "file").write_text("x", encoding="utf-8")

    done = cli("batch", "cars.csv", "goals.txt", "--sandbox", "docker", "--out", "file/out")

    assert done.returncode == 1
    assert "can't write there" in done.stderr
    assert json.loads(cli("ls", "--json").stdout) == []


@pytest.mark.usefixtures("no_docker")
def test_a_budget_that_is_over_begins_no_loop(cli: Cli, here: Path) -> None:
    goals(here, "average horsepower by origin")

    done = cli("batch", "cars.csv", "goals.txt", "--sandbox", "none", "--total-time", "0.000001")

    assert done.returncode == 4
    assert "the budget ended (time)" in done.stdout
    assert "1 waiting" in done.stdout


def test_the_schema_is_printed(cli: Cli) -> None:
    done = cli("batch", "--schema")

    assert done.returncode == 0
    assert json.loads(done.stdout)["additionalProperties"] is False


@pytest.mark.usefixtures("no_docker")
@pytest.mark.slow
def test_several_workers_share_the_items(cli: Cli, here: Path) -> None:
    goals(here, *(f"colours of the {n} seas" for n in range(12)))

    done = cli("batch", "cars.csv", "goals.txt", "--sandbox", "docker", "--workers", "2", "--json")

    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (report["done"], report["failed"], report["ended"]) == (12, 0, "complete")


def _started(here: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "critique_loop", "batch", "cars.csv", "goals.txt", *options]
    return subprocess.Popen(command, cwd=here, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _waited_for(condition: Callable[[], bool], seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _containers_of(pid: int) -> list[str]:
    done = subprocess.run(
        ["docker", "ps", "--all", "--format", "{{.Labels}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if f"_{pid}_" in line]


@pytest.mark.docker
@pytest.mark.slow
def test_a_batch_killed_in_the_middle_goes_on_and_leaves_no_container(
    cli: Cli, here: Path, tmp_path: Path
) -> None:
    goals(here, "average horsepower by origin", "number of cars by origin", "weight by year")
    options = ("--out", "out", "--concurrency", "1", "--sandboxes", "1")
    killed = _started(here, *options)
    store = tmp_path / "traces.db"

    def one_is_done() -> bool:
        if not store.exists():
            return False
        with Batches(store) as batches:
            found = batches.newest(f"{here / 'cars.csv'}\n{here / 'goals.txt'}")
            return found is not None and batches.counts(found).done >= 1

    _waited_for(one_is_done)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()

    done = cli("batch", "cars.csv", "goals.txt", *options, "--json")

    report = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (report["done"], report["accepted"], report["failed"]) == (3, 3, 0)
    assert report["done_before"] >= 1
    assert _containers_of(killed.pid) == []
    assert len(json.loads(cli("ls", "--json").stdout)) == 3
    assert len((here / "out" / "outcomes.jsonl").read_text().splitlines()) == 3
    assert len(list(here.glob("out/*/chart.png"))) == 3


@pytest.mark.docker
@pytest.mark.slow
def test_a_killed_worker_costs_no_more_than_what_it_had_in_flight(
    cli: Cli, here: Path, tmp_path: Path
) -> None:
    goals(here, *(f"{each} by origin" for each in ("horsepower", "weight", "displacement", "mpg")))
    running = _started(here, "--workers", "2", "--concurrency", "2", "--sandboxes", "2")
    store = tmp_path / "traces.db"
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    killed: list[int] = []

    def one_is_killed() -> bool:
        if _count(store, "SELECT count(*) FROM events WHERE kind = 'drafted'"):
            killed.append(int(children.read_text().split()[0]))
            os.kill(killed[0], signal.SIGKILL)
        return bool(killed)

    _waited_for(one_is_killed)
    code = running.wait(timeout=240)

    again = "SELECT count(*) - count(DISTINCT run_id || ' ' || round) FROM events WHERE kind = '{}'"
    assert code == 0
    assert _count(store, "SELECT count(*) FROM batch_items WHERE state = 'done'") == 4
    assert _count(store, "SELECT count(*) FROM runs") == 4
    assert _count(store, again.format("drafted")) == 0
    assert _count(store, again.format("executed")) == 0
    assert _containers_of(killed[0]) == []
    assert json.loads(cli("batch", "cars.csv", "goals.txt", "--json").stdout)["done_before"] == 4


def _count(store: Path, query: str) -> int:
    if not store.exists():
        return 0
    with closing(sqlite3.connect(store)) as connection:
        return int(connection.execute(query).fetchone()[0])


@pytest.mark.slow
def test_workers_of_a_killed_command_begin_nothing_more(here: Path, tmp_path: Path) -> None:
    goals(here, *(f"average horsepower by origin of the cars since {1970 + n}" for n in range(12)))
    options = ("--workers", "2", "--concurrency", "2", "--sandboxes", "2", "--sandbox", "none")
    running = _started(here, *options)
    store = tmp_path / "traces.db"
    _waited_for(lambda: _count(store, "SELECT count(*) FROM events WHERE kind = 'drafted'") > 0)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    workers = [int(pid) for pid in children.read_text().split()]

    running.kill()
    running.wait()
    _waited_for(lambda: not any(_works(pid) for pid in workers))

    assert len(workers) == 2
    assert _count(store, "SELECT count(*) FROM batch_items WHERE state = 'waiting'") > 0
    assert (
        _count(store, "SELECT count(*) FROM batch_items WHERE state IN ('leased', 'failed')") == 0
    )
    assert _count(store, "SELECT count(*) FROM batch_workers") == 0


def _works(pid: int) -> bool:
    """Whether a process that is no child of this one is there, and is no zombie."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.docker
@pytest.mark.slow
def test_ctrl_c_finishes_the_rounds_under_way(here: Path, tmp_path: Path) -> None:
    goals(here, *(f"average horsepower by origin of the cars since {1970 + n}" for n in range(8)))
    running = _started(here, "--concurrency", "2", "--sandboxes", "2")
    store = tmp_path / "traces.db"

    def some_run() -> bool:
        if not store.exists():
            return False
        with Batches(store) as batches:
            found = batches.newest(f"{here / 'cars.csv'}\n{here / 'goals.txt'}")
            return found is not None and batches.leased(found) > 0

    _waited_for(some_run)
    running.send_signal(signal.SIGINT)
    code = running.wait(timeout=120)

    assert code == 130
    assert _containers_of(running.pid) == []
    with Batches(store) as batches:
        found = batches.newest(f"{here / 'cars.csv'}\n{here / 'goals.txt'}")
        assert found is not None
        assert batches.leased(found) == 0
        assert batches.counts(found).waiting >= 6
