"""Nothing passes on a number that is none, or by a pass mark that a critic brings along."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from critique_loop.critics.checking import each, may_score, scorer_of, sound
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.testing import ScriptedCritic
from critique_loop.values import Dimension, Score, Scorer

PLAIN = Dimension("plain", "?")
BOTH = (Scorer.MEASURED, Scorer.MODEL)


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(("said", "value"), [(7, 7.0), (0.5, 0.5), (True, 10.0), (False, 0.0)])
def test_a_mark_and_a_yes_or_no_are_scores(said: object, value: float) -> None:
    score = sound(said, PLAIN, by="me")

    assert (score.value, score.by, score.unscored) == (value, "me", "")


@pytest.mark.parametrize(
    "said",
    [math.nan, math.inf, -0.1, 10.1, 10**400, "9", "9/10", [9], {"score": 9}, object()],
    ids=lambda said: repr(said)[:20],
)
def test_what_is_no_mark_is_unscored_and_says_so(said: object) -> None:
    score = sound(said, PLAIN, by="me")

    assert score.value is None
    assert score.unscored.startswith("me gave ")
    assert len(score.unscored) < 150


def test_none_and_what_has_no_words_are_unscored() -> None:
    assert sound(None, PLAIN, by="me").unscored == "me gave no score"
    assert sound(Unspeakable(), PLAIN, by="me").unscored == (
        "me gave a Unspeakable, which is no mark"
    )


def test_a_score_passes_by_the_pass_mark_of_the_rubric_alone() -> None:
    cheap = Score("plain", 1.0, pass_mark=0.0, advice="none")

    score = sound(cheap, PLAIN, by="me")

    assert not score.passed
    assert (score.pass_mark, score.advice, score.by) == (7.0, "none", "me")


@pytest.mark.parametrize("value", [math.nan, 11.0, True, "10"])
def test_a_score_that_holds_no_mark_is_unscored(value: float) -> None:
    score = sound(replace(Score("plain", 1.0, 7.0), value=value), PLAIN, by="me")

    assert score.value is None
    assert "which is no mark" in score.unscored


@pytest.mark.parametrize(("said", "kept"), [(math.nan, None), (7.0, 1.0), (-1.0, 0.0), (0.5, 0.5)])
def test_a_confidence_is_from_0_to_1(said: float, kept: float | None) -> None:
    assert sound(Score("plain", 1.0, 7.0, confidence=said), PLAIN, by="me").confidence == kept


def test_a_dimension_that_is_scored_twice_and_not_alike_is_unscored() -> None:
    said = [Score("plain", 3.0, 7.0), Score("plain", 10.0, 7.0), Score("strange", 10.0, 7.0)]

    found = each(said, [PLAIN], by="me")

    assert list(found) == ["plain"]
    assert found["plain"].unscored == "me scored it twice, and not alike"


@pytest.mark.parametrize(
    ("scorer", "dimension", "may"),
    [
        (Scorer.MODEL, PLAIN, True),
        (Scorer.MEASURED, PLAIN, False),
        (Scorer.MODEL, replace(PLAIN, checks={"a": 1}), False),
        (Scorer.MODEL, replace(PLAIN, checks={"a": 1}, scored_by=BOTH), True),
        (Scorer.MODEL, replace(PLAIN, checks={"a": 1}, scored_by=BOTH, gate=True), False),
        (Scorer.MODEL, replace(PLAIN, scored_by=BOTH, gate=True), False),
        (Scorer.MEASURED, replace(PLAIN, scored_by=BOTH, gate=True), True),
        (Scorer.MODEL, replace(PLAIN, gate=True), True),
        (Scorer.MODEL, replace(PLAIN, scored_by=(Scorer.PERSON,)), False),
        (Scorer.PERSON, replace(PLAIN, checks={"a": 1}, gate=True), True),
    ],
)
def test_who_may_score_is_in_the_rubric_and_a_measured_gate_is_no_models(
    scorer: Scorer, dimension: Dimension, *, may: bool
) -> None:
    assert may_score(scorer, dimension) is may


def test_who_does_not_say_as_what_it_scores_counts_as_a_model() -> None:
    assert scorer_of(ScriptedCritic({})) is Scorer.MODEL
    assert scorer_of(MeasuredCritic()) is Scorer.MEASURED
