"""`critique-loop store check`, `stats` and `vacuum`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import store_at
from tests.store.kept_runs import BODIES, run
from tests.store.test_checking import change, large_blob

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return the store that the commands use unless told otherwise, with two runs."""
    return store_at(tmp_path / "traces.db", run("r1"), run("r2"))


def test_a_whole_store_is_ok(cli: Cli, kept: Path) -> None:
    done = cli("store", "check")

    assert done.returncode == 0
    assert f"{kept}: ok, 2 runs, {2 * len(BODIES)} steps" in done.stdout


def test_a_damaged_store_is_told_in_words_with_what_to_do(cli: Cli, kept: Path) -> None:
    large_blob(kept).unlink()
    store_at(kept, run("r3", steps=3))

    done = cli("store", "check")

    assert done.returncode == 1
    assert "run r1, step 3: it names the bytes" in done.stdout
    assert "1 of 3 runs can be read whole" in done.stderr
    assert f"copy --rescue --store {kept} --into NEW" in done.stderr


def test_a_damaged_store_is_told_as_json(cli: Cli, kept: Path) -> None:
    change(kept, "DELETE FROM events WHERE run_id = 'r2' AND seq = 2")

    done = cli("store", "check", "--json")

    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert (told["ok"], told["runs"], told["whole"], told["damaged"]) == (False, 2, 1, {"r2": 2})
    assert told["problems"][0]["where"] == "run r2, step 2"


def test_runs_that_were_killed_are_counted(cli: Cli, kept: Path) -> None:
    store_at(kept, run("r3", steps=3))
    change(kept, "UPDATE processes SET process = 'other-boot 1 2 3' WHERE run_id = 'r3'")

    done = cli("store", "check")

    assert done.returncode == 0
    assert "killed: 1 run" in done.stdout


def test_a_file_that_is_no_store_is_an_error(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("hello " * 200, encoding="utf-8")

    done = cli("store", "check", "--store", tmp_path / "x.db")

    assert done.returncode == 1
    assert "not a trace store" in done.stderr


def test_stats_count_what_is_there(cli: Cli, kept: Path) -> None:
    store_at(kept, run("r3", steps=3))

    told = json.loads(cli("store", "stats", "--json").stdout)

    assert told["runs"] == 3
    assert told["states"]["ended"] == 2
    assert told["stop_reasons"] == {"accepted": 2}
    assert told["kinds"] == {"chart": 3}
    assert told["steps"] == 2 * len(BODIES) + 3
    assert (told["calls"], told["input_tokens"], told["output_tokens"]) == (3, 300, 60)
    assert told["cost_usd"] == pytest.approx(1.5)
    assert told["large_blobs"] == 1
    assert told["pooled_savings"] > 0
    assert told["oldest"] == 1_700_000_000.0


def test_stats_can_be_read(cli: Cli, kept: Path) -> None:
    done = cli("store", "stats")

    assert str(kept) in done.stdout
    assert "2 (2 ended)" in done.stdout
    assert "200 in, 40 out" in done.stdout


def test_vacuum_says_what_it_brought(cli: Cli, kept: Path) -> None:
    large_blob(kept).with_name(".abc.123.00ff00ff").write_bytes(b"half")

    done = cli("store", "vacuum")

    assert done.returncode == 0
    assert f"{kept}: " in done.stdout
    assert "removed 0 blobs that no step names and 1 half-written file" in done.stdout


def test_vacuum_refuses_while_a_run_is_written(cli: Cli, kept: Path) -> None:
    async def begin() -> SqliteStore:
        store = SqliteStore(kept)
        await store.append(run("r3")[0])
        return store

    store = anyio.run(begin)

    done = cli("store", "vacuum")

    store.close()
    assert done.returncode == 1
    assert "another process has it open" in done.stderr
    assert "Wait until its loops have ended" in done.stderr


@pytest.fixture
def closed(open_place: Path, as_other_user: Callable[..., object]) -> Path:
    """Return a store in a folder that nobody but root may write."""
    assert as_other_user
    folder = open_place / "closed"
    store = store_at(folder / "traces.db", run("r1"))
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return store


def test_a_store_in_a_read_only_folder_can_be_checked_and_counted(
    closed: Path, as_other_user: Cli
) -> None:
    checked = as_other_user("store", "check", "--store", closed)
    counted = as_other_user("store", "stats", "--store", closed, "--json")

    assert checked.returncode == 0, checked.stderr
    assert json.loads(counted.stdout)["runs"] == 1


def test_a_store_in_a_read_only_folder_can_be_sealed_elsewhere(
    closed: Path, as_other_user: Cli
) -> None:
    done = as_other_user("store", "seal", "--all-finished", "--store", closed, "--out", "sealed")

    assert done.returncode == 0, done.stderr
    assert "1 run, " in done.stdout


def test_what_would_write_there_says_so(closed: Path, as_other_user: Cli) -> None:
    commands = (
        ("vacuum", "--store", closed),
        ("copy", "--store", closed, "--into", closed.parent / "x.db"),
        ("seal", "--all-finished", "--store", closed, "--out", closed.parent / "sealed"),
    )

    done = [as_other_user("store", *command) for command in commands]

    assert [each.returncode for each in done] == [1, 1, 1]
    assert all("error: " in each.stderr and "Traceback" not in each.stderr for each in done)
    assert f"error: {closed.parent}: can't be written" in done[0].stderr
    assert "writable" in "".join(each.stderr for each in done)
