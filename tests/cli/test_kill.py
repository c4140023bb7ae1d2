"""A run that is killed or interrupted: what it had is kept, and nothing of it goes on."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import anyio
import docker
import pytest

from critique_loop.executors.engine import OWNER_LABEL
from critique_loop.executors.owner import Owner
from critique_loop.store import SqliteStore

pytestmark = [pytest.mark.docker, pytest.mark.slow]

TESTS = Path(__file__).parents[1]
CARS = TESTS / "data" / "cars.csv"
GOAL = "average Horsepower by Origin"
STEPS = ("started", "drafted", "executed", "critiqued", "decided", "ended")
CLI = [sys.executable, "-c", "from critique_loop.cli import main; main()"]
KILLED_AT_STEP = [sys.executable, str(TESTS / "cli" / "killed_at_step.py")]
CONTAINER_GONE_S = 5.0
RANDOM_KILLS = 20

# Nothing measures the second dimension, so no draft is ever accepted.
NEVER_ACCEPTED = """
name = "never"
target = 5.0
[[dimensions]]
name = "bugs"
question = "Does it run?"
checks = { run_error = 10 }
[[dimensions]]
name = "taste"
question = "Is it beautiful?"
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


@pytest.fixture
def never_accepted(tmp_path: Path) -> Path:
    path = tmp_path / "never.toml"
    path.write_text(NEVER_ACCEPTED)
    return path


def chart(store: Path, *options: str) -> list[str]:
    out = store.parent / f"out{random.getrandbits(40):x}"
    return ["chart", str(CARS), GOAL, "--store", str(store), "--out", str(out), *options]


@contextlib.contextmanager
def started(command: Sequence[str]) -> Generator[subprocess.Popen[str], None, None]:
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def listed(store: Path) -> list[dict[str, Any]]:
    command = [*CLI, "ls", "--json", "--store", str(store)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def steps_by_run(store: Path) -> dict[str, list[str]]:
    """Look past our own code at what is in the file."""
    kept: dict[str, list[str]] = defaultdict(list)
    if store.exists():
        with contextlib.closing(sqlite3.connect(store)) as connection:
            for run, kind in connection.execute("SELECT run_id, kind FROM events ORDER BY seq"):
                kept[run].append(kind)
    return kept


def steps_in(store: Path) -> list[str]:
    """Return the steps of the only run."""
    return next(iter(steps_by_run(store).values()), list[str]())


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def containers_of(pid: int, *, begun: bool = False) -> list[str]:
    """Return the containers that a process made; ``begun``: but for those it never started."""
    client: Any = docker.from_env()
    try:
        found: Any = client.api.containers(all=True, filters={"label": OWNER_LABEL})
        found = [each for each in found if not (begun and each["State"] == "created")]
        owners = {str(each["Id"]): Owner.from_token(each["Labels"][OWNER_LABEL]) for each in found}
        return [each for each, owner in owners.items() if owner is not None and owner.pid == pid]
    finally:
        client.close()


def gone(pid: int, *, begun: bool = False) -> bool:
    return wait_for(lambda: not containers_of(pid, begun=begun), CONTAINER_GONE_S)


@pytest.mark.parametrize("last", range(1, len(STEPS) + 1), ids=STEPS)
def test_a_run_killed_after_any_step_is_listed_with_what_it_had(store: Path, last: int) -> None:
    with started([*KILLED_AT_STEP, str(last), *chart(store)]) as process:
        code = process.wait(120)
    left = not gone(process.pid)
    (run,) = listed(store)

    assert code == -signal.SIGKILL
    assert not left
    assert steps_in(store) == list(STEPS[:last])
    assert run["state"] == ("ended" if last == len(STEPS) else "killed")
    assert run["goal"] == GOAL
    assert run["rounds"] == (1 if last >= STEPS.index("critiqued") + 1 else 0)
    assert (run["overall"] is not None) == (run["rounds"] == 1)


def test_a_run_killed_at_any_moment_leaves_a_store_that_reads_and_no_container(
    store: Path,
) -> None:
    began = time.monotonic()
    subprocess.run([*CLI, *chart(store)], capture_output=True, check=True)
    whole_s = time.monotonic() - began
    chance = random.Random(5)  # noqa: S311 - moments, not secrets
    moments = [whole_s * (n + chance.random()) / RANDOM_KILLS for n in range(RANDOM_KILLS)]

    killed: list[int] = []
    for moment in moments:
        with started([*CLI, *chart(store)]) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(moment)
            process.kill()
        killed.append(process.pid)
        assert gone(process.pid, begun=True), f"killed after {moment:.2f} s, a container is left"
    # One that was made and not started ends by nothing; whoever starts next removes it.
    subprocess.run([*CLI, *chart(store)], capture_output=True, check=True)
    assert not [one for pid in killed for one in containers_of(pid)]
    kept, runs = steps_by_run(store), listed(store)

    assert len(kept) > 1  # the whole run, and some that began before they were killed
    assert {run["run"] for run in runs} == set(kept)
    for run in runs:
        steps = kept[run["run"]]
        assert steps == list(STEPS[: len(steps)])
        assert run["state"] == ("ended" if steps[-1] == "ended" else "killed")
        outcome = anyio.run(SqliteStore(store).outcome, run["run"])
        assert len(outcome.rounds) == run["rounds"]


def test_one_interrupt_finishes_the_round(store: Path, never_accepted: Path) -> None:
    command = [*CLI, *chart(store, "--rubric", str(never_accepted), "--json")]
    with started(command) as process:
        assert wait_for(lambda: "drafted" in steps_in(store), 60)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=120)
    left = not gone(process.pid)
    (run,) = listed(store)

    assert process.returncode == 130
    assert "Ctrl-C again stops now" in said
    assert not left
    assert steps_in(store) == list(STEPS)
    assert (run["state"], run["stopped_because"]) == ("ended", "interrupted")
    assert run["rounds"] == json.loads(out)["rounds"] == 1


def test_two_interrupts_stop_at_once(store: Path, never_accepted: Path) -> None:
    with started([*CLI, *chart(store, "--rubric", str(never_accepted), "--json")]) as process:
        assert wait_for(lambda: "drafted" in steps_in(store), 60)
        assert wait_for(lambda: bool(containers_of(process.pid)), 60)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        first = next(line for line in process.stderr if "Ctrl-C" in line)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=60)
    left_at_exit = containers_of(process.pid)
    (run,) = listed(store)

    assert process.returncode == 130
    assert "Ctrl-C again stops now" in first
    assert "stopping now" in said
    assert left_at_exit == []
    assert (run["state"], run["stopped_because"]) == ("ended", "interrupted")
    assert "executed" not in steps_in(store)
    assert json.loads(out)["best"] is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_stops_at_once(store: Path, number: signal.Signals) -> None:
    with started([*CLI, *chart(store)]) as process:
        assert wait_for(lambda: "drafted" in steps_in(store), 60)
        process.send_signal(number)
        process.communicate(timeout=60)
    left_at_exit = containers_of(process.pid)
    (run,) = listed(store)

    assert process.returncode == 130
    assert left_at_exit == []
    assert run["stopped_because"] == "interrupted"
