"""Rounds judged anew: decisions, marks and gaps follow the new scores, what was asked does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Unpack, cast

import anyio
import pytest

from critique_loop.agreement.ratings import code_hash
from critique_loop.export import Exported, ExportOptions, Selection, export
from critique_loop.export.rescored import Scores, rescored_rounds
from critique_loop.export.traces import trace_of
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import RUBRIC, Turn, critique_of, keep, task_of
from critique_loop.values import DecisionKind, Label, Rubric, Shown, Started
from tests.export.rescoring_steps import OTHER, STRICT, rescore

Rows = Callable[[Path], list[dict[str, object]]]
Exporting = Callable[..., list[dict[str, object]]]
FIRST = Turn("print('first')\n", 5.0)
SECOND = Turn("print('second')\n", 8.5, kind=DecisionKind.REFINE)
THIRD = Turn("print('third')\n", 9.0)


@pytest.fixture
def exported(store: SqliteStore, tmp_path: Path, rows: Rows) -> Exporting:
    """Return a function: kind -> the rows of an export by the latest scores."""

    def make(kind: str, **options: Unpack[ExportOptions]) -> list[dict[str, object]]:
        wanted: ExportOptions = {"scores": ("latest",), **options}
        out = tmp_path / f"{kind}-{len(wanted['scores'])}.jsonl"
        export(store, kind=kind, out=out, **wanted)
        return rows(out)

    return make


def meta(row: dict[str, object]) -> dict[str, object]:
    return cast("dict[str, object]", row["meta"])


def answer(row: dict[str, object], column: str = "completion") -> str:
    return json.dumps(row[column])


def test_the_draft_that_the_new_scores_accept_is_the_right_one(
    store: SqliteStore, exported: Exporting
) -> None:
    keep(store, FIRST, SECOND, THIRD)
    rescore(store, "new", 3.0, 9.5, 4.0)

    (row,) = exported("sft")

    assert "second" in answer(row)
    assert (meta(row)["score"], meta(row)["accepted"], meta(row)["critic"]) == (
        9.5,
        True,
        "new critic",
    )
    assert str(meta(row)["rubric"]).startswith("strict@")


def test_where_they_accept_none_there_is_no_right_one(
    store: SqliteStore, exported: Exporting
) -> None:
    keep(store, FIRST, THIRD)
    rescore(store, "new", 3.0, 4.0)

    rows = exported("kto")

    assert [(row["label"], "first" in answer(row)) for row in rows] == [(False, True)]


def test_margins_and_gaps_are_those_of_the_new_scores(
    store: SqliteStore, exported: Exporting
) -> None:
    keep(store, FIRST, THIRD)
    rescore(store, "new", 8.5, 9.5)

    (row,) = exported("reward")

    assert row["margin"] == 1.0


@pytest.mark.parametrize(
    ("selection", "why"),
    [
        (Selection(min_score=9.6), "--min-score"),
        (Selection(min_gap=6.0), "--min-gap"),
        (Selection(rubric="short"), "--rubric"),
        (Selection(marks={"looks": 9.6}), "--dimension"),
    ],
    ids=["score", "gap", "rubric", "dimension"],
)
def test_filters_ask_the_new_scores(
    store: SqliteStore,
    exported: Exporting,
    selection: Selection,
    why: str,
) -> None:
    keep(store, FIRST, THIRD)
    keep(store, FIRST, replace(THIRD, code="print('fourth')\n"), run_id="other")
    rescore(store, "new", 5.0, 9.5)

    with pytest.raises(Exception, match=f"no row is left of 2 runs.*{why}"):
        exported("preference", selection=selection)


def test_a_trajectory_shows_the_critique_that_its_writer_saw(
    store: SqliteStore, exported: Exporting
) -> None:
    keep(store, FIRST, THIRD)
    (before,) = exported("trajectory", scores=())
    rescore(store, "new", 1.25, 9.5, rubric=replace(STRICT, dimensions=STRICT.dimensions[::-1]))

    (row,) = exported("trajectory")
    (conversation,) = exported("sft-messages")

    assert row["prompt"] == before["prompt"]
    assert meta(row)["score"] == 9.5
    assert "1.25" not in json.dumps([row["prompt"], conversation["messages"]])
    assert "title_missing" in json.dumps(conversation["messages"])


def test_a_critic_learns_the_new_rubric_and_the_new_marks(
    store: SqliteStore, exported: Exporting
) -> None:
    keep(store, FIRST, THIRD)
    rescore(store, "new", 2.0, 9.5, rubric=OTHER)

    (row,) = exported("critic-sft")

    assert "Is it true?" in json.dumps(row["prompt"])
    assert "Is it clear?" not in json.dumps(row["prompt"])
    assert '\\"score\\": 0' in answer(row)


def test_rounds_from_the_first_without_new_scores_are_left_out_and_counted(
    store: SqliteStore, tmp_path: Path
) -> None:
    keep(store, FIRST, SECOND, THIRD)
    rescore(store, "new", 5.0, 9.5)

    done: Exported = export(store, kind="sft", out=tmp_path / "a.jsonl", scores=["new"])

    assert [(line.step, line.why, line.number) for line in done.dropped] == [
        ("rounds", "--scores: has no new scores", 1)
    ]
    assert "second" in (tmp_path / "a.jsonl").read_text()


def test_a_run_that_was_not_scored_again_is_left_out_and_counted(
    store: SqliteStore, tmp_path: Path
) -> None:
    keep(store, FIRST, THIRD)
    keep(store, FIRST, THIRD, run_id="old")
    rescore(store, "new", 5.0, 9.5)

    done = export(store, kind="sft", out=tmp_path / "a.jsonl", scores=["new"])

    assert [(line.step, line.number) for line in done.dropped] == [("runs", 1)]
    assert done.rows == 1


def judged(
    store: SqliteStore, rubric: Rubric, *marks: float
) -> list[tuple[bool, str, float | None]]:
    """Return what counts of each round of the one run."""
    started = Started(replace(task_of(), rubric=rubric), "w", "new critic", "s", "0")
    critiques = {n: critique_of(rubric, mark, by="new critic") for n, mark in enumerate(marks, 1)}
    (run,) = store.scan()
    turns = rescored_rounds(run, Scores("new", started, critiques))
    return [(turn.accepted, turn.by, turn.score) for turn in turns]


def test_a_person_outranks_the_new_scores(store: SqliteStore) -> None:
    no = replace(FIRST, kind=DecisionKind.REFINE, by="person")
    yes = replace(THIRD, kind=DecisionKind.ACCEPT, by="person")
    keep(store, no, yes)

    assert judged(store, STRICT, 9.5, 3.0) == [(False, "person", 9.5), (True, "person", 3.0)]


def test_a_persons_marks_take_the_place_of_the_new_ones(store: SqliteStore) -> None:
    keep(store, FIRST, replace(SECOND, person=9.75))

    assert judged(store, STRICT, 3.0, 2.0) == [(False, "model", 3.0), (True, "person", 9.75)]


def test_a_persons_marks_are_held_against_the_new_rubric(store: SqliteStore) -> None:
    lax = replace(
        STRICT,
        dimensions=tuple(replace(d, pass_mark=4.0) for d in STRICT.dimensions),
        target=5.0,
    )
    by_marks = replace(FIRST, person=6.0, kind=DecisionKind.REFINE, by="person")
    in_spite_of_marks = replace(THIRD, person=9.5, kind=DecisionKind.REFINE, by="person")
    keep(store, by_marks, in_spite_of_marks)

    assert judged(store, lax, 3.0, 3.0) == [(True, "person", 6.0), (True, "person", 9.5)]


def test_a_persons_no_stands_beside_marks_on_a_part_of_the_rubric(store: SqliteStore) -> None:
    wider = replace(STRICT, dimensions=(*STRICT.dimensions, *OTHER.dimensions), target=5.0)
    keep(store, FIRST, replace(THIRD, person=9.5, kind=DecisionKind.REFINE, by="person"))

    assert judged(store, wider, 9.0, 9.0)[1][:2] == (False, "person")


def test_a_persons_marks_on_what_the_new_rubric_does_not_ask_count_for_nothing(
    store: SqliteStore,
) -> None:
    keep(store, FIRST, replace(SECOND, person=9.75))

    assert judged(store, OTHER, 3.0, 2.0) == [(False, "model", 3.0), (False, "model", 2.0)]


def test_a_label_given_later_counts_too(store: SqliteStore) -> None:
    keep(store, FIRST, THIRD)
    shown = Shown("run", 2, code_hash(THIRD.code))
    anyio.run(store.keep_label, Label("l1", shown, "looks", 2.0, "ada", 1.0))
    (run,) = store.scan()
    scores = Scores(
        "new",
        Started(replace(task_of(), rubric=STRICT), "w", "new critic", "s", "0"),
        {1: critique_of(STRICT, 5.0), 2: critique_of(STRICT, 9.5)},
    )
    trace = trace_of(run, scores=scores)

    assert [turn.accepted for turn in trace.turns] == [False, False]
    assert trace.turns[1].by == "person"
    assert trace.asked.rubric == RUBRIC
