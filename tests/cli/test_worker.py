"""``critique-loop worker`` as a user meets it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from critique_loop.batch import run_batch_sync
from critique_loop.store import SqliteStore
from critique_loop.store.batches import Batches
from critique_loop.testing import ScriptedExecutor, ScriptedWriter

Cli = Callable[..., subprocess.CompletedProcess[str]]
CARS = Path(__file__).parents[1] / "data" / "cars.csv"


def test_a_worker_needs_a_batch_that_is_there(cli: Cli) -> None:
    done = cli("worker", "nonesuch")

    assert done.returncode == 1
    assert "no batch 'nonesuch'" in done.stderr


@pytest.mark.usefixtures("no_docker")
def test_a_worker_does_what_is_left_of_a_batch(cli: Cli, tmp_path: Path) -> None:
    here = Path.cwd()
    shutil.copyfile(CARS, "cars.csv")
    Path("goals.txt").write_text("colours of the seas\nheight of waves\n", encoding="utf-8")
    command = ("batch", "cars.csv", "goals.txt", "--sandbox", "docker")
    cli(*command, "--total-time", "0.000001")
    with Batches(tmp_path / "traces.db") as batches:
        found = batches.newest(f"{here / 'cars.csv'}\n{here / 'goals.txt'}")
    assert found is not None

    worked = cli("worker", found.id)
    report = json.loads(cli(*command, "--json").stdout)

    assert worked.returncode == 0
    assert (report["done"], report["done_before"]) == (2, 2)


@pytest.mark.usefixtures("no_docker")
def test_a_worker_whose_parent_is_another_process_says_why_it_stops(
    cli: Cli, tmp_path: Path
) -> None:
    here = Path.cwd()
    shutil.copyfile(CARS, "cars.csv")
    Path("goals.txt").write_text("colours of the seas\n", encoding="utf-8")
    cli("batch", "cars.csv", "goals.txt", "--sandbox", "docker", "--total-time", "0.000001")
    with Batches(tmp_path / "traces.db") as batches:
        found = batches.newest(f"{here / 'cars.csv'}\n{here / 'goals.txt'}")
    assert found is not None

    done = cli("worker", found.id, "--parent", os.getpid())

    assert done.returncode == 130
    assert f"the process {os.getpid()} (--parent) has ended, or did not start" in done.stderr


def test_a_batch_whose_actors_are_objects_is_refused(cli: Cli, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "traces.db") as store:
        report = run_batch_sync(
            [{"data": str(CARS), "goal": "weight by origin"}],
            store=store,
            writer=ScriptedWriter([]),
            executor=ScriptedExecutor(),
        )

    done = cli("worker", report.batch)

    assert done.returncode == 1
    assert "writer of this batch" in done.stderr
