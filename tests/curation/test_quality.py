"""Quality by what critics marked: dropped where it can be told, else nothing."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from critique_loop.curation.quality import Quality, area_under_curve
from critique_loop.values import Example, Provenance
from tests.curation.conftest import curated, example


def charts(number: int, *, told: bool, score: float | None = None) -> list[Example]:
    """Charts of which every other is poor; ``told`` says whether their words show it."""
    dice = random.Random(1)  # noqa: S311 - a draw, no secret
    found: list[Example] = []
    for place in range(number):
        poor = place % 2 == 1
        sign = "plt.show(rainbow)" if poor and told else "ax.set_title(title)"
        code = f"v{dice.randrange(9)} = read(w{dice.randrange(9)})\n{sign}"
        mark = score if score is not None else (3.0 if poor else 9.0)
        where = Provenance(f"{'poor' if poor else 'good'}{place}", (1,), group=f"g{place}")
        found.append(example(code, where=replace(where, score=mark)))
    return found


def test_what_looks_like_what_scored_low_is_dropped() -> None:
    done = curated(Quality(), charts(240, told=True))

    assert len(done.kept) == 120
    assert all(name.startswith("good") for name in done.kept)
    assert done.why == {"looks like what scored low": 120}
    assert "AUC 1.00" in done.tally.note


def test_rejected_programs_are_learned_from_with_their_own_scores() -> None:
    pairs = [
        replace(
            example(f"v{i} = 1\nax.set_title(title)"),
            rejected_code=f"v{i} = 2\nplt.show(rainbow)",
            provenance=Provenance(f"r{i}", (1,), group=f"g{i}", score=9.0, other_score=2.0),
        )
        for i in range(120)
    ]
    unknown = example("w = 3\nplt.show(rainbow)", where="unknown")

    done = curated(Quality(), [*pairs, unknown])

    assert len(done.kept) == 120
    assert "unknown" not in done.kept


def test_where_words_tell_nothing_nothing_is_dropped() -> None:
    done = curated(Quality(), charts(240, told=False))

    assert len(done.kept) == 240
    assert "nothing dropped: AUC" in done.tally.note


@pytest.mark.parametrize("score", [9.0, 1.0])
def test_with_one_sort_only_nothing_is_dropped(score: float) -> None:
    done = curated(Quality(), charts(60, told=True, score=score))

    assert len(done.kept) == 60
    assert "fewer than 20" in done.tally.note


def test_examples_without_programs_pass_and_no_rows_are_none() -> None:
    assert curated(Quality(), [*charts(240, told=True), example(prose="words")]).kept[-1] == "r1"
    assert curated(Quality(), []).kept == []


def test_the_area_is_that_of_pairs_won() -> None:
    assert area_under_curve([(0.1, False), (0.4, True), (0.3, False), (0.9, True)]) == 1
    assert area_under_curve([(0.5, False), (0.5, True)]) == 0.5
    assert area_under_curve([(0.9, False), (0.5, True), (0.1, False)]) == 0.5
