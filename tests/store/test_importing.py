"""Runs from elsewhere: sealed folders and JSON lines brought into a store."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from critique_loop.errors import CallError
from critique_loop.store import SqliteStore
from critique_loop.store.importing import import_runs
from critique_loop.store.sealing import SealedForm, seal
from critique_loop.store.writing import Fate
from critique_loop.values import Event, Label, Shown
from tests.store.conftest import MakeRun

pytestmark = pytest.mark.anyio
FORMS = tuple(SealedForm)
ONE = "7f3a-1"
TWO = "7f3a-2"
LABEL = Label("l1", Shown(ONE, 1, "0" * 64), "aesthetics", 7.0, "ada", 1_700_000_100.0)


@pytest.fixture
async def filled(store: SqliteStore, make_run: MakeRun) -> SqliteStore:
    for run_id in (ONE, TWO):
        for event in make_run(run_id):
            await store.append(event)
    await store.keep_label(LABEL)
    return store


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "elsewhere" / "traces.db") as opened:
        yield opened


async def events_of(store: SqliteStore, run_id: str) -> list[Event]:
    return [event async for event in store.events(run_id)]


@pytest.mark.parametrize("form", FORMS)
async def test_what_was_sealed_comes_back_as_it_was(
    filled: SqliteStore, elsewhere: SqliteStore, tmp_path: Path, form: SealedForm
) -> None:
    seal(filled.path, tmp_path / "sealed", form=form)

    done = import_runs(tmp_path / "sealed", elsewhere.path)

    assert done.fates == {ONE: Fate.ADDED, TWO: Fate.ADDED}
    assert await events_of(elsewhere, ONE) == await events_of(filled, ONE)
    assert await elsewhere.runs() == await filled.runs()
    assert await elsewhere.labels() == [LABEL]
