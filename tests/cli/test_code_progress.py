"""How far a data set is, on stderr."""

from __future__ import annotations

import pytest

from critique_loop.cli.code_progress import Progress
from critique_loop.coding.evaluating import Sample
from critique_loop.values import Outcome, Rubric, Spend, StopReason, Task


def sample(
    name: str, *passed: bool, reason: StopReason = StopReason.ROUNDS, kept: bool = False
) -> Sample:
    outcome = Outcome("r", Task("g", Rubric("r", ())), (), None, reason, Spend())
    return Sample(name, 0, "r", passed, outcome, kept)


def test_progress_is_a_line_a_loop_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress(3) as progress:
        progress.on_sample(sample("a", True, kept=True))
        progress.on_sample(sample("b", False, True))
        progress.on_sample(sample("c", reason=StopReason.INTERRUPTED))

    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "1/3 · 1 pass · 1 from before · a passes"
    assert lines[1].startswith("2/3 · 2 pass · 1 from before · ")
    assert lines[1].endswith(" left · b passes after 2 rounds")
    assert lines[2].endswith("c cut short (interrupted)")


def test_quiet_progress_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(1, quiet=True) as progress:
        progress.on_sample(sample("a", True))

    assert capsys.readouterr().err == ""


def test_a_terminal_has_one_line_that_goes_away(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("TTY_COMPATIBLE", "1"), ("TTY_INTERACTIVE", "1"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "100")

    with Progress(3) as progress:
        progress.on_sample(sample("a", True, kept=True))

    shown = capsys.readouterr().err
    assert "1/3 · 1 pass · 1 from before" in shown
    assert "a passes" not in shown
    assert "\x1b[2K" in shown.rpartition("from before")[2]
