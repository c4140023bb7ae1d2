"""Whole runs written into a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.errors import StoreError
from critique_loop.store.checking import check
from critique_loop.store.rows import opened_source
from critique_loop.store.writing import Fate, opened_target
from critique_loop.testing.stored_runs import kept_events, store_at
from tests.store.kept_runs import other, run
from tests.store.test_checking import change


@pytest.fixture
def one(tmp_path: Path) -> Path:
    return store_at(tmp_path / "one" / "traces.db", run("r1"))


def add(source: Path, target: Path, name: str = "") -> Fate:
    with opened_source(source) as runs, opened_target(target) as into:
        compared = into.compare(runs, "r1") if not name else None
        fate = into.add(runs, "r1", name=name)
    assert compared in {None, fate}
    return fate


def test_a_run_is_added_once(one: Path, tmp_path: Path) -> None:
    into = tmp_path / "into" / "traces.db"

    fates = [add(one, into), add(one, into)]

    assert fates == [Fate.ADDED, Fate.SAME]
    assert kept_events(into, "r1") == run("r1")


def test_a_clash_leaves_the_run_that_was_there(one: Path, tmp_path: Path) -> None:
    into = store_at(tmp_path / "into" / "traces.db", other("r1"))

    assert add(one, into) is Fate.CLASH
    assert kept_events(into, "r1") == other("r1")
    assert check(into).is_ok


def test_a_longer_run_stays_as_it_is(one: Path, tmp_path: Path) -> None:
    short = store_at(tmp_path / "short" / "traces.db", run("r1", steps=3))

    assert add(short, one) is Fate.SAME
    assert kept_events(one, "r1") == run("r1")


def test_another_name_makes_another_run(one: Path) -> None:
    assert add(one, one, "r9") is Fate.ADDED
    assert [event.body for event in kept_events(one, "r9")] == [event.body for event in run("r1")]


def test_what_an_earlier_version_wrote_is_compared_by_what_it_says(
    one: Path, tmp_path: Path
) -> None:
    into = store_at(tmp_path / "into" / "traces.db", run("r1"))
    # A field that was not there then.
    change(into, "UPDATE events SET body = json_remove(body, '$.candidates') WHERE seq = 2")

    assert add(one, into) is Fate.SAME


def test_a_run_that_breaks_off_in_the_source_is_not_begun_in_the_target(
    one: Path, tmp_path: Path
) -> None:
    change(one.with_name("traces.blobs.db"), "DELETE FROM blobs")
    into = tmp_path / "into" / "traces.db"

    with pytest.raises(Exception, match="no stored bytes"):
        add(one, into)

    assert kept_events(into, "r1") == []


def test_a_folder_that_cannot_be_made_is_an_error(one: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreError):
        add(one, tmp_path / "file" / "traces.db")
