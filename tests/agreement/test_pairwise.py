"""Preferences: who is ranked how, and which critics see it alike."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest

from critique_loop.agreement.bootstrap import Resampling
from critique_loop.agreement.pairwise import latest_preferences, orderings, rank
from critique_loop.agreement.ratings import JudgedDraft, judged_drafts
from critique_loop.store import SqliteStore
from critique_loop.values import Label, Preference, Preferred

Keep = Callable[..., None]
Prefer = Callable[..., Preference]
QUICK = Resampling(100)


@pytest.fixture
def drafts(store: SqliteStore, keep_run: Keep) -> list[JudgedDraft]:
    keep_run("a", [(9.0, 5.0)], writer="big")
    keep_run("b", [(4.0, 5.0)], writer="small")
    keep_run("c", [(2.0, None)], writer="tiny")
    return anyio.run(judged_drafts, store)


def test_a_later_answer_about_the_same_two_supersedes_also_the_other_way_round(
    drafts: list[JudgedDraft], prefer: Prefer, label: Callable[..., Label]
) -> None:
    kept = [
        prefer("a", "b"),
        prefer("b", "a", Preferred.TIE),
        prefer("a", "b", by="ben"),
        prefer("b", "c"),
        prefer("b", "c", None),
        prefer("a", "elsewhere"),
        label("a", 1, 5.0),
    ]

    found = latest_preferences(kept, drafts)

    assert found == [kept[1], kept[2]]


def test_writers_are_ranked_by_their_drafts(drafts: list[JudgedDraft], prefer: Prefer) -> None:
    writers = {draft.shown: draft.writer for draft in drafts}
    said = [
        *(prefer("a", "b", by=f"p{n}") for n in range(3)),
        prefer("a", "b", Preferred.SECOND),
        *(prefer("b", "c", by=f"p{n}") for n in range(3)),
        prefer("b", "c", Preferred.SECOND),
        prefer("c", "a", Preferred.TIE),
    ]

    (ranking,) = rank(said, writers.__getitem__, resampling=QUICK)

    rows = [(s.name, s.wins, s.losses, s.ties) for s in ranking.standings]
    assert rows == [("big", 3, 1, 1), ("small", 4, 4, 0), ("tiny", 1, 3, 1)]
    scores = [s.score.value or 0.0 for s in ranking.standings]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(0)
    assert (ranking.dimension, ranking.n) == ("tone", 9)
    assert ranking.groups == (("big", "small", "tiny"),)


def test_what_was_never_compared_is_said(drafts: list[JudgedDraft], prefer: Prefer) -> None:
    said = [prefer("a", "b"), prefer("c", "d"), prefer("d", "c")]

    (ranking,) = rank(said, lambda shown: shown.run_id, resampling=QUICK)

    assert drafts
    assert ranking.groups == (("a", "b"), ("c", "d"))
    assert all(s.score.value is None for s in ranking.standings)


def test_two_drafts_of_one_writer_say_nothing_of_writers(prefer: Prefer) -> None:
    assert rank([prefer("a", "b")], lambda _: "the same", resampling=QUICK) == []


def test_critics_are_right_where_their_marks_order_as_persons_do(
    drafts: list[JudgedDraft], prefer: Prefer
) -> None:
    ratings = [rating for draft in drafts for rating in draft.ratings]
    said = [
        prefer("a", "b"),
        prefer("b", "a", by="ben"),
        prefer("c", "a", Preferred.SECOND),
        prefer("a", "b", Preferred.TIE, by="cleo"),
    ]

    found = {row.rater: row for row in orderings(said, ratings)}

    assert found.keys() == {"panel", "strict", "kind"}
    assert (found["strict"].n, found["strict"].accuracy.value) == (3, pytest.approx(2 / 3))
    assert (found["kind"].n, found["kind"].equal_marks) == (2, 2)
    assert found["kind"].accuracy.value == 0.5
    assert found["strict"].accuracy.low is not None
