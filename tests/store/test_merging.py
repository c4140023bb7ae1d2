"""Stores brought together, and copied."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store import SqliteStore
from critique_loop.store.checking import check
from critique_loop.store.merging import copy, merge
from critique_loop.store.writing import Fate
from critique_loop.testing.stored_runs import kept_events, store_at
from critique_loop.values import Choice, Reply
from tests.store.kept_runs import label, other, run
from tests.store.test_checking import change, large_blob

KEY = "a" * 64


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return store_at(tmp_path / "one" / "traces.db", run("r1"), run("r2"), labels=[label("r1")])


@pytest.fixture
def two(tmp_path: Path) -> Path:
    runs = (other("r2"), run("r3"))
    return store_at(tmp_path / "two" / "traces.db", *runs, labels=[label("r3", "l2")])


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "all" / "traces.db"


def test_what_two_stores_have_is_in_the_third_and_a_clash_is_reported(
    one: Path, two: Path, into: Path
) -> None:
    done = merge((one, two), into)

    assert done[one].fates[Fate.ADDED] == 2
    assert done[two].fates[Fate.ADDED] == 1
    assert done[two].clashes == ["r2"]
    assert kept_events(into, "r2") == run("r2")
    assert kept_events(into, "r3") == run("r3")
    assert sorted(each.id for each in anyio.run(SqliteStore(into).labels)) == ["l1", "l2"]
    assert check(into).is_ok


def test_merging_once_more_changes_nothing(one: Path, two: Path, into: Path) -> None:
    merge((one, two), into)
    events = check(into).events

    done = merge((two, one), into)

    assert done[one].fates[Fate.SAME] == 2
    assert (done[one].labels, done[two].labels) == (0, 0)
    assert check(into).events == events


def test_the_stores_that_are_merged_are_as_they_were(one: Path, two: Path, into: Path) -> None:
    before = {file: file.read_bytes() for file in (one, two)}

    merge((one, two), into)

    assert {file: file.read_bytes() for file in before} == before


def test_a_run_is_carried_on_where_the_other_store_has_more(tmp_path: Path, one: Path) -> None:
    into = store_at(tmp_path / "short" / "traces.db", run("r1", steps=3))

    done = merge((one,), into)

    assert done[one].fates[Fate.EXTENDED] == 1
    assert kept_events(into, "r1") == run("r1")


def test_replies_of_models_go_along_once(one: Path, into: Path) -> None:
    async def remember() -> None:
        with SqliteStore(one) as store:
            await store.keep_reply(KEY, Reply((Choice("yes"),), "big"))

    anyio.run(remember)

    counts = [merge((one,), into)[one].replies for _ in range(2)]

    reply = anyio.run(SqliteStore(into).reply, KEY)
    assert counts == [1, 0]
    assert reply is not None
    assert reply.text == "yes"


def test_a_store_is_not_merged_into_itself(one: Path) -> None:
    with pytest.raises(CallError, match="into itself"):
        merge((one,), one.parent / ".." / "one" / "traces.db")


def test_a_store_that_is_missing_stops_it_before_anything_is_written(one: Path, into: Path) -> None:
    with pytest.raises(CallError, match="there is no trace store"):
        merge((one, one.with_name("none.db")), into)

    assert not into.exists()


def test_a_store_of_a_newer_version_is_refused(one: Path, two: Path) -> None:
    change(two, "PRAGMA user_version = 999")

    with pytest.raises(StoreError, match="newer version"):
        merge((one,), two)


def test_a_copy_holds_the_chosen_runs_alone(one: Path, into: Path) -> None:
    done = copy(one, into, runs=("r2",))

    assert done.fates[Fate.ADDED] == 1
    assert kept_events(into, "r2") == run("r2")
    assert kept_events(into, "r1") == []
    assert anyio.run(SqliteStore(into).labels) == []
    assert sorted(file.name for file in into.parent.iterdir()) == [
        "traces.blobs",
        "traces.blobs.db",
        "traces.db",
    ]


def test_nothing_is_copied_over_what_is_there(one: Path, two: Path) -> None:
    with pytest.raises(CallError, match="is there already"):
        copy(one, two)


def test_a_damaged_store_gives_no_copy_but_what_is_whole_can_be_rescued(
    one: Path, into: Path
) -> None:
    change(one, "DELETE FROM events WHERE run_id = 'r2' AND seq = 2")
    change(one, "UPDATE events SET body = '[]' WHERE run_id = 'r2' AND seq = 0")

    with pytest.raises(StoreError):
        copy(one, into)
    assert not into.parent.exists()

    done = copy(one, into, rescue=True)
    assert done.damaged == ["r2"]
    assert kept_events(into, "r1") == run("r1")
    assert check(into).is_ok


def test_a_missing_blob_costs_only_the_runs_that_name_it(tmp_path: Path, into: Path) -> None:
    kept = store_at(tmp_path / "k" / "traces.db", run("r1"), run("r2", steps=3))
    large_blob(kept).unlink()

    done = copy(kept, into, rescue=True)

    assert done.damaged == ["r1"]
    assert kept_events(into, "r2") == run("r2", steps=3)


@pytest.mark.parametrize("has_folder", [True, False])
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, one: Path, *, has_folder: bool) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))

    into = tmp_path / "all" / "further" / "traces.db"
    if has_folder:
        (tmp_path / "all").mkdir()
    code = (
        "import signal, sys\nfrom pathlib import Path\n"
        "from critique_loop.store.merging import copy\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "copy(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(one), str(into)],
        preexec_fn=small_files,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "StoreError" in done.stderr
    assert "the disk is full" in done.stderr
    assert not list(tmp_path.glob("all/*"))
    assert (tmp_path / "all").exists() is has_folder
