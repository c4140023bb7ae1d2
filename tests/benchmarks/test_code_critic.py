from __future__ import annotations

import ast
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from code_critic import gains, in_docker, repair_rows, text_of_repairs, text_of_signals
from code_critic_local import LocalExecutor
from code_critic_loops import Arm, Case, Repair, cases, repairs, task_to_repair
from code_critic_repair import Hint, Misleading, Repairer, named_by, read_hints
from code_critic_runs import Compared, Wanted, compared, judged_by_critic, mutants_of
from code_critic_signals import (
    BARE,
    COMPARISON,
    EXAMPLES,
    FUZZING,
    INFORMED,
    RUFF,
    SIGNALS,
    TESTS,
    Told,
    ask,
    task_for,
)
from code_critic_tables import Row, Share, Subject, faults, rows, slower_ones, undecided
from code_task_list import CodeTask, tasks
from mutation import Mutant, mutants, normal
from mutation_runs import Judged, Kind

from critique_loop.critics.measured import MeasuredCritic
from critique_loop.errors import WriterGaveUp
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Round,
    Severity,
    SuiteKind,
    Task,
)

TASKS = {task.entry_point: task for task in tasks()}
SHELF = TASKS["fill_shelf"]
SILENT = Told(frozenset(), frozenset(), frozenset(), "ok", 0.1)

pytestmark = pytest.mark.anyio


def wrong(task: CodeTask, before: str, after: str) -> str:
    right = normal(task.reference)
    assert before in right
    return right.replace(before, after)


def subject(kind: Kind | None, *codes: str, operator: str = "comparison") -> Subject:
    mutant = Mutant(operator, 1, "a", "b", "")
    judged = Judged(SHELF, mutant, kind) if kind else None
    return Subject(SHELF, judged, replace(SILENT, codes=frozenset(codes)), SILENT)


async def told(program: str, *, bare: bool = False) -> Told:
    asked = task_for(SHELF, BARE if bare else INFORMED)
    return await anext(ask(LocalExecutor(), asked, [program]))


@pytest.mark.slow
async def test_a_reference_is_judged_by_every_signal_and_blamed_by_none() -> None:
    informed, bare = await told(SHELF.reference), await told(SHELF.reference, bare=True)

    both = Subject(SHELF, None, informed, bare)
    assert [signal.name for signal in SIGNALS if both.fires(signal)] == []
    assert [signal.name for signal in SIGNALS if not both.can_judge(signal)] == []
    assert informed.cpu_s > 0


@pytest.mark.slow
async def test_a_wrong_program_is_caught_by_tests_examples_and_comparison() -> None:
    found = await told(wrong(SHELF, "total + width <= shelf", "total + width < shelf"))

    assert found.fires(TESTS)
    assert not found.fires(EXAMPLES)  # none of them fills the shelf to its end
    assert found.fires(COMPARISON)


@pytest.mark.slow
async def test_without_tests_an_undefined_name_is_seen_by_linter_and_fuzzing() -> None:
    found = await told(wrong(SHELF, "for width in widths", "for with_ in widths"), bare=True)

    assert found.fires(RUFF)
    assert found.fires(FUZZING)
    assert not found.fires(TESTS)


@pytest.mark.slow
async def test_mutants_of_a_task_are_judged_in_order_with_the_reference_first() -> None:
    judged = mutants_of(SHELF, Wanted(1, slower=0))

    found = await judged_by_critic(LocalExecutor(), SHELF, judged)

    assert [one.judged for one in found] == [None, *judged]


class Deaf:
    """An executor in which nothing is ever found."""

    name = "deaf"

    @asynccontextmanager
    async def session(self, task: Task) -> AsyncGenerator[Deaf]:
        del task
        yield self

    async def run(self, draft: Draft) -> Execution:
        del draft
        return Execution(ExecutionStatus.OK, evidence=Evidence(checks=("lint_error",)))


@pytest.mark.slow
async def test_where_two_places_differ_is_told() -> None:
    programs = [SHELF.reference, wrong(SHELF, "for width in widths", "for with_ in widths")]

    found = await compared(LocalExecutor(), Deaf(), SHELF, programs)

    assert found.programs == 2
    assert "own/fill_shelf, program 2, ruff: True and False" in found.different
    assert all("program 2" in line for line in found.different)


def test_a_failing_hidden_test_is_not_a_failing_example() -> None:
    hidden = replace(SILENT, codes=frozenset({"tests_failed"}), failed_suites=frozenset({"tests"}))
    missing = replace(SILENT, codes=frozenset({"entry_missing"}))

    assert hidden.fires(TESTS)
    assert not hidden.fires(EXAMPLES)
    assert missing.fires(TESTS)
    assert missing.fires(EXAMPLES)


def test_only_certain_faults_count_as_caught_and_only_references_as_false_alarms() -> None:
    subjects = [
        subject(None, "lint_error"),
        subject(None),
        subject(Kind.KILLED, "lint_error"),
        subject(Kind.DIFFERS),
        subject(Kind.MAYBE_EQUIVALENT, "lint_error"),
        subject(Kind.MAYBE_EQUIVALENT, operator="copied_on_append"),
    ]

    ruff = next(row for row in rows(subjects, {"ruff": 7.0}) if row.name == "ruff")

    assert ruff.caught == Share(1, 2)
    assert ruff.false_alarms == Share(1, 2)
    assert ruff.slower == Share(0, 1)
    assert ruff.caught_where_silent == Share(0, 0)
    assert ruff.cpu_ms == 7.0
    assert [len(found) for found in (faults(subjects), slower_ones(subjects))] == [2, 1]
    assert len(undecided(subjects)) == 1


def test_a_share_comes_with_the_interval_of_wilson() -> None:
    share = Share(8, 10)

    assert share.text() == "8 of 10: 80 % (49 to 94)"
    assert Share(0, 0).text() == "none"
    assert share.plain["interval"] == pytest.approx([0.4902, 0.9433], abs=1e-4)


def test_the_text_holds_every_signal_and_how_many_mutants_are_doubtful() -> None:
    subjects = [subject(None), subject(Kind.KILLED), subject(Kind.MAYBE_EQUIVALENT)]
    found: list[Row] = rows(subjects, {})

    text = text_of_signals(found, subjects)

    assert all(f"| {signal.name} |" in text for signal in SIGNALS)
    assert "1 more mutants differed nowhere" in text


@pytest.mark.parametrize(
    ("advice", "hint"),
    [
        (
            "tests_failed: First make this one pass: assert 1: assert f([1, 2], 3) == 3\n"
            "f([1, 2], 3) is 2, expected 3",
            Hint("f([1, 2], 3)", "3"),
        ),
        (
            "First make this one pass: example 2: f('a, got b')\nexpected ['x, got y'], got []",
            Hint("f('a, got b')", "['x, got y']"),
        ),
        (
            "First make this one pass: assert 4: assert f() == {'a': -1}\nIndexError: no",
            Hint("f()", "{'a': -1}"),
        ),
    ],
)
def test_a_call_and_what_it_is_to_give_are_read_from_advice(advice: str, hint: Hint) -> None:
    assert read_hints(advice, "f") == (hint,)


@pytest.mark.parametrize(
    "advice",
    [
        "",
        "3 hidden tests fail.",
        "assert g(1) == 2\ng(1) is 3, expected 2",
        "assert f(1) > 2",
        "assert f([1, 2...) == 2",
        "example 1: f(1)\nexpected <object>, got 1",
    ],
)
def test_advice_that_names_no_value_of_the_function_is_no_hint(advice: str) -> None:
    assert read_hints(advice, "f") == ()


def test_an_edit_is_named_if_it_gives_what_was_expected_in_every_call() -> None:
    edits = [
        "def f(a):\n    return a",
        "def f(a):\n    return a + a",
        "def f(a):\n    return a * a",
    ]

    assert named_by([Hint("f(2)", "4")], edits, "f") == [1, 2]
    assert named_by([Hint("f(2)", "4"), Hint("f(3)", "9")], edits, "f") == [2]
    assert named_by([], edits, "f") == []


def turn(draft: Draft, advice: str) -> Round:
    critique = Critique(critic="measured", scores=())
    decision = Decision(DecisionKind.REFINE, advice=advice)
    return Round(1, draft, Execution(ExecutionStatus.OK), critique, decision)


async def test_the_repairer_hands_in_an_edit_that_its_advice_names() -> None:
    first = wrong(SHELF, "total + width <= shelf", "total + width < shelf")
    writer = Repairer(first, "fill_shelf", seed=0)
    asked = task_to_repair(SHELF)

    begun = await writer.draft(asked, history=())
    told = turn(begun, "assert fill_shelf([4], 4) == 4\nfill_shelf([4], 4) is 0, expected 4")
    second = await writer.draft(asked, history=(told,))

    assert begun.code == first
    assert named_by([Hint("fill_shelf([4], 4)", "4")], [second.code], "fill_shelf") == [0]
    assert second.code in {mutant.source for mutant in mutants(first)}
    assert writer.named == 1


async def test_without_a_hint_the_repairer_hands_in_every_edit_once_and_then_gives_up() -> None:
    first = "def f(a):\n    return a < 1\n"
    edits = {mutant.source for mutant in mutants(first)}
    writer = Repairer(first, "f", seed=0)
    asked = task_to_repair(SHELF)
    history = [turn(Draft(first, writer=""), "no")]

    for _ in edits:
        history.append(turn(await writer.draft(asked, history=history), "no"))
    with pytest.raises(WriterGaveUp):
        await writer.draft(asked, history=history)

    assert {one.code for one in history[1:]} == edits
    assert writer.named == 0


async def test_a_misleading_critic_tells_of_others_and_scores_what_was_measured() -> None:
    finding = Finding("tests_failed", Severity.ERROR, "of its own")
    other = Finding("tests_failed", Severity.ERROR, "of another one")
    evidence = Evidence(findings=(finding,), checks=("tests_failed", "entry_missing"))
    execution = Execution(ExecutionStatus.OK, evidence=evidence)
    asked = task_to_repair(SHELF)

    said = await Misleading([[other]], seed=0).review(asked, Draft("", ""), execution, history=())

    measured = await MeasuredCritic().review(asked, Draft("", ""), execution, history=())
    assert said.findings == (other,)
    assert said.scores == measured.scores


def test_half_of_the_asserts_are_hidden_and_none_is_in_both_halves() -> None:
    for task in TASKS.values():
        spec = task_to_repair(task).code
        assert spec is not None
        halves = [
            {ast.unparse(node) for node in ast.parse(suite.source).body if _is_assert(node)}
            for suite in spec.suites
            if suite.kind is SuiteKind.ASSERTS
        ]
        written = {ast.unparse(node) for node in ast.parse(task.tests).body if _is_assert(node)}
        assert halves[0] | halves[1] == written
        assert not halves[0] & halves[1]
        assert [s.hidden for s in spec.suites if s.kind is SuiteKind.ASSERTS] == [False, True]


def _is_assert(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assert)


@pytest.mark.slow
async def test_true_advice_mends_what_other_advice_does_not() -> None:
    before, after = "total + width <= shelf", "total + width < shelf"
    source = wrong(SHELF, before, after)
    other = TASKS["record_days"]
    found = [
        Case(0, SHELF, Mutant("comparison", 10, before, after, source)),
        cases([other], seeds=1)[0],
    ]

    made = [one for one in await repairs(LocalExecutor(), found) if one.case.task is SHELF]

    assert {one.arm: one.named > 0 for one in made} == {
        Arm.TRUE: True,
        Arm.OTHER_MUTANT: False,  # there is none
        Arm.OTHER_TASK: False,
        Arm.NOTHING: False,
    }
    true = made[0]
    assert true.accepted
    assert true.drafts <= min(one.drafts for one in made)
    assert found[0].is_in_reach


def test_repairs_are_counted_by_arm_and_case_by_case() -> None:
    case = Case(0, SHELF, mutants(SHELF.reference)[0])
    made = [
        Repair(case, arm, arm is Arm.TRUE, arm is Arm.TRUE, drafts=2, named=1)
        for arm in Arm
        for _ in range(3)
    ]

    found = repair_rows(made)
    better = gains(made)

    assert [row["right"] for row in found] == [Share(3, 3), *[Share(0, 3)] * 3]
    assert len(better) == 3
    assert "1.00 (1.00 to 1.00)" in text_of_repairs(made, Share(3, 3))


@pytest.mark.docker
def test_containers_say_the_same_as_this_machine() -> None:
    found = in_docker([SHELF], mutants=1)

    assert found == Compared(2, [])
