"""Filters: each says what it leaves out."""

from __future__ import annotations

import pytest

from critique_loop.errors import CallError
from critique_loop.export.counting import Counts
from critique_loop.export.selecting import Selection
from critique_loop.export.traces import trace_of
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import Turn, keep

GOOD = Turn("print('good')\n", 9.0, model="small")


@pytest.mark.parametrize("mark", [-1.0, 11.0, float("nan")])
def test_what_is_no_mark_is_refused(mark: float) -> None:
    with pytest.raises(CallError, match="min_score"):
        Selection(min_score=mark)
    with pytest.raises(CallError, match="min_gap"):
        Selection(min_gap=mark)
    with pytest.raises(CallError, match="looks"):
        Selection(marks={"looks": mark})


LEFT_OUT = {
    "--model: was written by another model": Selection(model="big"),
    "--writer: was written by another writer": Selection(writer="person"),
    "--batch: is of no such batch": Selection(batch="night"),
    "--rubric: was judged by another rubric": Selection(rubric="short@0000"),
    "--max-cost: cost more, or nobody knows how much": Selection(max_cost_usd=1.0),
    "--since: began before": Selection(since=2e9),
    "--until: began later": Selection(until=0.0),
}


@pytest.mark.parametrize("why", LEFT_OUT)
def test_a_run_that_is_left_out_is_counted_with_the_filter(why: str, store: SqliteStore) -> None:
    keep(store, GOOD, cost_usd=None)
    (run,) = store.scan()
    counts = Counts()

    taken = LEFT_OUT[why].takes(trace_of(run), counts, rubric="short@1f0c")

    assert not taken
    assert [(line.step, line.why, line.number) for line in counts.dropped] == [("runs", why, 1)]


def test_a_rubric_is_named_by_its_name_or_also_by_the_beginning_of_its_hash(
    store: SqliteStore,
) -> None:
    keep(store, GOOD)
    (run,) = store.scan()
    trace = trace_of(run)

    taken = [
        Selection(rubric=name).takes(trace, Counts(), rubric="short@1f0c")
        for name in ("short", "short@1f", "short@2f", "long")
    ]

    assert taken == [True, True, False, False]
