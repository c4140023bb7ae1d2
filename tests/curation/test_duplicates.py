"""Duplicates by hash: what each step drops, and the look-alikes it keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from critique_loop.curation.duplicates import (
    Among,
    ExactDuplicates,
    MaskedDuplicates,
    ProgramDuplicates,
    masked,
)
from critique_loop.values import ExampleKind, Picture, Provenance, Step
from tests.curation.conftest import curated, example

SALES = 'data = read("sales.csv")\nax.bar(data["year"], data["sold"])\nax.set_ylim(0, 100)\n'
TASK = Provenance("r1", (1,), group="sales", task_sha256="t1")
OTHER_TASK = Provenance("r2", (1,), group="sales", task_sha256="t2")
OTHER_GROUP = Provenance("r3", (1,), group="cars", task_sha256="t3")


def test_the_same_prompt_and_answer_is_kept_once() -> None:
    done = curated(ExactDuplicates(), [example("x = 1"), example("x = 1", where="r2")])

    assert done.kept == ["r1"]
    assert done.why == {"prompt and answer of another": 1}


def test_the_same_answer_to_the_same_task_is_kept_once() -> None:
    later = example("x = 1", goal="draw it again", where=replace(TASK, run_id="later"))

    done = curated(ExactDuplicates(), [example("x = 1", where=TASK), later])

    assert done.kept == ["r1"]
    assert done.why == {"answer of another to the same task": 1}
    assert curated(ExactDuplicates(answers=False), [example("x = 1", where=TASK), later]).kept == [
        "r1",
        "later",
    ]


def test_the_same_answer_to_another_task_is_kept() -> None:
    rows = [example("x = 1", goal=where.group, where=where) for where in (TASK, OTHER_GROUP)]

    assert curated(ExactDuplicates(), rows).kept == ["r1", "r3"]


def test_whatever_else_a_row_says_makes_it_another() -> None:
    one = example("x = 1")
    picture = replace(one.prompt[1], pictures=(Picture(b"png"),))
    others = [
        replace(one, label=True),
        replace(one, label=False),
        replace(one, rejected="y = 2"),
        replace(one, context="the critique"),
        replace(one, kind=ExampleKind.KTO),
        replace(one, prompt=(one.prompt[0], picture)),
        replace(one, steps=(Step((), "x", right=True),)),
        replace(one, steps=(Step((), "x", right=False),)),
    ]

    assert len(curated(ExactDuplicates(), [one, *others, *others]).kept) == 9


def test_prompts_without_answers_are_compared_by_themselves() -> None:
    rows = [example(goal=goal, where=TASK) for goal in ("one", "other", "one")]

    assert len(curated(ExactDuplicates(), rows).kept) == 2


def test_a_pair_and_its_reverse_are_two() -> None:
    pair = replace(example(where=TASK), completion="good", rejected="bad")

    reverse = replace(pair, completion="bad", rejected="good")

    assert len(curated(ExactDuplicates(), [pair, reverse]).kept) == 2


@pytest.mark.parametrize(
    "other",
    [
        SALES.replace("100", "250"),
        SALES.replace("sales.csv", "shops.csv"),
        SALES.replace("\n", "\n\n").replace(", ", ",  "),
        SALES.replace('"year"', "'Jahr für Jahr'"),
    ],
    ids=["digits", "literal", "spaces", "quotes"],
)
def test_what_differs_in_digits_spaces_and_literals_is_masked(other: str) -> None:
    rows = [example(SALES, where=TASK), example(other, where=replace(TASK, run_id="other"))]

    done = curated(MaskedDuplicates(), rows)

    assert done.kept == ["r1"]
    assert done.why == {"another but for digits, spaces and literals": 1}


def test_masks_leave_names_questions_and_other_groups_alone() -> None:
    rows = [
        example(SALES, where=TASK),
        example(SALES.replace("bar", "plot"), where=OTHER_TASK),
        example(SALES, goal='draw "profit"', where=replace(TASK, run_id="question")),
        example(SALES, where=OTHER_GROUP),
    ]

    assert curated(MaskedDuplicates(), rows).kept == ["r1", "r2", "question", "r3"]
    assert curated(MaskedDuplicates(Among.ALL), rows).kept == ["r1", "r2", "question"]


def test_a_program_of_the_same_shape_is_dropped() -> None:
    other = SALES.replace("data", "table") + "# a remark\n"

    done = curated(ProgramDuplicates(), [example(SALES, where=TASK), example(other, where=TASK)])

    assert done.why == {"program of another but for names": 1}


@pytest.mark.parametrize("code", ["def broken(:", "", "# nothing"])
def test_what_has_no_shape_is_kept(code: str) -> None:
    rows = [example(code, where=TASK), example(code, where=replace(TASK, run_id="r2"))]

    assert curated(ProgramDuplicates(), rows).kept == ["r1", "r2"]


def test_constants_count_unless_they_are_masked() -> None:
    rows = [example(SALES, where=TASK), example(SALES.replace("100", "250"), where=OTHER_TASK)]

    assert curated(ProgramDuplicates(), rows).kept == ["r1", "r2"]
    assert curated(ProgramDuplicates(constants=False), rows).kept == ["r1"]
    assert curated(ProgramDuplicates(Among.TASK, constants=False), rows).kept == ["r1", "r2"]


def test_pairs_are_compared_by_both_programs() -> None:
    pair = replace(example(SALES, where=TASK), rejected_code="x = 1")

    rows = [pair, replace(pair, rejected_code="x = 2"), replace(pair, rejected_code="y = 2")]

    assert len(curated(ProgramDuplicates(), rows).kept) == 2


@pytest.mark.parametrize("part", ['\\"', "'", '"', "' \"", "1_", " "])
def test_a_huge_line_is_masked_quickly(part: str) -> None:
    huge = '"' + part * 5_000

    assert masked(huge) == masked(huge + " ")
