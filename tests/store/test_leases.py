"""Who works on which item: claimed once, finished once, given back by the dead."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from critique_loop.store.batches import Batch, Batches, Counts, ItemState, NewItem
from critique_loop.store.leases import MOST_DEATHS, LeaseLost, Leases

CLAIMING = Path(__file__).with_name("claiming.py")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def batches(tmp_path: Path) -> Generator[Batches]:
    with Batches(tmp_path / "traces.db") as batches:
        yield batches


@pytest.fixture
def batch(batches: Batches) -> Batch:
    return batches.take(batches.begin("b1", "tasks.jsonl", "{}"))


def add(batches: Batches, batch: Batch, number: int) -> None:
    batches.add(batch, [NewItem(f"item{n}", n, "{}") for n in range(number)])


def entered(batches: Batches, batch: Batch, clock: Clock) -> Leases:
    leases = Leases(batches, batch, lease_s=60.0, clock=clock)
    leases.enter()
    return leases


def as_other_process(monkeypatch: pytest.MonkeyPatch, *, alive: bool) -> None:
    def is_alive(process: str) -> bool:
        return alive and bool(process)

    monkeypatch.setattr("critique_loop.store.leases.is_alive", is_alive)


def test_no_item_is_claimed_twice(batches: Batches, batch: Batch, clock: Clock) -> None:
    add(batches, batch, 5)
    one, other = entered(batches, batch, clock), entered(batches, batch, clock)

    claimed = [*one.claim(2), *other.claim(2), *one.claim(2), *other.claim(2)]

    assert [lease.item for lease in claimed] == [f"item{n}" for n in range(5)]
    assert len({lease.run_id for lease in claimed}) == 5
    assert all(lease.is_fresh for lease in claimed)


def test_only_who_holds_an_item_may_finish_or_return_it(
    batches: Batches, batch: Batch, clock: Clock
) -> None:
    add(batches, batch, 1)
    one, other = entered(batches, batch, clock), entered(batches, batch, clock)
    one.claim(1)

    assert not other.complete("item0", "{}")
    assert not other.release("item0")
    assert one.complete("item0", "{}")
    assert not one.complete("item0", "{}")


def test_an_item_that_was_given_back_keeps_its_run(
    batches: Batches, batch: Batch, clock: Clock
) -> None:
    add(batches, batch, 1)
    one, other = entered(batches, batch, clock), entered(batches, batch, clock)
    (before,) = one.claim(1)
    one.release("item0")

    (after,) = other.claim(1)

    assert (after.run_id, after.is_fresh) == (before.run_id, False)


def test_what_a_dead_worker_had_goes_to_others_at_once_with_its_run(
    batches: Batches, batch: Batch, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(batches, batch, 1)
    dead, living = entered(batches, batch, clock), entered(batches, batch, clock)
    (before,) = dead.claim(1)
    as_other_process(monkeypatch, alive=False)

    gone = living.reap()

    (after,) = living.claim(1)
    assert gone == 1
    assert (after.run_id, after.is_fresh) == (before.run_id, False)
    assert living.complete("item0", "{}")


def test_a_frozen_worker_loses_what_it_had_after_its_lease_and_cannot_finish_it_later(
    batches: Batches, batch: Batch, clock: Clock
) -> None:
    add(batches, batch, 1)
    frozen, living = entered(batches, batch, clock), entered(batches, batch, clock)
    (before,) = frozen.claim(1)
    clock.now += 59
    early = living.reap()
    clock.now += 2
    living.heartbeat()

    late = living.reap()

    (after,) = living.claim(1)
    assert (early, late) == (0, 1)
    assert after.is_fresh  # the frozen one may wake up and write into its run
    assert after.run_id != before.run_id
    assert not frozen.complete("item0", "{}")
    with pytest.raises(LeaseLost):
        frozen.heartbeat()
    with pytest.raises(LeaseLost):
        frozen.claim(1)


def test_who_gives_signs_of_life_keeps_what_it_has(
    batches: Batches, batch: Batch, clock: Clock
) -> None:
    add(batches, batch, 1)
    busy, other = entered(batches, batch, clock), entered(batches, batch, clock)
    busy.claim(1)
    for _ in range(10):
        clock.now += 50
        busy.heartbeat()

    assert other.reap() == 0
    assert busy.complete("item0", "{}")


def test_a_change_of_the_date_ends_no_lease(
    batches: Batches, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(batches, batch, 1)
    one, other = Leases(batches, batch), Leases(batches, batch)
    one.enter()
    other.enter()
    one.claim(1)
    wall = time.time()
    monkeypatch.setattr(time, "time", lambda: wall + 10 * 365 * 86400)

    assert other.reap() == 0
    assert one.complete("item0", "{}")


def test_an_item_with_which_workers_die_again_and_again_has_failed(
    batches: Batches, batch: Batch, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(batches, batch, 2)
    as_other_process(monkeypatch, alive=False)
    living = entered(batches, batch, clock)
    for _ in range(MOST_DEATHS):
        entered(batches, batch, clock).claim(1)
        living.reap()

    (rest,) = living.claim(5)

    assert rest.item == "item1"
    (failed,) = batches.finished(batch, 0)
    assert (failed.item, failed.state) == ("item0", ItemState.FAILED)
    assert "killed, 3 times" in failed.result


def test_whoever_leaves_gives_all_back(batches: Batches, batch: Batch, clock: Clock) -> None:
    add(batches, batch, 3)
    leases = entered(batches, batch, clock)
    leases.claim(3)

    leases.leave()

    assert batches.counts(batch) == Counts(waiting=3)
    assert batches.leased(batch) == 0


@pytest.mark.slow
def test_four_processes_finish_each_of_two_thousand_items_exactly_once(
    batches: Batches, batch: Batch, tmp_path: Path
) -> None:
    add(batches, batch, 2000)
    logs = [tmp_path / f"{n}.log" for n in range(4)]

    started = [
        subprocess.Popen([sys.executable, CLAIMING, batches.files.events.path, "b1", log])
        for log in logs
    ]
    codes = [process.wait(timeout=120) for process in started]

    finished = Counter(line for log in logs for line in log.read_text().splitlines())
    assert codes == [0, 0, 0, 0]
    assert len(finished) == 2000
    assert set(finished.values()) == {1}
    assert batches.counts(batch) == Counts(done=2000)


@pytest.mark.slow
def test_a_killed_process_costs_no_more_than_what_it_had_claimed(
    batches: Batches, batch: Batch, tmp_path: Path, clock: Clock
) -> None:
    add(batches, batch, 60)
    killed_log, other_log = tmp_path / "killed.log", tmp_path / "other.log"
    command = [sys.executable, CLAIMING, batches.files.events.path, "b1"]
    killed = subprocess.run([*command, killed_log, "10"], timeout=60, check=False)
    held = batches.leased(batch)

    reaped = entered(batches, batch, clock).reap()
    subprocess.run([*command, other_log], timeout=60, check=True)

    finished = killed_log.read_text().splitlines() + other_log.read_text().splitlines()
    assert killed.returncode == -9
    assert held <= 7
    assert reaped == 1
    assert sorted(finished) == sorted(f"item{n}" for n in range(60))
