"""What became of an item, and whether that is the end of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from critique_loop.batch.results import Result, is_final, record_of, result_of
from critique_loop.errors import StoreError
from critique_loop.rubric import load
from critique_loop.store.batches import Finished, ItemState
from critique_loop.values import Outcome, Spend, StopReason, Task

OUTCOME = Outcome(
    run_id="r1",
    task=Task("revenue by region", load("charts")),
    rounds=(),
    best=None,
    stopped_because=StopReason.STUCK,
    spend=Spend(rounds=2, seconds=1.5, calls=3, tokens=70, cost_usd=None, charged_usd=0.25),
    message="no way",
)


def test_a_result_comes_back_as_it_was_kept() -> None:
    result = Result.of(OUTCOME, "mine")

    found = result_of(Finished(1, "key", 7, ItemState.DONE, result.text))

    assert found == result
    assert (found.cost_usd, found.charged_usd, found.tokens) == (None, 0.25, 70)


def test_a_line_of_the_outcomes_has_its_place_in_the_file_and_no_inner_marks() -> None:
    failed = Finished(1, "key", 7, ItemState.FAILED, Result(id="mine", message="gone").text)

    record = record_of(failed)

    assert (record["item"], record["line"], record["id"]) == ("key", 7, "mine")
    assert (record["stopped_because"], record["message"]) == ("failed", "gone")
    assert "failed" not in record


def test_an_item_whose_workers_died_is_named_by_its_key() -> None:
    died = Finished(1, "key", 7, ItemState.FAILED, '{"message": "killed", "run": "r1"}')

    assert (result_of(died).id, result_of(died).run) == ("key", "r1")


def test_a_result_that_is_none_is_told() -> None:
    with pytest.raises(StoreError, match="item key"):
        result_of(Finished(1, "key", 7, ItemState.DONE, "[]"))


@pytest.mark.parametrize(
    ("reason", "ended", "final"),
    [
        (StopReason.ACCEPTED, None, True),
        (StopReason.STUCK, StopReason.COST, True),
        (StopReason.ROUNDS, None, True),
        (StopReason.COST, None, True),
        (StopReason.COST, StopReason.COST, False),
        (StopReason.TOKENS, StopReason.COST, True),
        (StopReason.INTERRUPTED, None, False),
        (StopReason.MODEL_UNAVAILABLE, None, False),
        (StopReason.SANDBOX_UNAVAILABLE, None, False),
        (StopReason.PAUSED, None, False),
    ],
)
def test_what_was_cut_short_or_ended_by_the_budget_of_all_is_not_the_end(
    reason: StopReason, ended: StopReason | None, *, final: bool
) -> None:
    assert is_final(replace(OUTCOME, stopped_because=reason), ended) is final
