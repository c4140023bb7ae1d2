"""``critique-loop code`` as far as it goes without a sandbox: what is refused, what is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import anyio
import pytest

from critique_loop.coding import code_task
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedExecutor
from critique_loop.values import (
    Dimension,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Rubric,
    Severity,
)
from critique_loop.writers.given import GivenWriter


class Cli(Protocol):
    """Runs the command line in this process."""

    def __call__(self, *arguments: object) -> CompletedProcess[str]: ...


STUB = 'def f(x: int) -> int:\n    """Add one.\n\n    >>> f(1)\n    2\n    """\n'
LOCAL = ("--model", "qwen", "--base-url", "http://127.0.0.1:9/v1")


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def write(cli: Cli) -> Callable[[str, str], Path]:  # noqa: ARG001 - it goes to its folder
    def written(name: str, text: str) -> Path:
        Path(name).write_text(text, encoding="utf-8")
        return Path(name)

    return written


Write = Callable[[str, str], Path]


def test_a_dry_run_says_what_was_detected_and_what_would_be_shown(cli: Cli, write: Write) -> None:
    stub, tests = write("stub.py", STUB), write("cases.json", '[{"input": [2], "output": 3}]')
    hidden = write("more.py", "assert f(41) == 42\n")

    done = cli("code", "--signature", stub, "--tests", tests, "--hidden-tests", hidden, *LOCAL,
               "--dry-run")  # fmt: skip

    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        "function: f",
        "tests: cases.json: 1 call as JSON",
        "tests: 1 example in the signature",
        "hidden tests: more.py: 1 assert",
    ]
    assert "code_writer (qwen)" in done.stdout
    assert "shown: the goal, the signature, the visible tests and the rubric" in done.stdout
    assert not Path("out").exists()


def test_a_critic_model_without_a_dimension_for_it_is_told(cli: Cli, write: Write) -> None:
    words = ("code", "--signature", write("stub.py", STUB), *LOCAL, "--dry-run")

    done = cli(*words, "--critic-model", "judge")

    assert "the rubric code has no dimension that a model may score" in done.stderr
    assert "no dimension" not in cli(*words).stderr


def test_json_leaves_the_notices_out(cli: Cli, write: Write) -> None:
    done = cli("code", "--signature", write("stub.py", STUB), *LOCAL, "--dry-run", "--json")

    assert done.stderr == ""
    assert json.loads(done.stdout)["settings"]["model"] == "qwen"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "nothing says what is wanted"),
        (("do it",), "no model is named that writes the program"),
        (("--tests", "none.py"), "none.py: can't be read (No such file or directory)"),
        (("--tests", "empty.py"), "empty.py: empty"),
        (("--tests", "broken.py"), "broken.py, line 2: no valid Python"),
        (("--tests", "nothing.py"), "nothing.py: there is no test in it"),
        (("--tests", "cases.py", "--hidden-tests", "cases.py"), "the visible ones"),
        (("--tests", "cases.py", "--rubric", "none.toml"), "none.toml: can't be read"),
        (("--tests", "cases.py", "--solution", "none.py"), "none.py: can't be read"),
        (("--signature", "nothing.py"), "nothing.py: declares no function"),
        (("do", "--data", "none.csv"), "none.csv"),
        (("do", "--entry-point", "a b"), "'a b' is no name that a function could have"),
        (("--dataset", "none.jsonl"), "none.jsonl: can't be read"),
        (("--dataset", "cases.py"), "cases.py: line 1: no valid JSON"),
    ],
)
def test_what_can_not_be_is_told_with_its_file_and_exits_with_1(
    cli: Cli, write: Write, words: tuple[str, ...], told: str
) -> None:
    write("empty.py", "\n")
    write("broken.py", "x = 1\ndef test_a(:\n")
    write("nothing.py", "x = 1\n")
    write("cases.py", "assert f(1) == 2\n")

    done = cli("code", *words)

    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--test-timeout", "nan"), "nan is no number that could be meant"),
        (("--test-timeout", "0"), "0.0 is not in the range"),
        (("--k", "1,x", "--dataset", "d"), "'1,x' is no list of whole numbers"),
        (("--k", "0", "--dataset", "d"), "k is 1 or more"),
        (("g", "--limit", "3"), "--limit needs a --dataset"),
        (("g", "--solutions", "s"), "--solutions needs a --dataset"),
        (("g", "--dataset", "d"), "GOAL goes with one task, not with --dataset"),
        (("--dataset", "d", "--tests", "t"), "--tests goes with one task"),
        (("--dataset", "d", "--ask", "later"), "--ask goes with one task"),
    ],
)
def test_wrong_usage_exits_with_2(cli: Cli, words: tuple[str, ...], told: str) -> None:
    done = cli("code", *words)

    assert done.returncode == 2
    assert told in done.stderr


def kept(store_path: Path) -> str:
    """Keep a run of a code task in the store, and return its id."""
    tests = [
        {"name": "f(1)", "suite": "tests", "status": "failed", "hidden": False, "seconds": 0.1,
         "message": "expected 2, got 1"},
        {"name": "f(2)", "suite": "tests", "status": "passed", "hidden": True, "seconds": 0.1,
         "message": ""},
    ]  # fmt: skip
    finding = Finding("tests_failed", Severity.ERROR, "1 of 2 tests failed", "f(1) is to be 2")
    evidence = Evidence((finding,), ("tests_failed",), {"tests": tests})
    rubric = Rubric("r", (Dimension("right", "?", gate=True, checks={"tests_failed": 8.0}),))
    program = "def f(x):\n    return x\n"
    task = code_task(signature=STUB, hidden_tests="assert f(2) == 3", rubric=rubric)
    executed = Execution(ExecutionStatus.OK, evidence=evidence)
    with SqliteStore(store_path) as store:
        loop = Loop(
            writer=GivenWriter([program]),
            critic=MeasuredCritic(),
            executor=ScriptedExecutor({program: executed}),
            proxy=UserProxy(),
            store=store,
        )

        async def run() -> str:
            return (await loop.run(task)).run_id

        return anyio.run(run)


def test_show_prints_the_tests_of_a_stored_run(cli: Cli, tmp_path: Path) -> None:
    run_id = kept(tmp_path / "traces.db")

    done = cli("show", run_id, "--files", "files")

    assert done.returncode == 0
    assert "✗ f(1)  failed     0.10 s" in done.stdout
    assert "expected 2, got 1" in done.stdout
    assert "tests   1 of 2 passed (hidden: 1 of 1)" in done.stdout
    assert "not accepted · 1 round" in done.stdout
    assert "the given program was judged, and nobody is to write another" in done.stdout
    assert "f(2)" not in done.stdout
    assert Path("files/solution.py").read_text() == "def f(x):\n    return x\n"


def test_show_as_json_has_the_tests(cli: Cli, tmp_path: Path) -> None:
    done = cli("show", kept(tmp_path / "traces.db"), "--json")

    best = json.loads(done.stdout)["best"]
    assert (best["tests_passed"], best["tests_total"]) == (1, 2)
    assert [test["name"] for test in best["tests"]] == ["f(1)", ""]


def test_a_run_of_a_given_program_that_is_not_there_any_more_can_not_be_resumed(
    cli: Cli, tmp_path: Path
) -> None:
    done = cli("resume", kept(tmp_path / "traces.db"))

    assert done.returncode == 1
    assert "no model is named that writes the program" in done.stderr
