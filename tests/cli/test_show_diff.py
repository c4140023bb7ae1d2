"""`show --diff`: two rounds side by side."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable

import pytest

from critique_loop.critics.measured import MeasuredCritic
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    Dimension,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Rubric,
    Severity,
    Task,
)

Cli = Callable[..., subprocess.CompletedProcess[str]]
CHECKS = {"no_title": 2.0, "tiny\x1b": 4.0}
RUBRIC = Rubric(
    "r",
    (
        Dimension("bugs", "?", checks={"run_error": 10.0}),
        Dimension("labels", "?", gate=True, pass_mark=9.0, checks=CHECKS),
    ),
)
FIRST = "a = 1\nb = '\x1b[31m'\nprint(a)\n"
SECOND = "a = 2\nb = '\x1b[31m'\nprint(a)\n"


def executed(*codes: str) -> Execution:
    found = tuple(Finding(code, Severity.WARNING, f"{code}!") for code in codes)
    return Execution(ExecutionStatus.OK, exit_code=0, evidence=Evidence(found, tuple(CHECKS)))


@pytest.fixture(autouse=True)
def kept(cli: Cli) -> None:
    """Keep "abc", whose second round mends one thing and breaks another, and "abd" of one round."""
    del cli  # it has made the place
    with SqliteStore(os.environ["CRITIQUE_LOOP_STORE"]) as store:
        for run_id, programs in (("abc", [FIRST, SECOND]), ("abd", [FIRST]), ("none", [])):
            executions = {FIRST: executed("no_title"), SECOND: executed("tiny\x1b")}
            Loop(
                writer=ScriptedWriter(programs),
                executor=ScriptedExecutor(executions),
                critic=MeasuredCritic(),
                proxy=UserProxy(),
                store=store,
            ).run_sync(Task("g", RUBRIC), run_id=run_id)


def test_code_scores_and_findings_are_compared_and_nothing_hostile_gets_out(cli: Cli) -> None:
    done = cli("show", "--diff", "abc:1", "abc:2")

    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert lines == [
        "- abc:1 · ok · overall 9",
        "+ abc:2 · ok · overall 8",
        "- a = 1",
        "+ a = 2",
        "  b = '\\x1b[31m'",
        "  print(a)",
        "  bugs                10    10",
        "  labels               8     6  -2.0",
        "  gained tiny\\x1b: tiny\\x1b!",
        "  lost   no_title: no_title!",
    ]


def test_the_json_is_a_contract(cli: Cli) -> None:
    done = cli("show", "--diff", "abc:1", "abc:2", "--json")

    record = json.loads(done.stdout)
    assert set(record) == {"first", "second", "code", "scores", "findings"}
    assert record["first"] == {
        "run": "abc",
        "round": 1,
        "status": "ok",
        "overall": 9.0,
        "decision": "refine",
    }
    assert record["scores"][1] == {
        "dimension": "labels",
        "first": 8.0,
        "second": 6.0,
        "change": -2.0,
    }
    assert [line["mark"] for line in record["code"]] == ["-", "+", " ", " "]
    assert [each["code"] for each in record["findings"]["gained"]] == ["tiny\x1b"]
    assert [each["code"] for each in record["findings"]["lost"]] == ["no_title"]


def test_of_a_run_its_best_round_is_compared(cli: Cli) -> None:
    record = json.loads(cli("show", "--diff", "abc", "abd", "--json").stdout)

    assert (record["first"]["round"], record["second"]["run"]) == (1, "abd")
    assert record["code"] == []
    assert "the programs are the same" in cli("show", "--diff", "abc", "abd").stdout


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("abc:3", "abd"), "run abc has no round 3\nIt has rounds 1 to 2"),
        (("abc:x", "abd"), "'abc:x' is not RUN or RUN:ROUND"),
        (("abc:", "abd"), "'abc:' is not RUN or RUN:ROUND"),
        (("none", "abd"), "run none has no round that was judged"),
        (("zzz", "abd"), "no run's id begins with 'zzz'"),
    ],
)
def test_a_round_that_is_not_there_is_an_error_with_a_way_on(
    cli: Cli, names: tuple[str, str], said: str
) -> None:
    done = cli("show", "--diff", *names)

    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


@pytest.mark.parametrize("arguments", [(), ("abc", "--diff", "abc", "abd"), ("--diff", "abc")])
def test_one_run_or_two(cli: Cli, arguments: tuple[str, ...]) -> None:
    assert cli("show", *arguments).returncode == 2
