"""What is held to be right: labels, files, facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from critique_loop.agreement.ratings import JudgedDraft, Place, judged_drafts
from critique_loop.agreement.references import (
    Reference,
    Truth,
    from_csv,
    from_facts,
    from_labels,
)
from critique_loop.critics.marks import read_marks
from critique_loop.errors import DataError
from critique_loop.store import SqliteStore
from critique_loop.values import Label

Keep = Callable[..., None]
MakeLabel = Callable[..., Label]
TONE = Place("abc", 1, "tone")


@pytest.fixture
def drafts(store: SqliteStore, keep_run: Keep) -> list[JudgedDraft]:
    keep_run("abc", [(4.0, 5.0), (6.0, 7.0)])
    keep_run("abd", [(4.0, 5.0)])
    return anyio.run(judged_drafts, store)


def truth_of(facts: Mapping[str, object], name: str, store: SqliteStore, keep: Keep) -> Reference:
    keep("abc", [(4.0, 5.0)], facts=facts)
    return from_facts(name, anyio.run(judged_drafts, store))


def test_each_person_counts_once_with_what_was_said_last(
    drafts: list[JudgedDraft], label: MakeLabel
) -> None:
    labels = [
        label("abc", 1, 2.0),
        label("abc", 1, 8.0),
        label("abc", 1, 5.0, by="ben"),
        label("abc", 1, 6.0, by="cleo"),
    ]

    found = from_labels(labels, drafts)

    assert found.truths == {TONE: Truth((8.0, 5.0, 6.0))}
    assert found.truths[TONE].value == 6.0
    assert (found.truths[TONE].passes(7.0), found.truths[TONE].passes(6.0)) == (False, True)
    assert (found.name, found.notes) == ("persons", ())


def test_who_takes_a_mark_back_has_given_none(drafts: list[JudgedDraft], label: MakeLabel) -> None:
    assert from_labels([label("abc", 1, 2.0), label("abc", 1, None)], drafts).truths == {}


def test_a_label_of_a_program_that_was_replaced_does_not_count(
    drafts: list[JudgedDraft], label: MakeLabel
) -> None:
    old = label("abc", 1, 2.0)
    old = replace(old, shown=replace(old.shown, code="0" * 64))

    assert from_labels([old, label("elsewhere", 1, 3.0)], drafts).truths == {}


def test_labels_that_were_not_blind_are_counted_and_said(
    drafts: list[JudgedDraft], label: MakeLabel
) -> None:
    found = from_labels([label("abc", 1, 2.0, blind=False), label("abc", 2, 3.0)], drafts)

    assert found.notes == ("1 of 2 labels were given with findings in sight",)


@pytest.mark.parametrize(
    ("facts", "name", "truth"),
    [
        ({"tests_passed": 3, "tests_total": 4}, "tests_passed", Truth((7.5,), passed=False)),
        ({"tests_passed": 4, "tests_total": 4}, "tests_passed", Truth((10.0,), passed=True)),
        ({"right": True}, "right", Truth(passed=True)),
        ({"oracle": {"mark": 6}}, "oracle.mark", Truth((6.0,))),
    ],
)
def test_a_fact_is_a_pass_a_share_or_a_mark_for_every_dimension(
    facts: Mapping[str, object], name: str, truth: Truth, store: SqliteStore, keep_run: Keep
) -> None:
    found = truth_of(facts, name, store, keep_run)

    assert found.truths == {TONE: truth, Place("abc", 1, "right"): truth}
    assert found.name == name


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"x": "7"},
        {"x": float("nan")},
        {"x": 11},
        {"x": -1},
        {"x": 10**400},
        {"x": None},
        {"x_passed": 1},
        {"x": {"y": 1}},
    ],
)
def test_what_is_no_mark_says_nothing(
    facts: Mapping[str, object], store: SqliteStore, keep_run: Keep
) -> None:
    assert truth_of(facts, "x", store, keep_run).truths == {}


def test_a_file_names_runs_by_their_beginning_and_persons_by_name(
    drafts: list[JudgedDraft], tmp_path: Path
) -> None:
    path = tmp_path / "scores.csv"
    path.write_text(
        "\ufeffrun,round,dimension,value,by,why\n"
        "abc,1,tone,3,ada,\n"
        "abc,1,tone,4,ada,second thought\n"
        "abc,1,tone,8,ben,\n"
        "abc,2,tone,PASS,ada,\n"
        "abd,1,right,,ada,can't say\n"
        "ab,1,tone,1,ada,two runs\n"
        "zzz,1,tone,1,ada,no run\n",
        encoding="utf-8",
    )

    found = from_csv(path, drafts)

    assert found.truths == {TONE: Truth((4.0, 8.0)), Place("abc", 2, "tone"): Truth(passed=True)}
    assert found.notes == ("2 lines of scores.csv are about runs that are not looked at",)
    assert found.truths[TONE].value == 6.0
    assert Truth().passes(7.0) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("run,round,value\n", "no column 'dimension'"),
        ("", "no column 'run'"),
        ("run,round,dimension\n", "no column 'value'"),
        ("run,round,dimension,value\nabc,1,tone,11\n", "line 2: value: '11' is no mark"),
        ("run,round,dimension,value\nabc,1,tone,nan\n", "line 2: value: 'nan' is no mark"),
        ("run,round,dimension,value\nabc,1,tone,good\n", "line 2: value: 'good' is no mark"),
        ("run,round,dimension,value\nabc,one,tone,1\n", "line 2: round: 'one'"),
        ('run,round,dimension,value\nabc,1,tone,"1"x\n', "no CSV file"),
        ("run,round,dimension,value\nabc,1,t\udcff,1\n", "no CSV file in UTF-8"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(DataError) as caught:
        from_csv(path, [])

    assert problem in caught.value.problem
    assert str(path) in caught.value.problem


def test_a_file_of_marks_for_a_critic_is_understood_too(
    drafts: list[JudgedDraft], tmp_path: Path
) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("dimension,score,round,run,by,note\ntone,6.5,1,abc,ada,so so\n")

    assert [mark.score for mark in read_marks(path)] == [6.5]
    assert from_csv(path, drafts).truths == {TONE: Truth((6.5,))}


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        from_csv(tmp_path / "none.csv", [])
