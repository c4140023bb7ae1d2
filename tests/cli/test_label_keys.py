"""Keys of a terminal and lines of a script."""

from __future__ import annotations

import io
import os
import pty
import signal
import termios
from collections.abc import Generator
from typing import TextIO

import pytest

from critique_loop.cli.label_keys import keys
from critique_loop.errors import CallError

KNOWN = ("1", "t", "q")


class Terminal:
    """A pseudo-terminal that stands in for stdin; ``said`` is what a person was told."""

    def __init__(self) -> None:
        self.ours, theirs = pty.openpty()
        self.stdin: TextIO = os.fdopen(theirs, "r")
        self.said: list[str] = []

    def types(self, data: bytes) -> None:
        os.write(self.ours, data)

    @property
    def mode(self) -> object:
        return termios.tcgetattr(self.stdin.fileno())


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Generator[Terminal]:
    found = Terminal()
    monkeypatch.setattr("sys.stdin", found.stdin)
    yield found
    found.stdin.close()
    os.close(found.ours)


def test_one_key_is_an_answer_without_enter_and_not_echoed(terminal: Terminal) -> None:
    before = terminal.mode
    with keys(terminal.said.append) as typed:
        terminal.types(b"T")

        assert typed.next(KNOWN) == "t"
        assert terminal.mode != before

    assert terminal.mode == before
    assert terminal.said == []


def test_other_keys_are_told_and_waited_past(terminal: Terminal) -> None:
    to_come = [b"11", b"\xff", b"\x1b[A1"]

    def said(line: str) -> None:
        terminal.said.append(line)
        terminal.types(to_come.pop(0))

    with keys(said) as typed:
        terminal.types(b"7")

        assert typed.next(KNOWN) == "1"

    assert [line.split(" is none of ")[0] for line in terminal.said] == ["'7'", "'11'", "'\ufffd'"]


def test_what_was_typed_before_is_forgotten(terminal: Terminal) -> None:
    with keys(terminal.said.append) as typed:
        terminal.types(b"1")
        typed.forget()
        terminal.types(b"t")

        assert typed.next(KNOWN) == "t"


def test_ctrl_d_and_a_terminal_that_is_gone_are_the_end(terminal: Terminal) -> None:
    with keys(terminal.said.append) as typed:
        terminal.types(b"\x04")

        assert typed.next(KNOWN) is None


def test_a_signal_to_end_mends_the_terminal_and_who_listened_before_listens_again(
    terminal: Terminal,
) -> None:
    before, listener = terminal.mode, signal.getsignal(signal.SIGTERM)

    with pytest.raises(SystemExit) as ended, keys(terminal.said.append):
        signal.raise_signal(signal.SIGTERM)

    assert ended.value.code == 128 + signal.SIGTERM
    assert terminal.mode == before
    assert signal.getsignal(signal.SIGTERM) == listener


def test_lines_are_answers_until_one_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(" T \n1\n\n1\n"))
    with keys(print) as typed:
        typed.forget()

        assert [typed.next(KNOWN), typed.next(KNOWN)] == ["t", "1"]
        with pytest.raises(CallError, match="'' is none of 1 t q"):
            typed.next(KNOWN)


def test_the_end_of_the_lines_is_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with keys(print) as typed:
        assert typed.next(KNOWN) is None


@pytest.mark.parametrize("closed", [True, False])
def test_without_stdin_there_is_nobody(monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    stdin = io.StringIO("1\n") if closed else None
    if stdin is not None:
        stdin.close()
    monkeypatch.setattr("sys.stdin", stdin)

    with pytest.raises(CallError, match="stdin is closed"), keys(print):
        pytest.fail("somebody was there")
