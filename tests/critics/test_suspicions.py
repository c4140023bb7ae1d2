"""A model's suspicions: only what really goes wrong is told."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import anyio
import pytest

from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.suspicions import SuspicionCritic
from critique_loop.errors import (
    CallError,
    DefinitionError,
    ModelError,
    ModelErrorKind,
    SandboxUnavailable,
)
from critique_loop.protocols import Critic
from critique_loop.testing import ScriptedExecutor, ScriptedModel
from critique_loop.values import (
    CodeSpec,
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Rubric,
    Severity,
    Suite,
    SuiteKind,
    Task,
    TaskKind,
)

CODE = "def largest(values):\n    return sorted(values)[-1]\n"
DRAFT = Draft(CODE, "w")
REFERENCE = "def largest(values):\n    return max(values, default=None)\n"
SPEC = CodeSpec("largest", "def largest(values):\n    ...\n")
BUGS = Dimension("bugs", "?", checks={"suspected_bug": 5.0})
TASK = Task("the largest value", Rubric("r", (BUGS,)), kind=TaskKind.CODE, code=SPEC)
RAN = Execution(ExecutionStatus.OK, evidence=Evidence(checks=("tests_failed",)))

EMPTY: list[object] = [[]]

Ends = Mapping[str, str]


class Recorder:
    """A sandbox that answers calls as written down for the program: arguments to message."""

    name = "recorder"

    def __init__(self, *ends: tuple[str, Ends]) -> None:
        self._ends = {code: dict(by_call) for code, by_call in ends}
        self.tasks: list[Task] = []
        self.ran: list[str] = []

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[Recorder]:
        self.tasks.append(task)
        yield self

    async def run(self, draft: Draft) -> Execution:
        self.ran.append(draft.writer)
        spec = self.tasks[-1].code
        assert spec is not None
        [suite] = spec.suites
        records = [
            {
                "name": f"call {number}",
                "suite": suite.name,
                "hidden": False,
                **_record(self._ends[draft.code][json.dumps(call["input"])], call["output"]),
            }
            for number, call in enumerate(json.loads(suite.source), 1)
        ]
        return replace(RAN, evidence=Evidence(facts={"tests": records}))


def _record(ended: str, wanted: str) -> dict[str, object]:
    if ended in ("timeout", "crashed", "not_run"):
        return {"status": ended, "message": f"largest(...): {ended}"}
    return {"status": "failed", "message": f"largest(...) must return {wanted!r}, but {ended}"}


def suspecting(*arguments: object, claim: str = "raises", line: str = "") -> ScriptedModel:
    entries = [
        {
            "line": line or "return sorted(values)[-1]",
            "reason": "It has no last one.",
            "arguments": one if isinstance(one, str) else json.dumps(one),
            "claim": claim,
            "expected": "",
        }
        for one in arguments
    ]
    return ScriptedModel([json.dumps({"suspicions": entries})], name="small")


def review(
    critic: Critic, task: Task = TASK, execution: Execution = RAN, draft: Draft = DRAFT
) -> Critique:
    async def main() -> Critique:
        return await critic.review(task, draft, execution, history=())

    return anyio.run(main)


def after(
    mine: str, right: str = "", *, task: Task = TASK, arguments: Sequence[object] = EMPTY
) -> Critique:
    key = json.dumps(arguments)
    if right:
        task = replace(task, code=replace(SPEC, reference=REFERENCE))
    executor = Recorder((CODE, {key: mine}), (REFERENCE, {key: right}))
    return review(SuspicionCritic(suspecting(arguments), executor), task)


def test_a_call_that_raises_what_nobody_announced_is_told_with_its_input() -> None:
    critique = after("raised IndexError: list index out of range")

    [finding] = critique.findings
    assert (finding.code, finding.severity) == ("suspected_bug", Severity.WARNING)
    assert finding.message == "largest([]) raises IndexError: list index out of range"
    assert finding.advice == "It has no last one."
    assert finding.place == "return sorted(values)[-1]"
    assert finding.numbers["arguments"] == EMPTY
    assert (finding.dimension, finding.confidence) == ("bugs", 0.8)
    assert [score.value for score in critique.scores] == [5.0]
    assert (critique.claims, critique.unsupported) == (1, 0)


@pytest.mark.parametrize(
    ("mine", "right", "told"),
    [
        ("returned 3", "", ""),
        ("raised TypeError: largest() takes 1 positional argument but 2 were given", "", ""),
        ("not_run", "", ""),
        ("timeout", "", "does not end in time"),
        ("crashed", "", "ends the process"),
        ("raised IndexError: x", "returned None", "raises IndexError: x; it should return None"),
        ("raised IndexError: x", "raised ValueError: empty", ""),
        ("returned 0", "raised ValueError: empty", "returns 0; it should raise ValueError"),
        ("returned 0", "returned 1", "returns 0; it should return 1"),
        ("returned 0.30000000000000004", "returned 0.3", ""),
        ("returned (1, 2)", "returned [1, 2]", ""),
        ("returned {'a': [1.0]}", "returned {'a': (1,)}", ""),
        ("returned {'a': 1}", "returned {'b': 1}", "it should return {'b': 1}"),
        ("returned True", "returned 1", "returns True; it should return 1"),
        ("returned [1, 2, 3, 4, 5, 6, ...]", "returned [1, 2, 3, 4, 5, 6, ...]", ""),
        ("returned <Queue at 0x7f>", "returned <Queue at 0x8f>", ""),
        ("timeout", "returned 1", "does not end in time; it should return 1"),
        ("timeout", "timeout", ""),
        ("raised x.y.Odd", "crashed", ""),
        ("not_run", "returned 1", ""),
    ],
)
def test_only_what_really_goes_wrong_is_told(mine: str, right: str, told: str) -> None:
    critique = after(mine, right)

    assert bool(critique.findings) is bool(told)
    assert told in "".join(finding.message for finding in critique.findings)
    assert critique.unsupported == 1 - len(critique.findings)


def test_an_error_that_goal_or_signature_speak_of_is_no_bug() -> None:
    announced = replace(TASK, goal="the largest value; raise ValueError for none")

    assert not after("raised ValueError: none", task=announced).findings
    assert after("raised IndexError: none", task=announced).findings


def test_what_the_reference_ends_otherwise_is_certain() -> None:
    [finding] = after("returned 0", "returned 1").findings

    assert finding.confidence == 1.0


def test_a_result_is_wrong_where_an_example_says_so_and_hidden_ones_say_nothing() -> None:
    example = Suite(SuiteKind.CALLS, json.dumps([{"input": [[2, 3]], "output": 3}]))

    def with_suite(suite: Suite) -> Task:
        return replace(TASK, code=replace(SPEC, suites=(suite,)))

    wrong = after("returned 2", task=with_suite(example), arguments=[[2, 3]])
    right = after("returned 3", task=with_suite(example), arguments=[[2, 3]])
    hidden = after("returned 2", task=with_suite(replace(example, hidden=True)), arguments=[[2, 3]])

    assert wrong.findings[0].message == "largest([2, 3]) returns 2; it should return 3"
    assert not right.findings
    assert not hidden.findings


def test_what_is_tried_holds_no_tests_no_reference_and_no_other_checks() -> None:
    suite = Suite(SuiteKind.ASSERTS, "assert largest([41]) == 41", hidden=True)
    spec = replace(SPEC, suites=(suite,), reference=REFERENCE)
    executor = Recorder((CODE, {"[[]]": "returned 1"}), (REFERENCE, {"[[]]": "returned 1"}))
    model = suspecting(EMPTY)

    review(SuspicionCritic(model, executor), replace(TASK, code=spec))

    [tried] = executor.tasks
    assert tried.code is not None
    assert [(s.kind, s.timeout_s) for s in tried.code.suites] == [(SuiteKind.CALLS, 5.0)]
    assert tried.code.reference == ""
    assert executor.ran == ["w", "reference"]
    told = model.asked[0].messages[1].text
    assert "41" not in told
    assert "max(values" not in told


@pytest.mark.parametrize(
    "arguments", ["not json", '{"values": []}', "7", '"text"', "[" * 5000, f"[{'1,' * 2000}1]"]
)
def test_a_suspicion_without_a_call_is_counted_and_not_tried(arguments: str) -> None:
    executor = Recorder()

    critique = review(SuspicionCritic(suspecting(arguments), executor))

    assert executor.tasks == []
    assert (critique.claims, critique.unsupported, critique.findings) == (1, 1, ())
    assert critique.notes == ("1 of 1 suspected bugs did not show when they were tried",)


def test_no_more_are_tried_than_wanted_and_the_same_call_once() -> None:
    ends = {"[[]]": "raised IndexError: x", "[[1]]": "returned 1"}
    model = suspecting(EMPTY, EMPTY, [[1]], [[2]], [[3]])

    critique = review(SuspicionCritic(model, Recorder((CODE, ends)), most=3))

    assert len(critique.findings) == 1
    assert (critique.claims, critique.unsupported) == (2, 1)


def test_who_suspects_nothing_costs_nothing() -> None:
    critique = review(SuspicionCritic(suspecting(), Recorder()))

    assert [score.value for score in critique.scores] == [10.0]
    assert (critique.findings, critique.notes, critique.claims) == ((), (), 0)


FAILED_TESTS = Evidence((Finding("tests_failed", Severity.ERROR, "2 of 3"),))


@pytest.mark.parametrize(
    ("task", "execution", "why"),
    [
        (replace(TASK, kind=TaskKind.CHART), RAN, "no function to call"),
        (replace(TASK, code=CodeSpec()), RAN, "no function to call"),
        (TASK, replace(RAN, status=ExecutionStatus.ERROR), "the program failed"),
        (TASK, replace(RAN, evidence=None), "nothing was measured"),
        (TASK, replace(RAN, evidence=FAILED_TESTS), "errors to mend first (tests_failed)"),
    ],
    ids=["chart", "no entry point", "failed", "not measured", "tests failed"],
)
def test_where_there_is_nothing_to_try_nobody_is_asked(
    task: Task, execution: Execution, why: str
) -> None:
    critique = review(SuspicionCritic(ScriptedModel([]), ScriptedExecutor()), task, execution)

    assert critique.scores == ()
    assert why in critique.notes[0]


def test_an_answer_of_no_use_is_a_note_and_a_server_out_of_reach_an_error() -> None:
    useless = ScriptedModel([ModelError(ModelErrorKind.BAD_JSON, "prose")])
    gone = ScriptedModel([ModelError(ModelErrorKind.CONNECTION, "gone")])

    critique = review(SuspicionCritic(useless, ScriptedExecutor()))

    assert critique.notes == ("no usable answer (bad_json): prose",)
    with pytest.raises(ModelError):
        review(SuspicionCritic(gone, ScriptedExecutor()))


def test_without_a_sandbox_nothing_is_proven_and_nothing_scored() -> None:
    def lost(_: Draft) -> None:
        raise SandboxUnavailable("the engine is gone")

    critic = SuspicionCritic(suspecting(EMPTY), ScriptedExecutor(before=lost))

    critique = review(critic)

    assert (critique.scores, critique.findings) == ((), ())
    assert critique.notes == ("suspected bugs could not be tried: the engine is gone",)


def test_in_a_combination_it_is_asked_though_nothing_is_left_to_score() -> None:
    task = replace(TASK, rubric=Rubric("r", (Dimension("tests", "?", checks={"tests_failed": 1}),)))
    executor = Recorder((CODE, {"[[]]": "raised IndexError: x"}))
    critic = CombinedCritic([MeasuredCritic(), SuspicionCritic(suspecting(EMPTY), executor)])

    critique = review(critic, task)

    assert [finding.code for finding in critique.findings] == ["suspected_bug"]
    assert [score.value for score in critique.scores] == [10.0]


def test_another_agent_and_no_time_are_refused() -> None:
    with pytest.raises(DefinitionError, match="not a tester"):
        SuspicionCritic(ScriptedModel([]), ScriptedExecutor(), definition="code_critic")
    with pytest.raises(CallError, match="most is 0"):
        SuspicionCritic(ScriptedModel([]), ScriptedExecutor(), most=0)
    with pytest.raises(CallError, match="timeout_s 0"):
        SuspicionCritic(ScriptedModel([]), ScriptedExecutor(), timeout_s=0)
