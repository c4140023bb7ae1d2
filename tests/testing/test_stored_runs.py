"""Runs made of a few words, as they come to lie in a store."""

from __future__ import annotations

from pathlib import Path

import anyio
import store_runs

from critique_loop.store import SqliteStore
from critique_loop.store.rows import BODIES
from critique_loop.testing.stored_runs import (
    Turn,
    events_of,
    kept_events,
    kind_of,
    numbered,
    store_at,
)
from critique_loop.values import Draft, EventKind, Label, Shown


def test_every_body_has_the_kind_that_the_store_reads_it_as() -> None:
    drafted = kind_of(Draft("print(1)", "grammar"))

    assert drafted is EventKind.DRAFTED
    assert set(BODIES) == set(EventKind)


def test_steps_are_numbered_and_a_second_apart() -> None:
    steps = [(number, Draft(f"print({number})", "grammar")) for number in (1, 2, 2)]

    events = list(numbered("r1", steps, at=100.0, seconds=0.5))

    assert [(event.seq, event.round, event.at) for event in events] == [
        (0, 1, 100.0),
        (1, 2, 101.0),
        (2, 2, 102.0),
    ]
    assert {event.seconds for event in events} == {0.5}


def test_what_is_written_into_a_store_is_read_from_it(tmp_path: Path) -> None:
    short = events_of([Turn("print(1)", mark=3.0), Turn("print(2)")], run_id="short")
    measured = list(store_runs.events(4, pictures=True))
    label = Label("l1", Shown("short", 1, "0" * 64), "looks", 7.0, "ada", 1.0)

    path = store_at(tmp_path / "traces.db", short, measured, labels=[label])

    assert kept_events(path, "short") == short
    assert kept_events(path, store_runs.run_id(4)) == measured
    assert len(measured) == store_runs.STEPS
    with SqliteStore(path) as store:
        assert list(anyio.run(store.labels)) == [label]
