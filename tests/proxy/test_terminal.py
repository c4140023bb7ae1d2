"""Asking on a real terminal, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).with_name("ask_here.py")
PATIENCE_S = 30.0


class Typist:
    """A process on a terminal, and what it has shown there."""

    def __init__(self, fd: int, process: subprocess.Popen[str]) -> None:
        self.shown = ""
        self._fd = fd
        self._process = process

    def sees(self, text: str) -> None:
        """Wait until the text is shown, anew since the last time."""
        deadline = time.monotonic() + PATIENCE_S
        seen = ""
        while text not in seen:
            assert time.monotonic() < deadline, f"{text!r} is not in {seen!r}"
            if select.select([self._fd], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    seen += os.read(self._fd, 65536).decode()
        self.shown += seen

    def types(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def ends(self) -> dict[str, Any]:
        """Return the answer that the process printed."""
        out, _ = self._process.communicate(timeout=PATIENCE_S)
        return json.loads(out)

    def interrupts(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(PATIENCE_S)


@pytest.fixture
def typist() -> Generator[Callable[..., Typist]]:
    with contextlib.ExitStack() as stack:

        def start(
            timeout_s: float = PATIENCE_S, environment: Mapping[str, str] | None = None
        ) -> Typist:
            ours, theirs = pty.openpty()
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, str(SCRIPT), str(timeout_s)],
                    stdin=theirs,
                    stderr=theirs,
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "VISUAL": "", "EDITOR": "", **(environment or {})},
                )
            )
            stack.callback(process.kill)
            os.close(theirs)
            stack.callback(os.close, ours)
            return Typist(ours, process)

        yield start


def test_a_person_chooses_findings_and_says_what_to_change(
    typist: Callable[..., Typist],
) -> None:
    here = typist()
    here.sees("> ")
    here.types("+2 -1\n")
    here.sees("apply warning (0.40) plain")
    here.types("ref\n")
    here.sees("What is to change?")
    here.types("use a log scale\nand a \x1b[Atitle\n\n")

    answer = here.ends()

    assert answer == {
        "choice": "refine",
        "text": "use a log scale\nand a title",
        "code": "",
        "scores": {},
        "applied": ["plain"],
        "skipped": ["wrong"],
        "by": "person",
        "never": False,
    }
    assert "No gain in 3 rounds" in here.shown
    assert "1 apply error wrong: it is \\x1b[31mwrong → make it right" in here.shown
    assert "\x1b" not in here.shown
    assert here.shown.startswith("[aside]")


def test_what_can_not_be_understood_is_asked_again(typist: Callable[..., Typist]) -> None:
    here = typist()
    here.sees("> ")
    for typed, said in (
        ("yes", "'yes' is none of these: accept, refine, edit, rescore, stop"),
        ("re", "'re' could be several things: refine, rescore"),
        ("+3", "there is no finding 3"),
        ("+x", "'+x' is neither +N nor -N"),
        ("rescore right=11", "11 is no mark"),
        ("rescore right", "'right' is not name=mark"),
        ("rescore right=a", "'right=a' is not name=mark"),
        ("rescore taste=5", "'taste' is no dimension"),
        ("code", "2  print(x)"),
        ("?", "1 apply error wrong"),
    ):
        here.types(f"{typed}\n")
        here.sees(said)
    here.types("rescore right=9.5\n")

    assert here.ends()["scores"] == {"right": 9.5}


def test_enter_is_the_default_of_a_person_and_the_end_of_input_that_of_nobody(
    typist: Callable[..., Typist],
) -> None:
    one, other = typist(), typist()
    one.sees("> ")
    other.sees("> ")
    one.types("\n")
    other.types("\x04")

    assert (one.ends()["choice"], other.ends()["choice"]) == ("stop", "stop")


def test_the_end_of_input_is_recorded_as_the_default(typist: Callable[..., Typist]) -> None:
    here = typist()
    here.sees("> ")
    here.types("\x04")

    answer = here.ends()

    assert (answer["choice"], answer["by"]) == ("stop", "default")


def test_what_was_typed_before_the_question_is_no_answer(typist: Callable[..., Typist]) -> None:
    here = typist()
    here.types("accept\n")
    here.sees("> ")
    here.types("stop it now\n")

    answer = here.ends()

    assert (answer["choice"], answer["text"]) == ("stop", "it now")


def test_no_answer_in_time_is_the_default_and_the_process_ends(
    typist: Callable[..., Typist],
) -> None:
    here = typist(timeout_s=0.2)
    here.sees("(no answer)")

    answer = here.ends()

    assert (answer["choice"], answer["by"]) == ("stop", "default")


def test_a_program_is_typed_where_there_is_no_editor(typist: Callable[..., Typist]) -> None:
    here = typist()
    here.sees("> ")
    here.types("edit\n")
    here.sees("A line with only '.' ends it")
    here.types("for x in y:\n\tprint(x)\n\n.\n")

    assert here.ends()["code"] == "for x in y:\n\tprint(x)\n"


def test_a_program_is_edited_in_the_editor_of_the_person(
    typist: Callable[..., Typist], tmp_path: Path
) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "editing" >&2\nsed -i s/1/2/ "$1"\n')
    editor.chmod(0o700)
    here = typist(environment={"VISUAL": str(editor)})
    here.sees("> ")
    here.types("edit\n")
    here.sees("editing")

    assert here.ends()["code"] == "x = 2\nprint(x)"


def test_a_program_that_was_left_as_it_is_is_no_edit(typist: Callable[..., Typist]) -> None:
    here = typist(environment={"VISUAL": "true"})
    here.sees("> ")
    here.types("edit\n")
    here.sees("the program was not changed")
    here.types("stop\n")

    assert here.ends()["choice"] == "stop"


def test_the_picture_that_is_asked_about_lies_there_until_the_answer(
    typist: Callable[..., Typist],
) -> None:
    here = typist()
    here.sees("> ")
    path = Path(here.shown.partition("picture: ")[2].split()[0])
    before = path.read_bytes()
    here.types("accept\n")

    assert here.ends()["choice"] == "accept"
    assert before == b"\x89PNG of the round"
    assert not path.parent.exists()


def test_an_interrupt_ends_it(typist: Callable[..., Typist]) -> None:
    here = typist()
    here.sees("> ")

    assert here.interrupts() != 0


def test_without_a_terminal_nobody_is_asked_and_that_is_said() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "5"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout)["never"] is True
    assert "no terminal" in done.stderr
