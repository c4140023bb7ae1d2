"""From votes to a score: the middle one, and how sure it is."""

from __future__ import annotations

import pytest

from critique_loop.critics.votes import PanelRules, decided
from critique_loop.values import Dimension, Score

PLAIN = Dimension("plain", "?")
RULES = PanelRules(quorum=2)


def scores(**values: float | None) -> dict[str, Score]:
    return {
        name: Score("plain", value, 7.0, unscored="" if value is not None else "dropped")
        for name, value in values.items()
    }


def test_a_tie_over_the_pass_mark_does_not_pass() -> None:
    ballot = decided(PLAIN, scores(a=6.5, b=8.0), RULES, records={})

    assert ballot.score.value == 6.5
    assert not ballot.score.passed
    assert not ballot.is_split


@pytest.mark.parametrize(
    ("values", "confidence", "is_split"),
    [
        ({"a": 8.0, "b": 8.0}, 1.0, False),
        ({"a": 5.0, "b": 8.0}, 1.0, False),
        ({"a": 2.0, "b": 9.0}, 0.15, True),  # half are near 2, 7 apart
        ({"a": 8.0, "b": 8.0, "c": 3.0}, 0.3333, True),
        ({"a": 0.0, "b": 10.0}, 0.0, True),
    ],
)
def test_votes_that_are_apart_make_a_score_that_nobody_is_sure_of(
    values: dict[str, float], confidence: float, *, is_split: bool
) -> None:
    ballot = decided(PLAIN, scores(**values), RULES, records={})

    assert (ballot.score.confidence, ballot.is_split) == (confidence, is_split)


@pytest.mark.parametrize(
    ("bigger", "value", "confidence"),
    [(8.0, 8.0, 0.6667), (2.0, 2.0, 0.6667), (5.5, 5.5, 0.1), (None, 2.0, 0.15)],
)
def test_a_bigger_critic_settles_it_where_two_thirds_are_near_the_middle(
    bigger: float | None, value: float, confidence: float
) -> None:
    ballot = decided(PLAIN, scores(a=2.0, b=9.0, c=bigger), RULES, records={}, tie_breaker="c")

    assert (ballot.score.value, ballot.score.confidence) == (value, confidence)


def test_the_panel_is_no_surer_than_its_voters() -> None:
    given = {
        name: Score("plain", 8.0, 7.0, confidence=sure)
        for name, sure in {"a": 0.4, "b": 0.6, "c": None}.items()
    }

    assert decided(PLAIN, given, RULES, records={}).score.confidence == 0.5


def test_without_a_quorum_there_is_no_score_and_all_votes_are_told() -> None:
    ballot = decided(PLAIN, scores(a=10.0, b=None), RULES, records={"a": "kappa .6"})

    assert ballot.score.value is None
    assert ballot.score.unscored == "1 of 2 voters scored it, 2 are needed (b: dropped)"
    assert [(v.by, v.value, v.unscored, v.record) for v in ballot.score.votes] == [
        ("a", 10.0, "", "kappa .6"),
        ("b", None, "dropped", ""),
    ]


def test_the_words_are_those_of_the_voter_whose_score_counts() -> None:
    given = {
        "a": Score("plain", 3.0, 7.0, advice="shorten"),
        "b": Score("plain", 6.0, 7.0, evidence=("`x`",), advice="rename"),
        "c": Score("plain", 6.0, 7.0, advice="else"),
    }

    score = decided(PLAIN, given, RULES, records={}).score

    assert (score.value, score.evidence, score.advice) == (6.0, ("`x`",), "rename")
