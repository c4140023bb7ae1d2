"""What is drawn again and again on a terminal, and what is left of it elsewhere."""

from __future__ import annotations

import time

import pytest
from rich.text import Text

from critique_loop.cli.live import LiveDisplay

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    variables = {"TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1", "TERM": "xterm", "COLUMNS": "80"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def display(*, transient: bool = False) -> LiveDisplay:
    return LiveDisplay(lambda: Text("the state"), hz=20, transient=transient)


def test_a_terminal_is_shown_the_last_state_below_what_was_said(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del terminal
    with display() as shown:
        drawn = shown.is_drawn
        shown.say("one line")

    said = capsys.readouterr().err
    assert drawn
    assert said.index("one line\n") < said.rindex("the state")
    assert said.startswith(HIDE)
    assert said.endswith(SHOW)


def test_what_is_transient_is_wiped_in_the_end(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del terminal
    with display(transient=True):
        pass

    said = capsys.readouterr().err
    assert "\x1b[2K" in said[said.rindex("the state") :]


def test_an_interrupt_leaves_the_terminal_as_it_was(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del terminal
    shown = display()

    with pytest.raises(KeyboardInterrupt), shown:
        raise KeyboardInterrupt

    assert capsys.readouterr().err.endswith(SHOW)
    assert not shown.is_drawn


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_pipe_gets_the_lines_alone(
    ci: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CI", ci)
    with display() as shown:
        shown.say("what \x1b[31mred is")
        time.sleep(0.1)

    assert capsys.readouterr().err == "what \\x1b[31mred is\n"
    assert not shown.is_drawn


def test_it_steps_aside_and_comes_back(
    terminal: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del terminal
    with display() as shown:
        with shown.aside():
            capsys.readouterr()
            time.sleep(0.15)
            between = capsys.readouterr().err
        back = shown.is_drawn

    assert between == ""
    assert back
    assert "the state" in capsys.readouterr().err


def test_stepping_aside_begins_nothing_where_nothing_was_drawn(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = display()

    with shown.aside():
        pass

    assert not shown.is_drawn
    assert capsys.readouterr().err == ""
