"""Who scored what in stored runs."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest

from critique_loop.agreement.ratings import Place, Rating, code_hash, judged_drafts, rubric_hash
from critique_loop.errors import CallError
from critique_loop.store import SqliteStore
from critique_loop.values import Dimension, Rubric

Keep = Callable[..., None]


def test_the_panel_its_voters_and_what_was_measured_are_raters_of_their_own(
    store: SqliteStore, keep_run: Keep
) -> None:
    keep_run("a", [(4.0, None)], facts={"n": 1}, writer="model-1")

    (draft,) = anyio.run(judged_drafts, store)

    tone = Place("a", 1, "tone")
    assert draft.ratings == (
        Rating(tone, "panel", 4.0, 7.0, 0.8),
        Rating(tone, "strict", 4.0, 7.0),
        Rating(tone, "kind", None, 7.0),
        Rating(Place("a", 1, "right"), "measured", 10.0, 7.0),
    )
    assert (draft.facts, draft.writer) == ({"n": 1}, "model-1")
    assert (draft.pass_mark("tone"), draft.pass_mark("no such")) == (7.0, None)


def test_a_person_who_overruled_in_the_loop_is_a_rater_beside_the_critics(
    store: SqliteStore, keep_run: Keep
) -> None:
    keep_run("a", [(4.0, 4.0)], overruled=9.0)

    (draft,) = anyio.run(judged_drafts, store)

    values = {(r.by, r.place.dimension): r.value for r in draft.ratings}
    assert values["panel", "tone"] == 4.0
    assert values["person", "tone"] == 9.0
    assert ("person", "right") not in values


def test_all_runs_are_read_oldest_first_and_named_ones_in_their_order(
    store: SqliteStore, keep_run: Keep
) -> None:
    for run_id in ("a", "b"):
        keep_run(run_id, [(4.0, 5.0), (6.0, 7.0)])

    everything = anyio.run(judged_drafts, store)
    named = anyio.run(judged_drafts, store, ["b"])

    assert [(d.shown.run_id, d.shown.round) for d in named] == [("b", 1), ("b", 2)]
    assert len(everything) == 4
    assert {d.group for d in everything} == {named[0].group}


def test_drafts_for_another_goal_are_another_group(store: SqliteStore, keep_run: Keep) -> None:
    keep_run("a", [(4.0, 5.0)])
    keep_run("b", [(4.0, 5.0)], goal="another")

    one, two = anyio.run(judged_drafts, store)

    assert one.group != two.group
    assert one.rubric == two.rubric


def test_a_run_that_is_not_there_is_an_error_and_no_run_is_nothing(store: SqliteStore) -> None:
    assert anyio.run(judged_drafts, store) == []
    with pytest.raises(CallError, match="no run"):
        anyio.run(judged_drafts, store, ["x"])


def test_hashes_tell_programs_and_rubrics_apart() -> None:
    one, two = (Rubric("r", (Dimension("tone", question),)) for question in ("?", "??"))

    assert code_hash("x = 1") == code_hash("x = 1") != code_hash("x = 2\udc80")
    assert rubric_hash(one) == rubric_hash(one) != rubric_hash(two)
