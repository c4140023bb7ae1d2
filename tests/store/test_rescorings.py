"""Rescorings found in a store, with whether they came to their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.store import SqliteStore
from critique_loop.store.rescorings import critiques_of, rescoring_rows, start_of
from critique_loop.store.rows import opened_source
from critique_loop.testing.stored_runs import Turn, keep
from critique_loop.values import Origin, StopReason
from tests.export.rescoring_steps import OTHER, STRICT, rescore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with SqliteStore(tmp_path / "traces.db") as store:
        keep(store, Turn("print(1)", 5.0), Turn("print(2)", 9.0), run_id="r1")
        keep(store, Turn("print(3)", 9.0), run_id="branch", origin=Origin("r1", 1))
        rescore(store, "whole", 3.0, 9.5, run_id="r1")
        rescore(store, "cut", 4.0, run_id="r1", ended=None)
        rescore(store, "spent", None, run_id="branch", rubric=OTHER, ended=StopReason.COST)
    return tmp_path / "traces.db"


def test_rescorings_are_found_among_runs_and_branches_by_when_they_ended(path: Path) -> None:
    with opened_source(path) as source:
        found = list(rescoring_rows(source))

    assert [(row.id, row.run_id, row.is_finished) for row in found] == [
        ("cut", "r1", False),
        ("spent", "branch", False),
        ("whole", "r1", True),
    ]


def test_their_start_and_critiques_are_read(path: Path) -> None:
    with opened_source(path) as source:
        rubric = start_of(source, "whole").task.rubric
        critiques = critiques_of(source, "whole")
        unscored = critiques_of(source, "spent")

    assert rubric == STRICT
    assert {number: critique.overall for number, critique in critiques.items()} == {1: 3.0, 2: 9.5}
    assert unscored[1].overall is None
