"""People's marks, from a file or from whoever is asked."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import anyio
import pytest

from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.person import AskMarks, PersonCritic
from critique_loop.errors import CallError
from critique_loop.protocols import Critic
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Execution,
    ExecutionStatus,
    Round,
    Rubric,
    Score,
    Scorer,
    Task,
    Vote,
)

PLAIN = Dimension("plain", "?")
TASTE = Dimension("taste", "?", scored_by=(Scorer.PERSON,))
TASK = Task("g", Rubric("r", (PLAIN, TASTE)))
DRAFT = Draft("x = 1\n", "w")
SHA256 = hashlib.sha256(b"x = 1\n").hexdigest()
RAN = Execution(ExecutionStatus.OK)
FIRST = Round(1, DRAFT, RAN, Critique("c", ()))


def review(
    critic: Critic, *, history: Sequence[Round] = (), execution: Execution = RAN
) -> Critique:
    async def main() -> Critique:
        return await critic.review(TASK, DRAFT, execution, history=history)

    return anyio.run(main)


def values(critique: Critique) -> list[float | None]:
    return [score.value for score in critique.scores]


def marks(place: Path, *entries: Mapping[str, object]) -> Path:
    path = place / "marks.json"
    path.write_text(json.dumps(entries))
    return path


JSON = '[{"dimension": "taste", "score": 8, "round": 1, "by": "Ada", "note": "calm"}]'
TOML = '[[marks]]\ndimension = "taste"\nscore = 8.0\nround = 1\nby = "Ada"\nnote = "calm"\n'
CSV = "dimension, score,round,by,note\r\ntaste,8,1,Ada,calm\r\n"


@pytest.mark.parametrize(("kind", "text"), [("json", JSON), ("toml", TOML), ("CSV", CSV)])
def test_a_file_of_any_kind_gives_the_same_scores(tmp_path: Path, kind: str, text: str) -> None:
    path = tmp_path / f"marks.{kind}"
    path.write_text(text, encoding="utf-8-sig", newline="")

    critique = review(PersonCritic(path))

    assert critique.scores == (
        Score("plain", None, 7.0, unscored="no person has scored it"),
        Score("taste", 8.0, 7.0, evidence=("calm",), by="Ada"),
    )
    assert critique.overall is None


def test_a_mark_belongs_to_its_round(tmp_path: Path) -> None:
    path = marks(
        tmp_path,
        {"dimension": "taste", "score": 3, "round": 1},
        {"dimension": "taste", "score": 9, "round": 2},
    )

    critic = PersonCritic(path)

    assert values(review(critic)) == [None, 3.0]
    assert values(review(critic, history=[FIRST])) == [None, 9.0]
    assert values(review(critic, history=[FIRST, replace(FIRST, number=2)])) == [None, None]


def test_a_mark_on_a_program_counts_in_any_round_and_more_than_one_on_a_round(
    tmp_path: Path,
) -> None:
    path = marks(
        tmp_path,
        {"dimension": "taste", "score": 9, "draft": SHA256[:8].upper()},
        {"dimension": "taste", "score": 3, "round": 1},
        {"dimension": "plain", "score": 3, "draft": "0" * 64},
    )

    assert values(review(PersonCritic(path))) == [None, 9.0]
    assert values(review(PersonCritic(path), history=[FIRST])) == [None, 9.0]


def test_marks_of_another_run_are_left_out(tmp_path: Path) -> None:
    path = marks(
        tmp_path,
        {"dimension": "taste", "score": 9, "round": 1, "run": "a"},
        {"dimension": "plain", "score": 9, "round": 1},
    )

    assert values(review(PersonCritic(path, run_id="a"))) == [9.0, 9.0]
    assert values(review(PersonCritic(path, run_id="b"))) == [9.0, None]


def test_of_several_people_the_middle_mark_counts_and_all_are_votes(tmp_path: Path) -> None:
    given = [("Ada", 9), ("Bo", 4), ("Cy", 8), ("Di", 5), ("Di", 6)]
    path = marks(
        tmp_path,
        *({"dimension": "taste", "score": s, "round": 1, "by": by} for by, s in given),
    )

    critique = review(PersonCritic(path))

    score = critique.scores[1]
    assert (score.value, score.spread, score.by) == (6.0, 5.0, "Ada, Bo, Cy, Di")
    assert score.votes == (Vote("Ada", 9), Vote("Bo", 4), Vote("Cy", 8), Vote("Di", 6))
    assert critique.spread == 5.0


def test_a_person_in_a_combination_closes_what_waited_for_one(tmp_path: Path) -> None:
    path = marks(tmp_path, {"dimension": "taste", "score": 9, "round": 1})

    waiting = review(CombinedCritic([MeasuredCritic()]))
    scored = review(CombinedCritic([MeasuredCritic(), PersonCritic(path)]))

    assert waiting.scores[1].unscored == "waits for a person"
    assert scored.scores[1].value == 9.0


def asking(said: object) -> tuple[AskMarks, list[str]]:
    asked: list[str] = []

    async def ask(
        task: Task, draft: Draft, execution: Execution, dimensions: Sequence[Dimension]
    ) -> Mapping[str, float | Score | None] | None:
        assert (task, draft, execution.status) == (TASK, DRAFT, ExecutionStatus.OK)
        asked.extend(dimension.name for dimension in dimensions)
        return cast("Mapping[str, float] | None", said)

    return ask, asked


def test_somebody_is_asked_for_what_only_people_may_score_unless_told_otherwise() -> None:
    ask, asked = asking({"taste": 7, "plain": 8})

    few = review(PersonCritic(ask))
    named = review(PersonCritic(ask, dimensions=["plain"]))

    assert asked == ["taste", "plain"]
    assert values(few) == [None, 7.0]
    assert values(named) == [8.0]


@pytest.mark.parametrize("said", [None, {}, {"taste": None}, {"taste": math.nan}, {"taste": "9"}])
def test_who_gives_no_mark_leaves_unscored(said: object) -> None:
    critique = review(PersonCritic(asking(said)[0]))

    assert values(critique) == [None, None]
    assert critique.scores[1].unscored


def test_nobody_is_asked_about_a_program_that_failed() -> None:
    ask, asked = asking({"taste": 7})

    review(PersonCritic(ask), execution=Execution(ExecutionStatus.ERROR))

    assert asked == []


def test_what_gives_no_marks_is_refused() -> None:
    with pytest.raises(CallError, match="gives no marks"):
        PersonCritic(cast("AskMarks", 7))
