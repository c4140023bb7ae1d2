"""Verifiable rewards: an answer is worth what running it shows."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop import rubric
from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import CallError
from critique_loop.export.expecting import COMMAND, expected_of
from critique_loop.export.verifying import program_reward, sandbox_reward, verified, worth_of
from critique_loop.testing.stored_runs import RUBRIC, Turn, events_of, task_of
from critique_loop.values import CodeSpec, Round, Suite, SuiteKind, Task, TaskKind

SPEC = CodeSpec(
    entry_point="double",
    signature='def double(x: int) -> int:\n    """Return twice x."""\n',
    suites=(Suite(SuiteKind.ASSERTS, "assert double(2) == 4", name="shown"),
            Suite(SuiteKind.ASSERTS, "assert double(5) == 10", name="kept", hidden=True)),
    reference="def double(x):\n    return x + x\n",
)  # fmt: skip
RIGHT = 'def double(x: int) -> int:\n    """Return twice x."""\n    return 2 * x\n'
GUESSED = 'def double(x: int) -> int:\n    """Return twice x."""\n    return 4\n'


def asked() -> str:
    return expected_of(Task("Return twice x.", rubric.load("code"), TaskKind.CODE, code=SPEC))


def said(code: str) -> list[dict[str, object]]:
    return [{"role": "assistant", "content": f"Here it is.\n\n```python\n{code}```"}]


def rounds_of(turn: Turn) -> tuple[Round, ...]:
    return Checkpoint.of("run", events_of([turn])).rounds


def test_the_columns_hold_no_right_program_and_no_path() -> None:
    code, chart = asked(), expected_of(task_of())

    assert "x + x" not in code
    assert "assert double(5) == 10" in code
    assert "/home/ada" not in chart
    assert json.loads(chart)["task"]["tables"][0]["path"] == "cars.csv"


@pytest.mark.docker
@pytest.mark.slow
def test_only_right_answers_are_worth_something_where_gates_count() -> None:
    right, guess, words = sandbox_reward(
        [said(RIGHT), said(GUESSED), "I can't."], expected=[asked()] * 3
    )

    assert right is not None
    assert right > 0.9
    assert (guess, words) == (0.0, 0.0)


@pytest.mark.docker
@pytest.mark.slow
def test_a_guess_is_worth_its_weighted_mean_where_gates_do_not_count() -> None:
    answer = str(said(GUESSED)[0]["content"])

    found = verified(answer, asked(), gated=False)

    assert found.reward is not None
    assert 0.0 < found.reward < 0.9
    assert not found.accepted


WORTHS: dict[str, tuple[Turn, bool, float | None, str]] = {
    "a good one": (Turn("x", 9.0), True, 0.9, ""),
    "one that fails a gate": (Turn("x", 5.0), True, 0.0, "fails the gate: bugs"),
    "one that fails a gate, by its mean": (Turn("x", 5.0), False, 0.5, ""),
    "one that did not run": (Turn("x", None), True, 0.0,
                             "the program did not run to its end: error"),
}  # fmt: skip


@pytest.mark.parametrize("name", WORTHS)
def test_an_answer_is_worth_what_its_marks_say(name: str) -> None:
    turn, gated, reward, problem = WORTHS[name]
    (judged,) = rounds_of(turn)

    found = worth_of(judged, RUBRIC, gated=gated)

    assert (found.reward, found.problem) == (reward, problem)


@pytest.mark.parametrize("gated", [True, False])
def test_a_dimension_that_is_not_scored_is_named_and_no_reward_made_up(gated: bool) -> None:
    (judged,) = rounds_of(Turn("x", 9.0))
    bugs, looks = judged.critique.scores
    blank = replace(looks, value=None, unscored="it is for a model to score")
    part = replace(judged.critique, scores=(bugs, blank), overall=None)

    found = worth_of(replace(judged, critique=part), RUBRIC, gated=gated)

    assert found.reward is None
    assert found.problem == "not scored: looks (it is for a model to score)"


def test_a_program_that_fails_a_gate_is_worth_nothing_also_where_others_are_not_scored() -> None:
    (judged,) = rounds_of(Turn("x", 5.0))
    bugs, looks = judged.critique.scores
    blank = replace(looks, value=None, unscored="not checked: label_missing")
    part = replace(judged.critique, scores=(bugs, blank), overall=None)

    found = worth_of(replace(judged, critique=part), RUBRIC, gated=False)

    assert (found.reward, found.problem) == (0.0, "fails the gate: bugs")


def test_a_rubric_that_nothing_measures_whole_is_refused_as_a_reward() -> None:
    with pytest.raises(CallError, match="only a model or a person can score: looks"):
        sandbox_reward([said("print(1)\n")], expected=[expected_of(task_of())])


@pytest.mark.docker
@pytest.mark.slow
def test_the_command_of_a_row_judges_an_answer_on_stdin() -> None:
    answer = str(said(RIGHT)[0]["content"])

    done = subprocess.run(
        [sys.executable, *COMMAND.split()[1:]],
        input=json.dumps({"answer": answer, "expected": asked()}),
        capture_output=True,
        text=True,
        check=False,
    )

    found = json.loads(done.stdout)
    assert (found["accepted"], found["problem"]) == (True, "")
    assert found["image_digest"].startswith("sha256:")


@pytest.mark.docker
@pytest.mark.slow
def test_a_data_file_that_is_another_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cars.csv").write_text("Origin,Power 0\nUSA,1\n")
    (table,) = task_of().tables
    right = hashlib.sha256((tmp_path / "cars.csv").read_bytes()).hexdigest()
    wrong = expected_of(replace(task_of(), tables=(table,)))
    answer = "```python\nimport os\nprint(os.listdir())\n```"

    with pytest.raises(CallError, match=r"cars\.csv: is not the file"):
        verified(answer, wrong, data=tmp_path)
    with pytest.raises(CallError, match=r"cars\.csv: can't be read"):
        verified(answer, wrong, data=tmp_path / "elsewhere")
    fine = expected_of(replace(task_of(), tables=(replace(table, sha256=right),)))
    assert verified(answer, fine, data=tmp_path).problem.startswith("not scored: ")


def test_a_column_that_is_none_of_ours_is_refused() -> None:
    with pytest.raises(CallError, match="none of ours"):
        verified("```python\nprint(1)\n```", "{}")


def test_a_whole_program_is_worth_something_without_running_it() -> None:
    found = program_reward([said("print(1)\n"), "```python\nprint(", said("x +\n")])

    assert found == [1.0, 0.0, 0.0]
