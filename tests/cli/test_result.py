"""How the end of a run reads."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.building.records import Saved
from critique_loop.cli.result import print_failure, print_result
from critique_loop.values import (
    Critique,
    Draft,
    Execution,
    ExecutionStatus,
    Finding,
    Outcome,
    Round,
    Rubric,
    Score,
    Severity,
    Spend,
    StopReason,
    Task,
    Vote,
)

TASK = Task("a goal", Rubric("r", ()))
FINDING = Finding("ugly", Severity.WARNING, "a \x1b[31mlong " + "word " * 30)
ROUND = Round(
    1,
    Draft("x = 1", "w", reading="mean of a by b"),
    Execution(ExecutionStatus.OK),
    Critique(
        "c",
        (Score("right", 7.5, 7.0), Score("nice", None, 7.0, unscored="not checked: x")),
        (FINDING,),
    ),
)


def outcome(reason: StopReason, *rounds: Round, message: str = "") -> Outcome:
    best = rounds[0] if rounds else None
    return Outcome("abc", TASK, rounds, best, reason, Spend(seconds=1.25), message=message)


def test_the_result_names_scores_findings_and_the_way_to_the_trace(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_result(outcome(StopReason.ROUNDS, ROUND))

    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert said.err == ""
    assert lines[0] == "not accepted: the rounds ended · 1 round · 1.2 s · $0"
    assert lines[1:3] == [
        "  read as mean of a by b",
        "  scores  overall - · right 7.5 · nice -",
    ]
    assert lines[3] == "  missing nice: not checked: x"
    assert lines[4].startswith("  warning ugly: a \\x1b[31mlong word word")
    assert lines[5:] == ["  trace   critique-loop show abc"]


def test_on_a_terminal_lines_break_at_spaces_but_paths_stay_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    code = Path("out") / ("long" * 20) / "chart.py"

    print_result(outcome(StopReason.ROUNDS, ROUND), Saved(code.parent / "o.json", code))

    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert f"  code    {code}" in lines
    assert any(line.startswith(" " * 10 + "word word") for line in lines)
    assert all(len(line) <= 40 for line in lines[1:] if str(code) not in line)


def test_a_run_without_any_draft_was_refused(capsys: pytest.CaptureFixture[str]) -> None:
    print_result(outcome(StopReason.WRITER_GAVE_UP, message="No such column.\nUse another."))

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("refused · 0 rounds")
    assert lines[1:3] == ["  why     No such column.", "          Use another."]


def test_a_failure_is_an_error_with_its_fix_and_its_trace(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_failure(outcome(StopReason.SANDBOX_UNAVAILABLE, message="No \x1b[2J.\nDo this."))

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "error: No \\x1b[2J.\nDo this.\ntrace: critique-loop show abc\n"


@pytest.mark.parametrize(
    ("reason", "following"),
    [
        (StopReason.PAUSED, "critique-loop resume abc --ask terminal"),
        (StopReason.COST, "critique-loop resume abc"),
        (StopReason.ACCEPTED, None),
        (StopReason.STUCK, None),
    ],
)
def test_a_run_that_can_go_on_says_how(
    capsys: pytest.CaptureFixture[str], reason: StopReason, following: str | None
) -> None:
    print_result(outcome(reason, ROUND))

    lines = capsys.readouterr().out.splitlines()
    assert [line.split("next", 1)[1].strip() for line in lines if line.startswith("  next")] == (
        [following] if following else []
    )


def test_without_a_model_the_error_says_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    print_failure(outcome(StopReason.MODEL_UNAVAILABLE, message="no quota"))

    said = capsys.readouterr().err
    assert said.startswith("error: no quota\n")
    assert "critique-loop resume abc" in said


def test_votes_claims_and_notes_of_critics_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    votes = (Vote("a\x1b", 8.0, record="kappa 0.5, n = 40"), Vote("b", None, "it failed"))
    score = Score("nice", 8.0, 7.0, votes=votes)
    critique = Critique("panel", (score,), claims=4, unsupported=1, notes=("a is the writer",))

    print_result(outcome(StopReason.ACCEPTED, replace(ROUND, critique=critique)))

    lines = capsys.readouterr().out.splitlines()
    assert "  votes   nice: a\\x1b 8 (kappa 0.5, n = 40), b -" in lines
    assert "  claims  1 of 4 scores rest on evidence that is not there" in lines
    assert "  critic  a is the writer" in lines
