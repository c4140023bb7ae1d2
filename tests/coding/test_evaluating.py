"""Loops over the tasks of a data set."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from critique_loop.budget import Budget
from critique_loop.building.loops import Parts, build
from critique_loop.building.settings import LoopSettings
from critique_loop.coding.datasets import Problem
from critique_loop.coding.evaluating import (
    Job,
    Place,
    Sample,
    Watch,
    evaluate,
    passes,
    run_id_of,
    sample_of,
    why_unjudged,
)
from critique_loop.coding.reports import Report, ks_of, report_record
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.errors import CallError, SandboxUnavailable, StoreError
from critique_loop.ledger import Ledger
from critique_loop.loop import Loop
from critique_loop.protocols import Writer
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    CodeSpec,
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Outcome,
    Round,
    Rubric,
    Severity,
    Spend,
    StopReason,
    Task,
    TaskKind,
)

pytestmark = pytest.mark.anyio
RUBRIC = Rubric("r", (Dimension("right", "?", gate=True, checks={"tests_failed": 8.0}),))
WRONG = (Finding("tests_failed", Severity.ERROR, "1 of 1 tests failed"),)


def executed(*ends: str, visible: tuple[str, ...] = ()) -> Execution:
    tests = [{"name": "t", "suite": "s", "status": end, "hidden": True} for end in ends]
    tests += [{"name": "v", "suite": "s", "status": end, "hidden": False} for end in visible]
    failed = any(end != "passed" for end in (*ends, *visible))
    evidence = Evidence(WRONG if failed else (), ("tests_failed",), {"tests": tests})
    return Execution(ExecutionStatus.OK, evidence=evidence)


EXECUTIONS = {"wrong": executed("failed"), "right": executed("passed"), "worse": executed("error")}
SETTINGS = LoopSettings(max_rounds=3)


def problem(name: str) -> Problem:
    spec = CodeSpec(entry_point="f")
    return Problem(name, Task("g", RUBRIC, kind=TaskKind.CODE, code=spec))


@pytest.fixture
def store(tmp_path: Path) -> Generator[SqliteStore]:
    with SqliteStore(tmp_path / "traces.db") as kept:
        yield kept


def job(
    place: Place, name: str, *programs: str, number: int = 0, writer: Writer | None = None
) -> Job:
    one = problem(name)

    def loop() -> Loop:
        parts = Parts(
            writer=writer or ScriptedWriter(programs),
            critic=MeasuredCritic(),
            executor=place.executor,
            store=place.store,
        )
        return build(SETTINGS, parts, kind=TaskKind.CODE)

    return Job(one, number, run_id_of(one, number, SETTINGS), loop, SETTINGS)


def place_of(
    store: SqliteStore, *, concurrency: int = 1, before: Callable[[Draft], None] | None = None
) -> Place:
    executor = ScriptedExecutor(EXECUTIONS, before=before)
    return Place(store, executor, Ledger(Budget(max_rounds=None, max_time_s=None)), concurrency)


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_each_task_gets_its_loop_and_its_rounds_are_told_apart(
    store: SqliteStore, concurrency: int
) -> None:
    place = place_of(store, concurrency=concurrency)
    done: list[Sample] = []
    jobs = [job(place, "a", "right"), job(place, "b", "wrong", "right"), job(place, "c", "wrong")]

    await evaluate(jobs, place, Watch(done.append))

    found = {sample.problem: sample.passed_after for sample in done}
    assert found == {"a": (True,), "b": (False, True), "c": (False,)}
    record = report_record(Report(tuple(done), 3, 1, (1,)))
    assert record["pass_at_k"] == {"1": pytest.approx(1 / 3)}
    assert record["complete"] is True


async def test_what_the_store_has_is_not_done_again(store: SqliteStore) -> None:
    place = place_of(store)
    done: list[Sample] = []

    for _ in range(2):
        await evaluate([job(place, "a", "wrong", "right")], place, Watch(done.append))

    assert [sample.kept for sample in done] == [False, True]
    assert done[0].passed_after == done[1].passed_after == (False, True)
    assert isinstance(place.executor, ScriptedExecutor)
    assert place.executor.opened == 1


async def test_a_loop_that_was_cut_short_goes_on_where_it_was(store: SqliteStore) -> None:
    place = place_of(store)
    done: list[Sample] = []
    stops = iter([False, False, True])  # before the task, before round 1, before round 2

    await evaluate(
        [job(place, "a", "wrong", "right")], place, Watch(done.append, lambda: next(stops, True))
    )
    await evaluate([job(place, "a", "wrong", "right")], place, Watch(done.append))

    assert [(sample.finished, sample.passed_after) for sample in done] == [
        (False, (False,)),
        (True, (False, True)),
    ]
    assert Report((done[0],), 1, 1, (1,)).pass_at(1) is None


async def test_without_a_sandbox_no_further_task_begins(store: SqliteStore) -> None:
    def refuse(draft: Draft) -> None:
        raise SandboxUnavailable(f"none for {draft.code}")

    place = place_of(store, before=refuse)
    done: list[Sample] = []

    with pytest.raises(SandboxUnavailable, match="none for right"):
        await evaluate(
            [job(place, "a", "right"), job(place, "b", "right")], place, Watch(done.append)
        )

    assert [(sample.problem, sample.finished) for sample in done] == [("a", False)]


async def test_an_error_of_a_loop_ends_the_others_as_itself(store: SqliteStore) -> None:
    def fail(_: Draft) -> None:
        raise StoreError("the disk is full")

    place = place_of(store, before=fail)

    with pytest.raises(StoreError, match="the disk is full"):
        await evaluate([job(place, "a", "right")], place, Watch(lambda _: None))


async def test_at_least_one_runs_at_a_time(store: SqliteStore) -> None:
    with pytest.raises(CallError, match="concurrency is 0"):
        await evaluate([], place_of(store, concurrency=0), Watch(lambda _: None))


def turn(number: int, execution: Execution) -> Round:
    return Round(number, Draft("p", "w"), execution, Critique("c", (), overall=10.0))


@pytest.mark.parametrize(
    ("execution", "right"),
    [
        (executed("passed"), True),
        (executed("passed", "timeout"), False),
        (executed("passed", visible=("failed",)), True),
        (executed("failed", visible=("passed",)), False),
        (executed(visible=("passed",)), True),
        (executed(visible=("passed", "crashed")), False),
        (executed(), False),
        (Execution(ExecutionStatus.OK), False),
    ],
)
def test_what_passes_is_told_by_the_tests_and_never_by_marks(
    execution: Execution, *, right: bool
) -> None:
    assert passes(turn(1, execution)) is right


def test_where_a_task_has_hidden_tests_visible_ones_never_stand_for_them() -> None:
    without = turn(1, executed(visible=("passed",)))
    broken = turn(1, Execution(ExecutionStatus.OK))

    assert not passes(without, hidden=True)
    assert why_unjudged(without, hidden=True) == "its tests could not be run"
    assert why_unjudged(without) == ""
    assert why_unjudged(broken, hidden=True) == ""


@pytest.mark.parametrize(
    ("ends", "is_judged"),
    [
        (("not_run", "passed"), False),
        (("not_run",), False),
        (("not_run", "failed"), True),
        (("passed",), True),
        ((), True),
    ],
)
def test_where_tests_could_not_be_run_nothing_counts(
    ends: tuple[str, ...], *, is_judged: bool
) -> None:
    execution = executed(*ends, visible=("passed",) if ends else ())
    note = Finding("no_tests", Severity.NOTE, "there is no pytest")
    only = Round(1, Draft("p", "w"), execution, Critique("c", (), (note,), overall=5.0))
    outcome = Outcome("r", problem("a").task, (only,), only, StopReason.ROUNDS, Spend())

    found = sample_of(problem("a"), 0, outcome)

    assert found.unjudged == ("" if is_judged else "there is no pytest")
    assert found.finished is is_judged
    assert len(Report((found,), 1, 1, (1,)).counts()) == is_judged


def test_a_loop_keeps_its_best_program_and_not_its_last() -> None:
    good = Critique("c", (), overall=9.0)
    rounds = (
        turn(1, executed("failed")),
        Round(2, Draft("p", "w"), executed("passed"), good),
    )
    outcome = Outcome("r", problem("a").task, rounds, rounds[0], StopReason.ROUNDS, Spend())

    assert sample_of(problem("a"), 0, outcome).passed_after == (False, False)


def test_a_run_has_another_name_for_another_task_sample_setting_or_program() -> None:
    names = {
        run_id_of(problem("a"), 0, SETTINGS),
        run_id_of(problem("b"), 0, SETTINGS),
        run_id_of(problem("a"), 1, SETTINGS),
        run_id_of(problem("a"), 0, LoopSettings()),
        run_id_of(problem("a"), 0, SETTINGS, given="x"),
    }

    assert len(names) == 5
    assert run_id_of(problem("a"), 0, SETTINGS) in names


def test_the_usual_k_are_those_that_can_be_told() -> None:
    assert ks_of((), 1) == (1,)
    assert ks_of((), 10) == (1, 10)
    assert ks_of((5, 1, 5), 7) == (1, 5)
    with pytest.raises(CallError, match="pass@5 can't be told from 1 sample of a task"):
        ks_of((5,), 1)


def test_a_task_of_which_a_sample_is_missing_does_not_count() -> None:
    def sample(name: str, number: int, *, first: bool) -> Sample:
        outcome = Outcome("r", problem(name).task, (), None, StopReason.ROUNDS, Spend())
        return Sample(name, number, "r", (first,), outcome)

    samples = (sample("a", 0, first=True), sample("a", 1, first=False), sample("b", 0, first=True))
    report = Report(samples, 2, 2, (1, 2))

    assert report.counts() == [(2, 1)]
    assert (report.pass_at(1), report.pass_at(2), report.complete) == (0.5, 1.0, False)
