"""How far a batch is."""

from __future__ import annotations

import pytest

from critique_loop.batch.progress import Tally
from critique_loop.batch.results import Result
from critique_loop.store.charges import Charged


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


GOOD = Result(accepted=True, stopped_because="accepted", calls=1, tokens=10, cost_usd=0.5)
BAD = Result(stopped_because="stuck", calls=1, tokens=5, cost_usd=0.25)


def test_what_finishes_is_counted() -> None:
    tally = Tally(10)
    for result in (GOOD, GOOD, BAD, Result(failed=True, message="no disk\nmore")):
        tally.add(result)
    tally.add(GOOD, kept=True)
    tally.running = 2

    now = tally.now()

    assert (now.done, now.accepted, now.failed, now.kept) == (4, 3, 1, 1)
    assert (now.running, now.waiting) == (2, 3)
    assert (now.calls, now.tokens, now.cost_usd) == (3, 25, 1.25)
    assert now.reasons == (("stuck", 1),)
    assert now.failures == (("no disk", 1),)
    assert not now.complete


def test_one_unknown_price_makes_the_sum_unknown() -> None:
    tally = Tally(2)

    tally.add(Result(cost_usd=None))
    tally.add(GOOD)

    assert tally.now().cost_usd is None
    assert tally.now().complete


def test_the_rest_is_told_by_the_pace_of_the_last_minutes() -> None:
    clock = Clock()
    tally = Tally(100, clock)
    before = tally.now()
    for _ in range(10):
        clock.now += 1
        tally.add(GOOD)

    now = tally.now()

    assert (before.per_second, before.left_s) == (0.0, None)
    assert now.per_second == pytest.approx(1.0)
    assert now.left_s == pytest.approx(90.0)


def test_what_was_done_before_says_nothing_of_the_pace() -> None:
    tally = Tally(100)

    tally.add(GOOD, kept=True)

    assert tally.now().per_second == 0.0
    assert tally.now().left_s is None


def test_what_was_taken_before_is_part_of_the_sum_and_counts_once() -> None:
    tally = Tally(3)
    tally.begin(Charged(calls=5, tokens=50, usd=2.0, cost_usd=2.0))

    tally.add(GOOD, kept=True)
    cut_off = Charged(calls=2, tokens=20, usd=0.5, cost_usd=0.5)
    tally.add(Result(calls=6, tokens=60, cost_usd=1.5, charged_usd=1.5), counted=cut_off)

    now = tally.now()
    assert (now.calls, now.tokens, now.cost_usd) == (9, 90, 3.0)
    assert (now.before.calls, tally.taken.usd) == (5, 3.0)


def test_a_price_that_was_unknown_before_stays_so() -> None:
    tally = Tally(2)
    tally.begin(Charged(calls=1, cost_usd=None))

    tally.add(GOOD)

    assert tally.now().cost_usd is None
