"""Damaged stores read as far as they can be."""

from __future__ import annotations

import os
import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store.checking import check
from critique_loop.store.merging import copy
from critique_loop.store.rescuing import opened_rescue
from critique_loop.testing.stored_runs import store_at
from tests.store.kept_runs import label, run

_PAGE = 4096


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    runs = [run(f"r{number:03}") for number in range(60)]
    return store_at(tmp_path / "k" / "traces.db", *runs, labels=[label("r000")])


def cut(path: Path, part: float) -> None:
    """Leave only the first pages of a file."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    os.truncate(path, int(path.stat().st_size * part) // _PAGE * _PAGE)


@pytest.mark.parametrize("part", [0.9, 0.7])
def test_of_a_store_without_its_end_the_whole_runs_are_rescued(kept: Path, part: float) -> None:
    cut(kept, part)
    into = kept.parent.parent / "new" / "traces.db"

    with pytest.raises(StoreError, match="it is damaged"):
        copy(kept, into)
    done = copy(kept, into, rescue=True)

    checked = check(into)
    assert checked.is_ok
    assert checked.runs > 5
    assert checked.runs + len(done.damaged) <= 60


def test_of_blobs_without_their_end_the_runs_that_have_theirs_are_rescued(kept: Path) -> None:
    cut(kept.with_name("traces.blobs.db"), 0.7)
    into = kept.parent.parent / "new" / "traces.db"

    done = copy(kept, into, rescue=True)

    assert check(into).is_ok
    assert done.damaged


def test_memory_stays_flat_however_many_steps_there_are(kept: Path) -> None:
    steps = (("long", seq, "drafted", 1, 1.0, 0.1, "{}") for seq in range(60_000))
    with closing(sqlite3.connect(kept)) as connection, connection:
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", steps)
    cut(kept, 0.9)

    tracemalloc.start()
    with opened_rescue(kept) as source:
        found = list(source.run_ids())
        rescued = [sum(1 for _ in source.rows(run_id)) for run_id in found if run_id != "long"]
        first = next(source.rows("long without a list of it"), None)
        peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "long" in found
    assert any(rescued)
    assert first is None
    assert peak < 2 * 2**20


def test_the_damaged_file_stays_as_it_is(kept: Path) -> None:
    cut(kept, 0.7)
    before = kept.read_bytes()

    with opened_rescue(kept) as source:
        found = list(source.run_ids())

    assert found
    assert kept.read_bytes() == before


def test_what_is_no_store_cannot_be_rescued(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("my notes" * 100)

    with pytest.raises(StoreError), opened_rescue(tmp_path / "x.db"):
        pass
    with pytest.raises(CallError, match="there is no trace store"), opened_rescue(tmp_path / "y"):
        pass
