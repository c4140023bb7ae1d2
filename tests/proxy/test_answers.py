"""Whether an answer fits, and what marks make of a critique."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from critique_loop.errors import CallError
from critique_loop.proxy.answers import check, dimensions, rescored
from critique_loop.values import Answer, Question, Round, Task

FITTING = {
    "accept": Answer("accept"),
    "refine": Answer("refine", "bigger", applied=("plain",), skipped=("wrong",)),
    "refine without a word": Answer("refine"),
    "edit": Answer("edit", code="x = 1"),
    "rescore": Answer("rescore", scores={"right": 10, "neat": 0.0}),
    "stop": Answer("stop", "enough"),
}
UNFIT = {
    "no such choice": (Answer("run"), "'run' is no answer"),
    "nothing to edit to": (Answer("edit", code=" \n"), "whole program"),
    "nothing to rescore": (Answer("rescore"), "needs a mark"),
    "no such dimension": (Answer("rescore", scores={"beauty": 5.0}), "'beauty' is no dimension"),
    "too high": (Answer("rescore", scores={"right": 10.1}), "10.1 is no mark"),
    "too low": (Answer("rescore", scores={"right": -1}), "-1 is no mark"),
    "no number": (Answer("rescore", scores={"right": math.nan}), "nan is no mark"),
    "no such finding": (Answer("refine", applied=("other",)), "'other' is no finding"),
    "both": (Answer("refine", applied=("wrong",), skipped=("wrong",)), "both"),
}


@pytest.mark.parametrize("answer", FITTING.values(), ids=FITTING)
def test_what_was_offered_fits(question: Question, answer: Answer) -> None:
    check(question, answer)


@pytest.mark.parametrize(("answer", "said"), UNFIT.values(), ids=UNFIT)
def test_what_was_not_offered_is_refused_by_name(
    question: Question, answer: Answer, said: str
) -> None:
    with pytest.raises(CallError, match=said):
        check(question, answer)


def test_a_question_about_a_round_tells_its_dimensions(question: Question) -> None:
    assert dimensions(question) == ["right", "neat"]


def test_marks_replace_those_they_name_and_the_mean_is_taken_anew(
    task: Task, turn: Callable[..., Round]
) -> None:
    before = turn(1, 4.0, confidence=0.2).critique

    after = rescored(task.rubric, before, {"right": 9}, by="person")

    right, neat = after.scores
    assert (right.value, right.by, right.confidence, right.passed) == (9.0, "person", 1.0, True)
    assert (neat.value, neat.by, neat.confidence) == (4.0, "c", 0.2)
    assert (after.critic, after.overall) == ("person", 6.5)
    assert before.overall == 4.0


def test_a_mark_for_what_was_unscored_gives_the_critique_a_mean(
    task: Task, turn: Callable[..., Round]
) -> None:
    unscored = turn(1, None).critique

    half = rescored(task.rubric, unscored, {"right": 8}, by="person")
    whole = rescored(task.rubric, unscored, {"right": 8, "neat": 9}, by="person")

    assert half.overall is None
    assert whole.overall == 8.5
