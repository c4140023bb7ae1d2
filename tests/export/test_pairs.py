"""Two drafts of a run: which are a pair, and whose word decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import anyio
import pytest

from critique_loop.agreement.ratings import code_hash
from critique_loop.export.making import Making
from critique_loop.export.selecting import Selection
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import RUBRIC, Turn, keep, task_of
from critique_loop.values import (
    DecisionKind,
    Example,
    Label,
    Origin,
    Preference,
    Preferred,
    Shown,
)

MakeExamples = Callable[..., list[Example]]
FAILED = Turn("print(1 / 0)\n", None)
BAD = Turn("print('bad')\n", 5.0)
MIDDLE = Turn("print('middle')\n", 6.0)
NEARLY = Turn("print('nearly')\n", 7.5)
GOOD = Turn("print('good')\n", 9.0)


def label(store: SqliteStore, *labels: Label | Preference) -> None:
    async def main() -> None:
        for one in labels:
            await store.keep_label(one)

    anyio.run(main)


def shown(run_id: str, number: int, turn: Turn) -> Shown:
    return Shown(run_id, number, code_hash(turn.code))


def marks(run_id: str, number: int, turn: Turn, value: float) -> list[Label]:
    return [
        Label(f"{run_id}{number}{name}", shown(run_id, number, turn), name, value, "ada", 1.0)
        for name in ("bugs", "looks")
    ]


def codes(found: Iterable[Example]) -> list[tuple[str, str]]:
    return [(example.code, example.rejected_code) for example in found]


def whys(making: Making) -> dict[str, int]:
    return {line.why: line.number for line in making.counts.dropped}


def test_the_first_and_the_last_failing_draft_stand_against_the_accepted_one(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, FAILED, BAD, MIDDLE, GOOD)

    found = examples("preference")

    assert codes(found) == [(GOOD.code, FAILED.code), (GOOD.code, MIDDLE.code)]


def test_a_pair_is_of_two_answers_to_the_task_alone(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, BAD, replace(GOOD, explanation="Changed: a title, as the critique asked"))

    (found,) = examples("preference")

    told = "\n".join(message.text for message in found.prompt)
    assert "Best program so far" not in told
    assert "add a title" not in told
    assert "Changed" not in found.completion + found.rejected
    assert found.completion.split("```")[0] == found.rejected.split("```")[0]


def test_a_margin_is_the_gap_of_the_scores(store: SqliteStore, examples: MakeExamples) -> None:
    keep(store, FAILED, MIDDLE, GOOD)

    assert [example.margin for example in examples("reward")] == [9.0, 3.0]


NO_PAIRS: dict[str, tuple[list[Turn], float, str]] = {
    "the scores tie": ([replace(BAD, mark=9.0, kind=DecisionKind.REFINE), GOOD], 0.0,
                       "it does not score higher than the other"),
    "the programs are the same": ([replace(BAD, code=GOOD.code), GOOD], 0.0,
                                  "both programs are the same"),
    "running shows no difference": (
        [replace(BAD, mark=8.5, kind=DecisionKind.REFINE, facts={"program": "x"}),
         replace(GOOD, facts={"program": "x"})], 0.0, "running them shows no difference"),
    "one is far longer": ([replace(BAD, code="x = 1\n" * 40), GOOD], 0.0,
                          "--max-length-ratio: one is over 3 times as long"),
    "the gap is small": ([MIDDLE, GOOD], 4.0,
                         "--min-gap: the scores are less than 4 apart"),
    "nothing was refined": ([GOOD], 0.0,
                            "the first draft was accepted: there is nothing to compare it with"),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_PAIRS)
def test_what_has_no_gradient_or_no_proof_is_no_pair(
    name: str, store: SqliteStore, examples: MakeExamples
) -> None:
    turns, min_gap, why = NO_PAIRS[name]
    keep(store, *turns)
    making = Making(selection=Selection(min_gap=min_gap))

    assert examples("preference", making) == []
    assert whys(making) == {why: 1}


def test_labels_of_a_person_turn_a_pair_round(store: SqliteStore, examples: MakeExamples) -> None:
    run = keep(store, MIDDLE, GOOD)
    label(store, *marks(run, 1, MIDDLE, 9.0), *marks(run, 2, GOOD, 2.0))
    making = Making()

    assert examples("preference", making) == []
    (single,) = examples("sft", making)
    assert single.code == MIDDLE.code
    assert single.provenance.scored_by == "person"


def preferring(
    run_id: str, first: Turn, which: Preferred, *, by: str = "ada", on: str = "looks"
) -> Preference:
    """Return what a person says of the first draft of a run, and of the good one after it."""
    shown_both = shown(run_id, 1, first), shown(run_id, 2, GOOD)
    return Preference(f"{by} {on} {which}", *shown_both, on, which, by, 1.0)


def test_a_person_who_prefers_the_other_draft_makes_the_pair(
    store: SqliteStore, examples: MakeExamples
) -> None:
    run = keep(store, NEARLY, GOOD)
    label(store, preferring(run, NEARLY, Preferred.FIRST))
    making = Making()

    (found,) = examples("reward", making)

    assert codes([found]) == [(NEARLY.code, GOOD.code)]
    assert found.provenance.scored_by == "person"
    assert found.margin == 0.0
    assert whys(making) == {"persons prefer the other draft": 1}
    assert [*examples("sft"), *examples("kto")] == []


@pytest.mark.parametrize("worse", [FAILED, MIDDLE])
def test_a_draft_that_fails_is_not_chosen_for_one_dimension_that_a_person_likes(
    worse: Turn, store: SqliteStore, examples: MakeExamples
) -> None:
    run = keep(store, worse, GOOD)
    label(store, preferring(run, worse, Preferred.FIRST))

    assert examples("preference") == []
    assert [example.code for example in examples("sft")] == [GOOD.code]
    assert [example.label for example in examples("kto")] == [True, False]


def test_each_person_has_one_vote_however_many_dimensions_were_compared(
    store: SqliteStore, examples: MakeExamples
) -> None:
    run = keep(store, NEARLY, GOOD)
    first, second = Preferred.FIRST, Preferred.SECOND
    label(
        store,
        *(preferring(run, NEARLY, first, on=name) for name in ("looks", "bugs", "colour")),
        *(preferring(run, NEARLY, second, by=name) for name in ("bea", "cy")),
        preferring(run, NEARLY, first, by="dee", on="looks"),
        preferring(run, NEARLY, second, by="dee", on="bugs"),
    )

    assert codes(examples("preference")) == [(GOOD.code, NEARLY.code)]


def test_a_persons_no_outranks_a_critics_score(store: SqliteStore, examples: MakeExamples) -> None:
    keep(store, replace(GOOD, kind=DecisionKind.REFINE, by="person"), replace(GOOD, code="x = 2\n"))

    (bad,) = [example for example in examples("kto") if example.label is False]

    assert bad.code == GOOD.code
    assert bad.provenance.scored_by == "person"


def test_a_branch_exports_only_what_is_its_own(store: SqliteStore, examples: MakeExamples) -> None:
    first = keep(store, BAD, GOOD, run_id="first")
    keep(store, BAD, GOOD, run_id="copy", origin=Origin(first, 2))
    keep(store, BAD, replace(GOOD, code="y = 3\n"), run_id="on", origin=Origin(first, 1))

    found = examples("preference")

    assert [example.provenance.run_id for example in found] == ["first", "on"]
    assert [example.provenance.run_id for example in examples("sft")] == ["first", "on"]


def test_kto_has_one_good_and_one_bad_answer_of_a_run(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, FAILED, BAD, GOOD)
    keep(store, BAD, run_id="never", task=task_of("another"))

    found = [(example.code, example.label) for example in examples("kto")]

    assert found == [(GOOD.code, True), (FAILED.code, False), (BAD.code, False)]


def test_kto_never_shows_one_program_as_good_and_bad(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, replace(FAILED, code="print(1)"), replace(GOOD, code="print(1)\n"))
    keep(store, replace(FAILED, code="x = 1"), BAD, replace(GOOD, code="x = 1\n"), run_id="other")
    making = Making()

    found = [(example.code, example.label) for example in examples("kto", making)]

    assert found == [("print(1)\n", True), ("x = 1\n", True), (BAD.code, False)]
    assert whys(making) == {"the bad draft is the same program as the good one": 1}


def test_a_task_is_verified_once_however_often_it_was_run(
    store: SqliteStore, examples: MakeExamples
) -> None:
    keep(store, GOOD, run_id="one")
    keep(store, BAD, GOOD, run_id="other")
    stricter = replace(task_of(), rubric=replace(RUBRIC, target=9.0))
    keep(store, GOOD, run_id="stricter", task=stricter)
    making = Making()

    found = examples("rlvr", making)

    assert [example.provenance.run_id for example in found] == ["one", "stricter"]
    assert whys(making) == {"another run is about the same task": 1}
