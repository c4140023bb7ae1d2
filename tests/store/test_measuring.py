"""Stores in numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.errors import CallError
from critique_loop.store.measuring import measure
from critique_loop.testing.stored_runs import store_at
from critique_loop.values import Call
from tests.store.kept_runs import BODIES, LARGE, label, run
from tests.store.test_checking import change


def test_everything_that_is_there_is_counted(tmp_path: Path) -> None:
    kept = store_at(tmp_path / "t.db", run("r1"), run("r2", steps=4), labels=[label("r1")])
    change(kept, "UPDATE processes SET process = 'other-boot 1 2 3' WHERE run_id = 'r2'")

    measured = measure(kept)

    assert (measured.runs, measured.states) == (2, {"ended": 1, "killed": 1})
    assert measured.stop_reasons == {"accepted": 1}
    assert measured.steps == len(BODIES) + 4
    assert measured.steps_by_kind["executed"] == 2
    assert (measured.labels, measured.replies) == (1, 0)
    assert (measured.large_blobs, measured.large_blobs_bytes) == (1, len(LARGE))
    assert measured.small_blobs > 2
    assert measured.pooled_savings > len(LARGE)
    assert (measured.oldest, measured.newest) == (1_700_000_000.0, 1_700_000_000.0)


def test_calls_of_unknown_price_are_told_apart(tmp_path: Path) -> None:
    events = run("r1", steps=2)
    call = events[1].body
    assert isinstance(call, Call)
    unpriced = replace(events[1], seq=2, body=replace(call, cost_usd=None))
    kept = store_at(tmp_path / "t.db", [*events, unpriced])

    measured = measure(kept)

    assert (measured.calls, measured.unpriced, measured.cost_usd) == (2, 1, 0.5)


def test_an_empty_store_has_no_times(tmp_path: Path) -> None:
    kept = store_at(tmp_path / "t.db", labels=[label("r1")])

    measured = measure(kept)

    assert (measured.runs, measured.oldest) == (0, None)


def test_no_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="there is no trace store"):
        measure(tmp_path / "none.db")
