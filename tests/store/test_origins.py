"""Branches, rescorings and labels of runs whose ids are taken elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest

from critique_loop.rescoring.stored import rescorings
from critique_loop.store import SqliteStore
from critique_loop.store.importing import import_runs
from critique_loop.store.merging import merge
from critique_loop.store.origins import dependents, origins_first
from critique_loop.store.sealing import SealedForm, seal
from critique_loop.store.writing import Fate
from critique_loop.testing.stored_runs import Turn, events_of, keep_events
from critique_loop.values import (
    Event,
    EventKind,
    Label,
    Origin,
    Preference,
    Preferred,
    Shown,
    Started,
)

CODE = "0" * 64
TURNS = [Turn("print('A1')", 5.0), Turn("print('A2')", 9.0)]
SCORED = (EventKind.STARTED, EventKind.CRITIQUED, EventKind.ENDED)


def _kept(
    path: Path, runs: Sequence[Sequence[Event]], labels: Sequence[Label | Preference] = ()
) -> Path:
    async def say(store: SqliteStore) -> None:
        for label in labels:
            await store.keep_label(label)

    with SqliteStore(path) as store:
        for events in runs:
            keep_events(store, events)
        anyio.run(say, store)
    return path


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Return a store of a run, its branch, a branch of that, a rescoring of it, and labels."""
    scored = events_of(TURNS, run_id="scored", origin=Origin("r1", 2, rescored=True))
    steps = [event for event in scored if event.kind in SCORED]
    shown, lone = Shown("r1", 1, CODE), Shown("lone", 1, CODE)
    return _kept(
        tmp_path / "theirs" / "traces.db",
        (
            events_of(TURNS, run_id="r1"),
            events_of(TURNS, run_id="branch", origin=Origin("r1", 1)),
            events_of(TURNS, run_id="twig", origin=Origin("branch", 1)),
            [_numbered(event, seq) for seq, event in enumerate(steps)],
            events_of(TURNS, run_id="lone"),
        ),
        (
            Label("l1", shown, "looks", 9.0, "eve", 1.0),
            Preference("l2", lone, shown, "looks", Preferred.FIRST, "eve", 2.0),
            Label("l3", lone, "looks", 9.0, "eve", 3.0),
        ),
    )


def _numbered(event: Event, seq: int) -> Event:
    return Event(event.run_id, seq, event.kind, event.round, event.at, event.seconds, event.body)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return _kept(tmp_path / "traces.db", [events_of([Turn("print('B')", 6.0)], run_id="r1")])


def _origin(path: Path, run_id: str) -> str:
    async def read() -> str:
        async for event in SqliteStore(path).events(run_id):
            assert isinstance(event.body, Started)
            assert event.body.origin is not None
            return event.body.origin.run_id
        return ""

    return anyio.run(read)


def _labels(path: Path) -> dict[str, list[str]]:
    return {
        label.id: [each.run_id for each in _shown(label)]
        for label in anyio.run(SqliteStore(path).labels)
    }


def _shown(label: Label | Preference) -> tuple[Shown, ...]:
    return (label.shown,) if isinstance(label, Label) else (label.first, label.second)


def test_merging_leaves_out_and_names_what_comes_from_a_run_that_clashes(
    theirs: Path, here: Path
) -> None:
    merged = merge([theirs], here)[theirs]

    assert merged.clashes == ["r1"]
    assert sorted(merged.dependents) == ["branch", "scored", "twig"]
    assert (merged.fates[Fate.ADDED], merged.fates[Fate.CLASH]) == (1, 1)
    assert _labels(here) == {"l3": ["lone"]}
    assert anyio.run(rescorings, SqliteStore(here), "r1") == ()


def test_a_renamed_run_keeps_its_branches_rescorings_and_labels(
    theirs: Path, here: Path, tmp_path: Path
) -> None:
    sealed = seal(theirs, tmp_path / "sealed", form=SealedForm.JSONL).folder

    done = import_runs(sealed, here, rename=True)

    new = done.renamed["r1"]
    assert list(done.renamed) == ["r1"]
    assert [_origin(here, run) for run in ("branch", "scored", "twig")] == [new, new, "branch"]
    assert len(anyio.run(rescorings, SqliteStore(here), new)) == 1
    assert anyio.run(rescorings, SqliteStore(here), "r1") == ()
    assert _labels(here) == {"l1": [new], "l2": ["lone", new], "l3": ["lone"]}


def test_renaming_once_more_changes_nothing(theirs: Path, here: Path, tmp_path: Path) -> None:
    sealed = seal(theirs, tmp_path / "sealed").folder
    first = import_runs(sealed, here, rename=True)

    again = import_runs(sealed, here, rename=True)

    assert again.renamed == first.renamed
    assert set(again.fates.values()) == {Fate.SAME}
    assert again.labels == 0


def test_runs_that_come_from_each_other_are_no_endless_chain() -> None:
    found = {"a": "b", "b": "a", "c": "a"}

    assert sorted(origins_first(["c", "a", "b"], found)) == ["a", "b", "c"]
    assert sorted(dependents(["c", "a", "b"], found, ["b"])) == ["a", "c"]
