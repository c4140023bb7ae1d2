"""What the runs of items have taken, by their stored steps."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import anyio
import pytest

from critique_loop.checkpoint import Checkpoint
from critique_loop.store import SqliteStore
from critique_loop.store.batches import Batch, Batches, NewItem
from critique_loop.store.charges import Charged
from critique_loop.store.leases import MOST_DEATHS, Lease, Leases
from critique_loop.testing.stored_runs import kind_of
from critique_loop.values import Call, Draft, Ended, Event, EventBody, Spend, StopReason, Usage
from tests.store.kept_runs import run

PAID = Call("writer", "big", Usage(100, 20), cost_usd=0.5, requests=2)
STEPS = (
    PAID,
    Call("writer", "big", Usage(7, 7), cost_usd=0.0, from_cache=True),
    Call("critic", "big", Usage(1, None), charged_tokens=900, charged_usd=0.25),
    Draft("print(1)", "agent", cost_usd=0.125),
)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def batches(tmp_path: Path) -> Generator[Batches]:
    with Batches(tmp_path / "traces.db") as batches:
        yield batches


@pytest.fixture
def batch(batches: Batches) -> Batch:
    batch = batches.take(batches.begin("b1", "tasks.jsonl", "{}"))
    batches.add(batch, [NewItem("item0", 0, "{}")])
    return batch


def claimed(batches: Batches, batch: Batch, clock: Clock) -> tuple[Leases, Lease]:
    leases = Leases(batches, batch, clock=clock)
    leases.enter()
    (lease,) = leases.claim(1)
    return leases, lease


def steps_of(run_id: str, *bodies: EventBody) -> list[Event]:
    events = run(run_id, steps=1)
    for body in bodies:
        kind = kind_of(body)
        events.append(Event(run_id, len(events), kind, 1, 1_700_000_000.0, 0.5, body))
    return events


def keep(batches: Batches, *events: Event) -> None:
    async def append() -> None:
        with SqliteStore(batches.files.events.path) as store:
            for event in events:
                await store.append(event)

    anyio.run(append)


def dies(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_alive(process: str) -> bool:
        return not process

    monkeypatch.setattr("critique_loop.store.leases.is_alive", is_alive)


@pytest.mark.parametrize(
    "steps",
    [
        (),
        STEPS,
        (*STEPS, Ended(StopReason.INTERRUPTED, 0, Spend(0, 0, 9, 9999, None, charged_usd=2.0))),
    ],
)
def test_a_run_that_was_killed_has_taken_what_its_ledger_would_count(
    batches: Batches, batch: Batch, steps: tuple[EventBody, ...]
) -> None:
    _, lease = claimed(batches, batch, Clock())
    events = steps_of(lease.run_id, *steps)
    keep(batches, *events)

    charged = batches.charged(batch)

    spend = Checkpoint.of(lease.run_id, events).spend
    assert charged == Charged(spend.calls, spend.tokens, spend.counted_usd, spend.cost_usd)
    assert (charged.calls > 0) == bool(steps)


def test_what_was_noted_of_an_unfinished_item_counts_once(batches: Batches, batch: Batch) -> None:
    leases, lease = claimed(batches, batch, Clock())
    keep(batches, *steps_of(lease.run_id, PAID))
    leases.release("item0", '{"calls": 3, "tokens": 100, "charged_usd": 0.5}')

    assert batches.charged(batch) == Charged(3, 120, 0.5, 0.5)


def test_what_is_told_of_each_item_that_was_begun_is_all_that_unfinished_ones_took(
    batches: Batches, batch: Batch
) -> None:
    batches.add(batch, [NewItem("item1", 1, "{}")])
    before = batches.begun(batch)
    leases, lease = claimed(batches, batch, Clock())
    keep(batches, *steps_of(lease.run_id, PAID))

    begun = batches.begun(batch)
    whole = batches.charged(batch)
    leases.complete("item0", '{"calls": 2, "tokens": 120, "charged_usd": 0.5, "cost_usd": 0.5}')

    assert before == {}
    assert begun == {"item0": whole} == {"item0": Charged(2, 120, 0.5, 0.5)}
    assert batches.begun(batch) == {}


def test_an_item_that_failed_tells_what_its_run_took(batches: Batches, batch: Batch) -> None:
    leases, lease = claimed(batches, batch, Clock())
    keep(batches, *steps_of(lease.run_id, PAID))

    leases.complete("item0", '{"message": "no disk", "run": null, "calls": 0}', failed=True)

    (failed,) = batches.finished(batch, 0)
    result = json.loads(failed.result)
    assert (result["message"], result["run"]) == ("no disk", lease.run_id)
    assert (result["calls"], result["tokens"], result["cost_usd"]) == (2, 120, 0.5)
    assert batches.charged(batch) == Charged(2, 120, 0.5, 0.5)


def test_an_unknown_price_stays_unknown_in_an_item_that_failed(
    batches: Batches, batch: Batch
) -> None:
    leases, lease = claimed(batches, batch, Clock())
    keep(batches, *steps_of(lease.run_id, *STEPS))

    leases.complete("item0", "{}", failed=True)

    result = json.loads(batches.finished(batch, 0)[0].result)
    assert (result["cost_usd"], result["charged_usd"]) == (None, 0.875)
    assert batches.charged(batch).cost_usd is None


def test_an_item_that_failed_before_its_run_began_names_none(
    batches: Batches, batch: Batch
) -> None:
    leases, _ = claimed(batches, batch, Clock())

    leases.complete("item0", '{"message": "gone"}', failed=True)

    result = json.loads(batches.finished(batch, 0)[0].result)
    assert (result["run"], result["calls"], result["cost_usd"]) == (None, 0, 0.0)


def test_an_item_with_which_workers_died_tells_what_its_run_took(
    batches: Batches, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies(monkeypatch)
    clock = Clock()
    living = Leases(batches, batch, clock=clock)
    living.enter()
    _, lease = claimed(batches, batch, clock)
    keep(batches, *steps_of(lease.run_id, PAID))
    living.reap()
    for _ in range(MOST_DEATHS - 1):
        claimed(batches, batch, clock)
        living.reap()

    (failed,) = batches.finished(batch, 0)

    result = json.loads(failed.result)
    assert (result["run"], result["calls"], result["cost_usd"]) == (lease.run_id, 2, 0.5)
    assert "killed" in result["message"]
    assert batches.charged(batch) == Charged(2, 120, 0.5, 0.5)


def test_what_a_frozen_worker_paid_counts_beside_the_run_that_takes_its_place(
    batches: Batches, batch: Batch
) -> None:
    clock = Clock()
    for _ in range(2):
        _, lease = claimed(batches, batch, clock)
        keep(batches, *steps_of(lease.run_id, PAID))
        clock.now += 61
        living = Leases(batches, batch, clock=clock)
        living.enter()
        living.reap()
        living.leave()
    unfinished = batches.charged(batch)
    leases, lease = claimed(batches, batch, clock)
    keep(batches, *steps_of(lease.run_id, PAID))

    done = {"calls": 2, "tokens": 120, "charged_usd": 0.5, "cost_usd": 0.5, "score": None}
    leases.complete("item0", json.dumps(done))

    assert unfinished == Charged(4, 240, 1.0, 1.0)
    assert batches.charged(batch) == Charged(6, 360, 1.5, 1.5)
    result = json.loads(batches.finished(batch, 0)[0].result)
    assert result["earlier"] == {"calls": 4, "tokens": 240, "charged_usd": 1.0}
    assert result["calls"] == 2
