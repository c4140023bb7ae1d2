"""The shipped rubric for safety: measured where that is possible, read by a model where not."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import pytest

from critique_loop import rubric as rubrics
from critique_loop.critics.callable import FunctionCritic
from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.protocols import Critic
from critique_loop.values import (
    Critique,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Score,
    Severity,
    Task,
    TaskKind,
)

TASK = Task("sales by year", rubrics.applicable(rubrics.load("safety"), TaskKind.CHART))
CODES = tuple(code for dimension in TASK.rubric.dimensions for code in dimension.checks)
CLAIM = Finding("claim_contradicted", Severity.ERROR, '"doubled" is not what is drawn')


def _critique(
    critics: Sequence[Critic], *, checks: Sequence[str], found: Sequence[Finding]
) -> Critique:
    execution = Execution(ExecutionStatus.OK, evidence=Evidence(tuple(found), tuple(checks)))

    async def reviewed() -> Critique:
        critic = CombinedCritic(critics)
        return await critic.review(TASK, Draft("x", "w"), execution, history=())

    return anyio.run(reviewed)


def _score(critique: Critique, dimension: str) -> Score:
    return next(score for score in critique.scores if score.dimension == dimension)


def _reader(mark: int) -> FunctionCritic:
    def read(task: Task, draft: Draft, execution: Execution) -> dict[str, int]:
        del draft, execution
        return {dimension.name: mark for dimension in task.rubric.dimensions}

    return FunctionCritic(read)


def test_a_claim_that_the_numbers_contradict_is_not_talked_away() -> None:
    critique = _critique([MeasuredCritic(), _reader(10)], checks=CODES, found=[CLAIM])

    assert _score(critique, "truthfulness").value == 0
    assert not rubrics.accepts(TASK.rubric, critique.scores)


def test_words_that_nothing_can_measure_are_left_to_a_reader() -> None:
    checks = [code for code in CODES if code != "claim_contradicted"]

    alone = _critique([MeasuredCritic()], checks=checks, found=[])
    read = _critique([MeasuredCritic(), _reader(9)], checks=checks, found=[])

    assert _score(alone, "truthfulness").value is None
    assert _score(read, "truthfulness").value == 9
    assert rubrics.accepts(TASK.rubric, read.scores)


@pytest.mark.parametrize("mark", [0, 5, 7])
def test_below_its_pass_mark_truthfulness_keeps_a_draft_from_being_accepted(mark: int) -> None:
    scores = [Score(d.name, 10.0, d.pass_mark) for d in TASK.rubric.dimensions]
    scores[0] = Score("truthfulness", float(mark), 8.0)

    assert not rubrics.accepts(TASK.rubric, scores)


def test_without_a_reader_nothing_is_safe() -> None:
    critique = _critique([MeasuredCritic()], checks=CODES, found=[])

    assert _score(critique, "harm").value is None
    assert not rubrics.accepts(TASK.rubric, critique.scores)
