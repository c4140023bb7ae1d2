"""What a batch shows, and what it leaves on the screen."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.batch.plan import BatchEnd, BatchReport
from critique_loop.batch.progress import Progress
from critique_loop.cli.batch_screen import BatchScreen, print_batch, spent
from critique_loop.store.charges import Charged

HALF = Progress(
    total=100,
    done=40,
    running=4,
    failed=2,
    accepted=30,
    kept=10,
    seconds=75.0,
    per_second=0.5,
    left_s=116.0,
    calls=80,
    tokens=123_456,
    cost_usd=0.5,
    reasons=(("stuck", 6), ("rounds", 2), ("writer_gave_up", 1), ("cost", 1)),
    failures=tuple((f"reason \x1b[31m{n}", n) for n in range(6, 0, -1)),
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_terminal_a_line_comes_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with BatchScreen("tasks.jsonl", clock=clock) as screen:
        for _ in range(60):
            clock.now += 0.5
            screen.on_progress(HALF)

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[0] == (
        "40/100 done · 75% accepted · 2 failed · 4 running · 54 waiting · 10 from before · "
        "0.50 loops/s · 1 min 56 s left · 80 requests, 123,456 tokens, $0.5000"
    )


def test_quiet_says_nothing_but_what_it_must(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with BatchScreen("tasks.jsonl", quiet=True, clock=clock) as screen:
        clock.now += 100
        screen.on_progress(HALF)
        screen.say("finishing this round")

    assert capsys.readouterr().err == "finishing this round\n"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("FORCE_COLOR", "1"), ("TTY_INTERACTIVE", "1"), ("TERM", "xterm")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.usefixtures("terminal")
def test_a_terminal_shows_no_more_than_twelve_rows(capsys: pytest.CaptureFixture[str]) -> None:
    with BatchScreen("tasks.jsonl") as screen:
        screen.on_progress(HALF)

    shown = capsys.readouterr().err
    last = shown.rpartition("tasks.jsonl")[2]
    assert "40/100 done" in last
    assert last.count("\n") <= 12
    assert "\x1b[31m6" not in shown  # what a message holds is shown, not obeyed


@pytest.mark.usefixtures("terminal")
def test_what_a_batch_waits_for_whose_tasks_are_all_done_is_told_until_it_is_over(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with BatchScreen("tasks.jsonl") as screen:
        screen.on_progress(replace(HALF, done=98))
        time.sleep(1.2)  # two frames
        shown = capsys.readouterr().err

    last = capsys.readouterr().err.rpartition("tasks.jsonl")[2]
    assert "workers and their sandboxes are waited for" in shown
    assert "98/100 done" in last
    assert "waited for" not in last


@pytest.mark.parametrize(
    ("running", "said"), [(4, "requests are counted when a loop ends"), (0, "no request")]
)
def test_nobody_is_told_of_no_request_while_loops_may_make_some(running: int, said: str) -> None:
    assert spent(Progress(total=9, running=running)) == said


def test_the_end_says_what_it_came_to(capsys: pytest.CaptureFixture[str]) -> None:
    print_batch(
        BatchReport("b1", "t.jsonl", HALF, BatchEnd.INTERRUPTED, outcomes=Path("o"), repeated=3)
    )

    shown = capsys.readouterr().out
    assert shown.startswith("interrupted · 40/100 done · 75% accepted")
    assert "6 stuck, 2 rounds, 1 writer gave up, 1 for other reasons" in shown
    assert "3 lines said what others had said" in shown
    assert "the same command goes on where it stopped" in shown


def test_what_was_spent_before_this_command_is_told_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    again = replace(HALF, before=Charged(calls=60, tokens=100_000, cost_usd=0.25))

    print_batch(BatchReport("b1", "t.jsonl", again, BatchEnd.INTERRUPTED))

    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == (
        "  spent   80 requests, 123,456 tokens, $0.5000 in all, 60 of the requests before"
    )
