"""What a command wants of a batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.batch.plan import BatchEnd, BatchReport, Plan, Width
from critique_loop.batch.progress import Tally
from critique_loop.batch.results import Result
from critique_loop.batch.running import worker_options
from critique_loop.batch.sandboxes import Room
from critique_loop.batch.sources import Given
from critique_loop.budget import Budget
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError
from critique_loop.ledger import Ledger
from critique_loop.store import SqliteStore
from critique_loop.values import Spend


@pytest.mark.parametrize("width", [{"live": 0}, {"sandboxes": 0}, {"workers": 0}])
def test_less_than_one_at_a_time_is_refused(width: dict[str, int]) -> None:
    with pytest.raises(CallError, match="is 0"):
        Width(**width)


def test_loops_that_wait_for_models_are_more_than_sandboxes() -> None:
    room = Room(running=4, open=8)

    assert Width().live_of_each(LoopSettings(), room) == 4
    assert Width().live_of_each(LoopSettings(model="m"), room) == 16
    assert Width(live=9, workers=2).live_of_each(LoopSettings(model="m"), room) == 4
    assert Width(sandboxes=6, workers=3).room().running == 2


def test_each_worker_gets_its_share_of_what_is_left(store: SqliteStore) -> None:
    budget = Budget(None, None, max_calls=10, max_tokens=1000, max_cost_usd=1.0)
    plan = Plan(Given(()), LoopSettings(), store, width=Width(4, 2, 2), budget=budget)
    ledger = Ledger(budget, spent=Spend(calls=4, tokens=200, charged_usd=0.5))

    options = worker_options(plan, LoopSettings(), ledger)

    given = dict(zip(options[::2], options[1::2], strict=True))
    assert given == {
        "--concurrency": "2",
        "--sandboxes": "1",
        "--total-calls": "3",
        "--total-tokens": "400",
        "--total-cost": "0.250000000",
    }


def test_the_record_counts_all_tasks() -> None:
    tally = Tally(4)
    tally.add(Result(accepted=True, stopped_because="accepted"), kept=True)
    tally.add(Result(stopped_because="stuck"))
    tally.add(Result(failed=True, message="no file"))
    failure = CallError("out of order")
    report = BatchReport("b1", "t.jsonl", tally.now(), BatchEnd.FAILED, failure=failure)

    record = report.record(Path("t.db"))

    assert [record[k] for k in ("total", "done", "failed", "waiting")] == [4, 2, 1, 1]
    assert (record["accepted"], record["done_before"]) == (1, 1)
    assert record["not_accepted"] == {"stuck": 1}
    assert record["failures"] == {"no file": 1}
    assert (record["ended"], record["problem"]) == ("failed", "out of order")
