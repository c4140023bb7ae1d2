"""What a redacted copy has of batches: nothing, as their rows hold goals, paths and results."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from critique_loop.store.batches import Batches, NewItem
from critique_loop.store.leases import Leases
from critique_loop.store.redaction import Redaction
from critique_loop.store.sharing import copy_redacted
from critique_loop.testing.stored_runs import store_at
from tests.store.kept_runs import run

GOAL = "wages of Ada Lovelace"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A store with a run, and a batch with an item that is done and one that waits."""
    path = store_at(tmp_path / "traces.db", run("r1"))
    with Batches(path) as batches:
        source = f"/home/ada/{GOAL}.jsonl"
        batch = batches.take(batches.begin("b1", source, f'{{"config": "{GOAL}"}}'))
        spec = f'{{"goal": "{GOAL}", "data": "/home/ada/people.csv"}}'
        batches.add(batch, [NewItem("item0", 0, spec), NewItem("item1", 1, spec)])
        leases = Leases(batches, batch)
        leases.enter()
        leases.claim(1)
        leases.complete("item0", f'{{"run": "r1", "goal": "{GOAL}"}}')
    return path


@pytest.mark.parametrize("redaction", [Redaction(paths=True), Redaction(paths=True, secrets=True)])
def test_a_redacted_copy_has_no_batches(kept: Path, tmp_path: Path, redaction: Redaction) -> None:
    copy = tmp_path / "shared.db"

    copy_redacted(kept, copy, redaction)

    with contextlib.closing(sqlite3.connect(copy)) as connection:
        for table in ("batches", "batch_items", "batch_workers"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608 - one of three words
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_no_file_of_a_redacted_copy_tells_of_batches(kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()

    copy_redacted(kept, folder / "shared.db", Redaction(paths=True))

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not any(GOAL.encode() in path.read_bytes() for path in files)
    before = [path for path in kept.parent.glob("traces.db*") if path.is_file()]
    assert any(GOAL.encode() in path.read_bytes() for path in before)
