"""Programs in one call: the loop with scripted parts, from a task to files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from critique_loop.coding import code, code_loop, code_settings, code_task
from critique_loop.errors import CallError
from critique_loop.testing import MemoryStore, ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    Dimension,
    Evidence,
    Execution,
    ExecutionStatus,
    Rubric,
    StopReason,
)

RUBRIC = Rubric("r", (Dimension("correctness", "?", gate=True),))
WRONG, RIGHT = "def f(x):\n    return x\n", "def f(x):\n    return x + 1\n"
TESTS = "assert f(1) == 2\n"
HIDDEN = "assert f(41) == 42\n"


def executed(*passed: bool) -> Execution:
    tests = [
        {"name": f"t{n}", "suite": "s", "status": "passed" if one else "failed",
         "hidden": bool(n), "seconds": 0.01, "message": ""}
        for n, one in enumerate(passed)
    ]  # fmt: skip
    return Execution(ExecutionStatus.OK, evidence=Evidence(facts={"tests": tests}))


EXECUTOR = ScriptedExecutor({WRONG: executed(False, False), RIGHT: executed(True, True)})
CRITIC = ScriptedCritic({WRONG: 2.0, RIGHT: 10.0})


def test_a_program_is_refined_until_it_passes_and_is_written_down(tmp_path: Path) -> None:
    outcome = code(
        "add one",
        tests=TESTS,
        hidden_tests=HIDDEN,
        rubric=RUBRIC,
        writer=ScriptedWriter([WRONG, RIGHT]),
        executor=EXECUTOR,
        critic=CRITIC,
        store=None,
        out=tmp_path,
    )

    assert (outcome.accepted, len(outcome.rounds)) == (True, 2)
    assert (tmp_path / "solution.py").read_text() == RIGHT
    best = json.loads((tmp_path / "outcome.json").read_text())["best"]
    assert (best["tests_passed"], best["tests_total"]) == (2, 2)
    assert [(test["name"], test["hidden"]) for test in best["tests"]] == [("t0", False), ("", True)]
    first = json.loads((tmp_path / "rounds" / "1" / "critique.json").read_text())
    assert first["tests_passed"] == 0


def test_given_programs_are_judged_without_a_model(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(WRONG)
    store = MemoryStore()

    outcome = code(
        "", tests=TESTS, solution=path, rubric=RUBRIC, executor=EXECUTOR, critic=CRITIC, store=store
    )

    assert outcome.stopped_because is StopReason.WRITER_GAVE_UP
    assert outcome.message == "the given program was judged, and nobody is to write another"
    assert [turn.code for turn in outcome.rounds] == [WRONG]
    started = store.kept[0].body
    assert getattr(started, "settings", {})["programs"] == [str(path)]


def test_a_writer_goes_on_from_given_programs() -> None:
    outcome = code(
        "", tests=TESTS, solution=(WRONG,), writer=ScriptedWriter(["x", RIGHT]), rubric=RUBRIC,
        executor=EXECUTOR, critic=CRITIC, store=None,
    )  # fmt: skip

    assert [turn.draft.writer for turn in outcome.rounds] == ["given", "scripted"]
    assert outcome.accepted


def test_without_a_model_and_a_program_nothing_begins() -> None:
    with pytest.raises(CallError) as caught:
        code_loop(tests=TESTS, store=None)

    assert "no model is named" in caught.value.problem
    assert "--solution" in caught.value.remedy


def test_programs_that_are_texts_are_not_in_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(WRONG)

    assert code_settings({"solution": [path]}).programs == (str(path),)
    assert code_settings({"solution": [path, RIGHT]}).programs == ()


def test_a_folder_with_a_program_of_the_users_own_is_refused_before_anything_runs(
    tmp_path: Path,
) -> None:
    (tmp_path / "solution.py").write_text("mine")
    executor = ScriptedExecutor()

    with pytest.raises(CallError, match=r"solution\.py: there already"):
        code("g", tests=TESTS, solution=WRONG, rubric=RUBRIC, executor=executor, store=None,
             out=tmp_path)  # fmt: skip

    assert executor.opened == 0


def test_a_task_is_judged_by_the_shipped_rubric_unless_said() -> None:
    assert code_task("g", tests=TESTS).rubric.name == "code"
