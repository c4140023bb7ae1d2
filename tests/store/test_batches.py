"""The queue of a batch in the store."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store.batches import Batches, Counts, ItemState, NewItem, chunks
from critique_loop.store.leases import Leases


@pytest.fixture
def batches(tmp_path: Path) -> Generator[Batches]:
    with Batches(tmp_path / "traces.db") as batches:
        yield batches


def items(*numbers: int) -> list[NewItem]:
    return [NewItem(f"item{n}", n, f'{{"goal": "{n}"}}') for n in numbers]


def test_where_there_is_no_store_there_is_no_batch_and_none_is_made(tmp_path: Path) -> None:
    batches = Batches(tmp_path / "none.db")

    assert batches.newest("tasks.jsonl") is None
    with pytest.raises(CallError, match="no batch 'b1'"):
        batches.find("b1")
    assert list(tmp_path.iterdir()) == []


def test_the_newest_batch_of_a_source_is_the_one_that_goes_on(batches: Batches) -> None:
    batches.begin("b1", "tasks.jsonl", "{}")
    batches.begin("b2", "tasks.jsonl", "{}")
    batches.begin("b3", "other.jsonl", "{}")

    found = batches.newest("tasks.jsonl")

    assert found is not None
    assert found.id == "b2"


def test_an_item_is_there_once_however_often_it_is_added(batches: Batches) -> None:
    batch = batches.take(batches.begin("b1", "tasks.jsonl", "{}"))

    added = [batches.add(batch, items(1, 2)), batches.add(batch, items(2, 3, 3))]

    assert added == [2, 1]
    assert batches.counts(batch) == Counts(waiting=3)


def test_items_that_are_no_longer_listed_do_not_count_and_are_not_claimed(batches: Batches) -> None:
    first = batches.take(batches.begin("b1", "tasks.jsonl", "{}"))
    batches.add(first, items(1, 2))
    second = batches.take(first)
    batches.add(second, items(2, 3))

    leases = Leases(batches, second)
    leases.enter()

    assert [lease.item for lease in leases.claim(9)] == ["item2", "item3"]
    assert batches.counts(second) == Counts(leased=2)


def test_what_is_done_stays_done_when_it_is_listed_again_and_what_failed_waits(
    batches: Batches,
) -> None:
    first = batches.take(batches.begin("b1", "tasks.jsonl", "{}"))
    batches.add(first, items(1, 2))
    leases = Leases(batches, first)
    leases.enter()
    leases.claim(2)
    leases.complete("item1", '{"id": "1"}')
    leases.complete("item2", '{"id": "2"}', failed=True)

    second = batches.take(first)
    batches.add(second, items(1, 2))

    assert batches.counts(second) == Counts(waiting=1, done=1)
    assert [one.item for one in batches.finished(second, 0)] == ["item1"]


def test_what_finishes_is_numbered_in_its_order(batches: Batches) -> None:
    batch = batches.take(batches.begin("b1", "tasks.jsonl", "{}"))
    batches.add(batch, items(1, 2, 3))
    leases = Leases(batches, batch)
    leases.enter()
    leases.claim(3)
    for item in ("item3", "item1"):
        leases.complete(item, "{}")
    seen = batches.finished(batch, 0)
    leases.complete("item2", "{}", failed=True)

    later = batches.finished(batch, seen[-1].number)

    assert [one.item for one in seen] == ["item3", "item1"]
    assert [(one.item, one.state) for one in later] == [("item2", ItemState.FAILED)]
    assert batches.finished(batch, later[-1].number) == []


def test_what_all_loops_took_is_the_sum_of_their_results(batches: Batches) -> None:
    batch = batches.take(batches.begin("b1", "tasks.jsonl", "{}"))
    batches.add(batch, items(1, 2, 3))
    leases = Leases(batches, batch)
    leases.enter()
    leases.claim(3)
    leases.complete("item1", '{"calls": 2, "tokens": 100, "charged_usd": 0.25}')
    leases.release("item2", '{"calls": 1, "tokens": 10, "charged_usd": 0.5}')

    charged = batches.charged(batch)

    assert (charged.calls, charged.tokens, charged.usd) == (3, 110, 0.75)


def test_a_batch_that_a_living_process_runs_is_not_taken_by_another(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batches.take(batches.begin("b1", "tasks.jsonl", "{}"))
    monkeypatch.setattr("critique_loop.store.batches.this_process", lambda: "boot 1 99 7")
    monkeypatch.setattr("critique_loop.store.batches.is_alive", bool)

    with pytest.raises(CallError, match="is being run by process"):
        batches.take(batch)


def test_a_batch_whose_command_was_killed_or_has_left_can_be_taken(
    batches: Batches, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batches.take(batches.begin("b1", "tasks.jsonl", "{}"))
    batches.leave(batch)
    left = batches.take(batch)
    monkeypatch.setattr("critique_loop.store.batches.this_process", lambda: "boot 1 99 7")
    monkeypatch.setattr("critique_loop.store.batches.is_alive", str.isdigit)

    killed = batches.take(batch)

    assert (left.number, killed.number) == (2, 3)


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("not a database, but long enough to be read as one" * 20, encoding="utf-8")

    with Batches(path) as batches, pytest.raises(StoreError, match="not a trace store"):
        batches.begin("b1", "tasks.jsonl", "{}")


def test_a_read_only_store_says_so(tmp_path: Path) -> None:
    path = tmp_path / "traces.db"
    with Batches(path) as batches:
        batch = batches.take(batches.begin("b1", "tasks.jsonl", "{}"))
        batches._connection().execute("PRAGMA query_only = 1")  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- stands for a disk that went read-only

        with pytest.raises(StoreError, match="read-only"):
            batches.add(batch, items(1))


def test_chunks_hold_a_few_items_each_and_all_of_them() -> None:
    made = list(chunks(iter(items(1, 2, 3, 4, 5)), 2))

    assert [len(chunk) for chunk in made] == [2, 2, 1]
