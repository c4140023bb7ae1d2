"""What is put before a person, in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import anyio
import pytest

from critique_loop.agreement.labelling import ToLabel, Who, to_prefer, to_score
from critique_loop.agreement.ratings import JudgedDraft, judged_drafts
from critique_loop.store import SqliteStore
from critique_loop.values import Label, Preference

Keep = Callable[..., None]
ADA = Who("ada")


@pytest.fixture
def drafts(store: SqliteStore, keep_run: Keep) -> list[JudgedDraft]:
    for run_id in "abcdef":
        keep_run(run_id, [(4.0, 5.0), (6.0, 7.0)], goal="one" if run_id < "d" else "two")
    return anyio.run(judged_drafts, store)


def ids(asked: Sequence[ToLabel]) -> list[tuple[str, int, str]]:
    return [(a.draft.shown.run_id, a.draft.shown.round, a.dimension.name) for a in asked]


def test_every_dimension_of_every_draft_is_asked_once_those_of_a_draft_together(
    drafts: list[JudgedDraft],
) -> None:
    asked = ids(to_score(drafts, [], ADA))

    assert len(set(asked)) == len(asked) == 24
    assert all(asked[n][:2] == asked[n + 1][:2] for n in range(0, 24, 2))


def test_the_order_is_the_persons_own_and_says_nothing_of_rounds(
    drafts: list[JudgedDraft],
) -> None:
    orders = [ids(to_score(drafts, [], who)) for who in (ADA, ADA, Who("ben"), Who("ada", 1))]

    assert orders[0] == orders[1]
    assert orders[0] not in (orders[2], orders[3], sorted(orders[0]))
    assert sorted(orders[0]) == sorted(orders[2]) == sorted(orders[3])
    assert orders[0] == ids(to_score(drafts[::-1], [], ADA))


def test_what_the_same_person_said_already_is_not_asked_again(
    drafts: list[JudgedDraft], label: Callable[..., Label]
) -> None:
    said = [label("a", 1, 5.0), label("a", 2, None), label("b", 1, 5.0, by="ben")]

    asked = ids(to_score(drafts, said, ADA, dimension="tone"))

    assert len(asked) == 10
    assert not {("a", 1, "tone"), ("a", 2, "tone")} & set(asked)
    assert ("b", 1, "tone") in asked


def test_equal_programs_for_the_same_task_are_asked_about_once(
    drafts: list[JudgedDraft],
) -> None:
    assert len(to_score([*drafts, *drafts], [], ADA)) == 24


def test_pairs_are_of_one_task_with_sides_by_chance(drafts: list[JudgedDraft]) -> None:
    asked = to_prefer(drafts, [], ADA, dimension="tone")

    pairs = {frozenset((a.draft.shown, a.other.shown)) for a in asked if a.other}
    assert len(asked) == len(pairs) == 2 * 15
    assert all(a.other is not None and a.draft.group == a.other.group for a in asked)
    turned = sum(a.other is not None and a.draft.shown.run_id > a.other.shown.run_id for a in asked)
    assert 0 < turned < 24


def test_a_pair_that_was_compared_is_not_asked_again_whichever_side(
    drafts: list[JudgedDraft], prefer: Callable[..., Preference]
) -> None:
    said = [prefer("a", "b"), prefer("c", "b"), prefer("a", "c", by="ben")]

    assert len(to_prefer(drafts, said, ADA, dimension="tone")) == 28
    assert len(to_prefer(drafts, said, ADA)) == 58
