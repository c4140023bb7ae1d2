"""How marks are spread."""

from __future__ import annotations

from critique_loop.report.distributions import histogram, spread


def test_marks_fall_into_bins_and_ten_into_the_last() -> None:
    bins = histogram([(0.0, False), (0.49, True), (0.5, True), (10.0, True)])

    assert len(bins) == 20
    assert [(bins[n].accepted, bins[n].others) for n in (0, 1, 19)] == [(1, 1), (1, 0), (1, 0)]
    assert sum(one.total for one in bins) == 4


def test_marks_out_of_range_count_as_the_nearest_in_it() -> None:
    bins = histogram([(-3.0, False), (12.0, False)])

    assert (bins[0].others, bins[-1].others) == (1, 1)


def test_a_spread_tells_mean_median_and_what_is_missing() -> None:
    found = spread("right", [(4.0, False), (8.0, True), (9.0, True), (None, False)])

    assert (found.scored, found.unscored, found.passed) == (3, 1, 2)
    assert (found.mean, found.median) == (7.0, 8.0)


def test_a_dimension_that_nobody_scored_has_no_mean() -> None:
    found = spread("right", [(None, False)])

    assert (found.mean, found.median, found.scored) == (None, None, 0)
