"""A model writer and a model critic in the loop: what they are told, and what ends a run."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from critique_loop import rubric as rubrics
from critique_loop.budget import Budget
from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.model import ModelCritic
from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.loop import Loop
from critique_loop.protocols import Critic, Model
from critique_loop.proxy import UserProxy
from critique_loop.testing import MemoryStore, ScriptedExecutor, ScriptedModel
from critique_loop.values import (
    Call,
    DecisionKind,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Severity,
    StopReason,
    Task,
    Usage,
)
from critique_loop.writers.model import ModelWriter

RUBRIC = rubrics.load("charts-judged")
TASK = Task("pay by who", RUBRIC)
CHECKS = tuple(code for d in RUBRIC.dimensions for code in d.checks if code != "run_error")
BAD, GOOD, BETTER, OTHER = (f"import os\nx = {number}\n" for number in range(4))
PLAIN = Finding("ticks_overlap", Severity.WARNING, "14 of 18", advice="Turn the chart.")
EXECUTIONS = {
    BAD: Execution(ExecutionStatus.OK, evidence=Evidence(findings=(PLAIN,), checks=CHECKS)),
    GOOD: Execution(ExecutionStatus.OK, evidence=Evidence(checks=CHECKS)),
    BETTER: Execution(ExecutionStatus.OK, evidence=Evidence(checks=CHECKS)),
    OTHER: Execution(ExecutionStatus.ERROR, stderr="KeyError: 'pay'\n"),
}


def reply(code: str) -> str:
    return f"So:\n```python\n{code}```\n"


def verdict(score: int) -> str:
    said = {"evidence": "`import os`", "advice": "Sort.", "score": score}
    return json.dumps({"answer": said, "message": said})


def loop(
    writer: Model, critic: Model, *, candidates: int = 1, budget: Budget | None = None
) -> Loop:
    critics: list[Critic] = [MeasuredCritic(), ModelCritic(critic)]
    return Loop(
        writer=ModelWriter(writer, candidates=candidates),
        executor=ScriptedExecutor(EXECUTIONS),
        critic=CombinedCritic(critics),
        proxy=UserProxy(budget=budget),
        store=MemoryStore(),
    )


def calls(found: Loop) -> Mapping[str, int]:
    assert isinstance(found.store, MemoryStore)
    bodies = [event.body for event in found.store.kept]
    roles = [body.role for body in bodies if isinstance(body, Call)]
    return {role: roles.count(role) for role in ("writer", "critic")}


def test_a_chart_is_refined_by_what_was_measured_and_judged_until_it_is_accepted() -> None:
    writer = ScriptedModel([reply(BAD), reply(GOOD), reply(BETTER)])
    critic = ScriptedModel([verdict(5), verdict(5), verdict(8)])
    found = loop(writer, critic)

    outcome = found.run_sync(TASK)

    assert outcome.accepted
    assert [turn.code for turn in outcome.rounds] == [BAD, GOOD, BETTER]
    first, second = (request.messages[1].text for request in writer.asked[1:])
    assert "Turn the chart." in first
    assert "Sort." not in first  # what is only judged waits until what was measured is mended
    assert "warning judged_answer: `import os` -> Sort." in second
    assert calls(found) == {"writer": 3, "critic": 3}


def test_candidates_are_run_one_after_the_other_until_one_is_accepted() -> None:
    writer = ScriptedModel([reply(OTHER), reply(GOOD), reply(BAD)])
    found = loop(writer, ScriptedModel([verdict(8)]), candidates=3)

    outcome = found.run_sync(TASK)

    assert outcome.accepted
    assert [turn.decision.kind for turn in outcome.rounds] == [
        DecisionKind.COMPARE,
        DecisionKind.ACCEPT,
    ]
    assert calls(found) == {"writer": 3, "critic": 1}


def test_a_model_without_a_program_ends_the_run_with_its_reason() -> None:
    outcome = loop(ScriptedModel(["No.", "No."]), ScriptedModel([])).run_sync(TASK)

    assert outcome.stopped_because is StopReason.WRITER_GAVE_UP
    assert "answered twice without a complete program" in outcome.message


@pytest.mark.parametrize("broken", ["writer", "critic"])
def test_a_server_out_of_reach_ends_the_run_and_keeps_what_there_is(broken: str) -> None:
    down = ScriptedModel([ModelError(ModelErrorKind.CONNECTION, "refused")])
    writer = down if broken == "writer" else ScriptedModel([reply(BAD)])
    critic = down if broken == "critic" else ScriptedModel([])

    outcome = loop(writer, critic).run_sync(TASK)

    assert outcome.stopped_because is StopReason.MODEL_UNAVAILABLE
    assert "refused" in outcome.message


def test_a_critic_whose_answers_are_of_no_use_keeps_a_draft_from_being_accepted() -> None:
    bad = ModelError(ModelErrorKind.BAD_JSON, "no JSON")
    critic = ScriptedModel([bad, bad])

    outcome = loop(
        ScriptedModel([reply(GOOD), reply(GOOD)]), critic, budget=Budget(max_rounds=2)
    ).run_sync(TASK)

    assert not outcome.accepted
    assert outcome.critique is not None
    assert outcome.critique.overall is None
    assert {s.value for s in outcome.critique.scores if s.by != "measured"} == {None}


def test_the_budget_ends_the_run_before_the_call_that_could_go_over_it() -> None:
    writer = ScriptedModel([reply(BAD), reply(GOOD)], usage=Usage(50, 50))
    critic = ScriptedModel([verdict(5)], usage=Usage(50, 50))
    found = loop(writer, critic, budget=Budget(max_tokens=250))

    outcome = found.run_sync(TASK)

    assert outcome.stopped_because is StopReason.TOKENS
    assert outcome.spend.tokens == 200
    assert len(outcome.rounds) == 1
