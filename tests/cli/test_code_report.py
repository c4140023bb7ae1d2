"""What a data set came to, on the screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.cli.code_report import print_report
from critique_loop.coding.datasets import Dataset
from critique_loop.coding.evaluating import Sample
from critique_loop.coding.reports import Report
from critique_loop.values import (
    CodeSpec,
    Critique,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Outcome,
    Round,
    Rubric,
    Spend,
    StopReason,
    Task,
    TaskKind,
)

DATASET = Dataset(Path("own.jsonl"), "HumanEval", "visible: some; hidden: others", ())
TASK = Task("g", Rubric("r", ()), kind=TaskKind.CODE, code=CodeSpec())


def sample(
    name: str,
    *passed: bool,
    reason: StopReason = StopReason.ROUNDS,
    calls: int = 0,
    kept: bool = False,
) -> Sample:
    tests = [
        {"name": "t", "hidden": True, "status": "passed" if passed and passed[-1] else "timeout"}
    ]
    execution = Execution(ExecutionStatus.OK, evidence=Evidence(facts={"tests": tests}))
    best = Round(1, Draft("p", "w"), execution, Critique("c", ()))
    spend = Spend(calls=calls, tokens=10 * calls, cost_usd=0.01 * calls)
    outcome = Outcome("abcdef123456", TASK, (best,), best, reason, spend)
    return Sample(name, 0, "abcdef123456", passed, outcome, kept)


def test_pass_at_k_rounds_and_what_failed_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    samples = (
        sample("a", True, calls=1),
        sample("b", False, True, calls=2),
        sample("\x1b[2Jc", False, False, calls=2),
    )

    print_report(Report(samples, 3, 1, (1,)), DATASET)

    said = capsys.readouterr().out
    assert said.splitlines() == [
        "own.jsonl · HumanEval · 3 tasks",
        "  pass@1    0.333  first drafts of 3 tasks",
        "  ",
        "  round  passing  repaired",
        "      1    0.333",
        "      2    0.667  0.50  (1 of 2 that failed)",
        "  later rounds were told how many hidden tests fail: not comparable with pass@1",
        "  ",
        "  ✗ \\x1b[2Jc          0 of 1 hidden tests, timeout  critique-loop show abcdef12",
        "  tests   visible: some; hidden: others",
        "  spent   5 requests, 50 tokens, $0.0500",
    ]


def test_what_could_not_be_judged_is_said_with_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lost = replace(sample("b", False), unjudged="there is no pytest")

    print_report(Report((sample("a", True), lost), 2, 1, (1,)), DATASET)

    said = capsys.readouterr().out
    assert "1 of 2 loops done" in said
    assert "1 not judged: there is no pytest (b)" in said


def test_what_was_cut_short_is_said_and_does_not_count(capsys: pytest.CaptureFixture[str]) -> None:
    samples = (sample("a", True, kept=True), sample("b", reason=StopReason.INTERRUPTED))

    print_report(Report(samples, 4, 1, (1,)), DATASET)

    said = capsys.readouterr().out
    assert "4 tasks · 1 of 4 loops done" in said
    assert "pass@1    1.000  first drafts of 1 task\n" in said
    assert "no request; 1 loop was done before" in said
