"""Caps, balance and samples: how many stay, and that the draw is the same every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from critique_loop.curation.sampling import Balance, Cap, Sample
from critique_loop.errors import CallError
from critique_loop.values import Example, Provenance
from tests.curation.conftest import curated, example


def rows(number: int, *, kind: str = "chart", group: str = "g") -> list[Example]:
    return [
        example(f"x = {i}", where=Provenance(f"{kind}{i}", (1,), group=group, task_kind=kind))
        for i in range(number)
    ]


def test_a_cap_keeps_the_first_of_each_group() -> None:
    both = [*rows(5, group="a"), *rows(2, kind="code", group="b")]

    done = curated(Cap(3), both)

    assert done.kept == ["chart0", "chart1", "chart2", "code0", "code1"]
    assert done.why == {"more than enough of its group": 2}


def test_a_balance_thins_out_what_there_is_too_much_of() -> None:
    both = [*rows(300), *rows(50, kind="code")]

    done = curated(Balance(2.0), both)

    assert Counter(name.rstrip("0123456789") for name in done.kept) == {"chart": 100, "code": 50}
    assert done.why == {"not drawn from chart": 200}


def test_a_sample_has_exactly_as_many_rows_as_are_asked_for_in_their_order() -> None:
    for number in (1, 37, 399, 400):
        kept = curated(Sample(number), rows(400)).kept

        assert len(kept) == number
        assert kept == sorted(kept, key=lambda name: int(name[5:]))


def test_a_seed_draws_the_same_and_another_seed_others() -> None:
    first, again = (curated(Sample(100, seed=1), rows(1000)).kept for _ in range(2))
    other = curated(Sample(100, seed=2), rows(1000)).kept

    assert first == again
    assert 0 < len(set(first) & set(other)) < 40


def test_what_is_drawn_does_not_depend_on_the_order() -> None:
    ordered, reverse = rows(200), rows(200)[::-1]

    assert set(curated(Sample(20), ordered).kept) == set(curated(Sample(20), reverse).kept)


def test_few_or_no_rows_all_stay() -> None:
    assert len(curated(Sample(10), rows(3)).kept) == 3
    assert curated(Sample(10), []).kept == []
    assert curated(Balance(1.0), []).kept == []
    assert curated(Cap(1), []).kept == []


@pytest.mark.parametrize("step", [Cap, Balance, Sample])
@pytest.mark.parametrize("limit", [0, -1, 0.5, float("nan"), float("inf")])
def test_a_limit_that_leaves_nothing_or_says_nothing_is_refused(
    step: Callable[[float], object], limit: float
) -> None:
    with pytest.raises(CallError, match="is no limit"):
        step(limit)
