"""Labelling: on a real terminal in a process of its own, and by lines from a script."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Generator
from pathlib import Path

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedCritic, ScriptedExecutor, ScriptedWriter
from critique_loop.values import (
    Dimension,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Label,
    OutputFile,
    Preference,
    Preferred,
    Rubric,
    Severity,
    Task,
)

SCRIPT = Path(__file__).with_name("label_here.py")
PATIENCE_S = 30.0
PICTURE = b"\x89PNG\r\n\x1a\n of the round"
HOSTILE = "\x1b[2Jred\u202e"
RUBRIC = Rubric(
    "r",
    (
        Dimension("tone", "Is the tone right?", levels={0: "no", 10: "yes " + HOSTILE}),
        Dimension("right", "Is it right?"),
    ),
    target=10.0,
)
Script = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with one run of three rounds."""
    programs = [f"print({n})  # {HOSTILE}" for n in (1, 2, 3)]
    finding = Finding("secret_finding", Severity.WARNING, "seen only when asked for")
    execution = Execution(
        ExecutionStatus.OK,
        stdout=f"out {HOSTILE}\n" + "line\n" * 100,
        files=(OutputFile("chart.png", "image/png", PICTURE),),
        evidence=Evidence((finding,), ("secret_finding",), {}, "chart.png"),
    )
    path = tmp_path / "traces.db"
    with SqliteStore(path) as store:
        Loop(
            writer=ScriptedWriter(programs),
            executor=ScriptedExecutor(dict.fromkeys(programs, execution)),
            critic=ScriptedCritic(dict.fromkeys(programs, 4.321)),
            proxy=UserProxy(budget=Budget(max_rounds=3)),
            store=store,
        ).run_sync(Task(f"a goal {HOSTILE}", RUBRIC), run_id="secretrun")
    return path


@pytest.fixture
def script(path: Path) -> Script:
    """Return a function that labels by lines: text, then options."""

    def run(lines: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPT), "--store", str(path), "--by", "ada", *options]
        return subprocess.run(
            command, input=lines, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )

    return run


def labels(path: Path) -> list[Label]:
    return [one for one in anyio.run(SqliteStore(path).labels) if isinstance(one, Label)]


def preferences(path: Path) -> list[Preference]:
    return [one for one in anyio.run(SqliteStore(path).labels) if isinstance(one, Preference)]


class Labeller:
    """A process that labels on a terminal, and what it has shown there."""

    def __init__(self, terminal: int, process: subprocess.Popen[str]) -> None:
        self.shown = ""
        self._seen = 0
        self._terminal = terminal
        self.process = process

    def sees(self, text: str) -> None:
        """Wait until the text is shown, anew since the last time."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.shown[self._seen :]:
            assert time.monotonic() < deadline, f"{text!r} is not in {self.shown[self._seen :]!r}"
            if select.select([self._terminal], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    self.shown += os.read(self._terminal, 65536).decode()
        self._seen = self.shown.index(text, self._seen) + len(text)

    def types(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def ends(self) -> int:
        return self.process.wait(PATIENCE_S)


@contextlib.contextmanager
def labeller(path: Path, *options: str) -> Generator[Labeller]:
    """Start a process with a controlling terminal, so that Ctrl-C is a key of it."""
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    with subprocess.Popen(
        [
            "setsid",
            "--ctty",
            sys.executable,
            str(SCRIPT),
            "--store",
            str(path),
            "--by",
            "ada",
            *options,
        ],
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Labeller(ours, process)
            process.wait(PATIENCE_S)
            assert termios.tcgetattr(theirs) == before
        finally:
            process.kill()
            os.close(ours)
            os.close(theirs)


@pytest.mark.slow
def test_a_key_is_an_answer_and_each_is_kept_before_the_next_question(path: Path) -> None:
    with labeller(path, "--dimension", "tone") as person:
        person.sees("q quit]")
        time.sleep(0.1)
        person.types("7")
        person.sees("2 of 3")
        after_one = [label.value for label in labels(path)]
        person.sees("q quit]")
        person.types("t")
        person.sees("3 of 3")
        person.sees("q quit]")
        person.types("?")
        assert person.ends() == 0

    found = labels(path)
    assert after_one == [7.0]
    assert [label.value for label in found] == [7.0, 10.0, None]
    assert {(label.by, label.dimension, label.blind) for label in found} == {("ada", "tone", True)}
    assert {label.shown.round for label in found} == {1, 2, 3}
    assert 0.05 < found[0].seconds < PATIENCE_S
    assert {len(label.rubric) for label in found} == {64}


@pytest.mark.slow
def test_who_judged_wrote_or_measured_is_not_shown_and_nothing_is_done_to_the_terminal(
    path: Path,
) -> None:
    with labeller(path, "--limit", "2") as person:
        person.sees("q quit]")
        person.types("5")
        person.sees("2 of 2")
        person.sees("q quit]")
        person.types("q")
        person.ends()

    shown = person.shown
    for secret in ("4.3", "scripted", "secret_finding", "secretrun", "\x1b[2J", "\u202e"):
        assert secret not in shown
    for told in (r"goal: a goal \x1b[2Jred\u202e", r"out \x1b[2Jred", "... 41 lines ...", "1 of 2"):
        assert told in shown
    assert shown.count("program:") == 1
    assert "the same as before" in shown


@pytest.mark.slow
def test_the_picture_lies_in_a_file_while_it_is_asked_about(path: Path) -> None:
    with labeller(path) as person:
        person.sees("q quit]")
        found = re.search(r"picture: (\S+)", person.shown)
        assert found is not None
        picture = Path(found[1])
        assert picture.read_bytes() == PICTURE
        person.types("q")
        person.ends()

    assert not picture.exists()


@pytest.mark.slow
def test_keys_that_mean_nothing_arrows_and_what_was_typed_ahead_are_no_answers(path: Path) -> None:
    with labeller(path, "--dimension", "tone") as person:
        person.sees("q quit]")
        person.types("\x1b[A")
        time.sleep(0.2)  # a terminal sends the bytes of one key together
        person.types("x")
        person.sees("'x' is none of")
        person.types("55")
        person.sees("'55' is none of")
        person.types("6")
        person.sees("2 of 3")
        person.sees("q quit]")
        person.types("\x04")
        assert person.ends() == 0

    assert [label.value for label in labels(path)] == [6.0]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["ctrl-c", "sigterm", "hang up"])
def test_however_it_ends_what_was_answered_is_kept_and_it_goes_on_there(
    path: Path, script: Script, how: str
) -> None:
    with labeller(path, "--dimension", "tone") as person:
        person.sees("q quit]")
        person.types("3")
        person.sees("2 of 3")
        person.sees("q quit]")
        if how == "ctrl-c":
            person.types("\x03")
        else:
            number = signal.SIGTERM if how == "sigterm" else signal.SIGHUP
            person.process.send_signal(number)
        code = person.ends()

    rest = script("4\n5\n", "--dimension", "tone")
    assert code == {"ctrl-c": 130, "sigterm": 143, "hang up": 129}[how]
    assert [label.value for label in labels(path)] == [3.0, 4.0, 5.0]
    assert len({label.shown for label in labels(path)}) == 3
    assert "1 of 2" in rest.stderr
    assert "nothing is left to ask ada" in script("", "--dimension", "tone").stderr


def test_back_asks_the_one_before_again_and_the_later_answer_is_kept_beside(
    path: Path, script: Script
) -> None:
    done = script("3\nu\n4\ns\nu\n6\nq\n", "--dimension", "tone")

    found = labels(path)
    assert [label.value for label in found] == [3.0, 4.0, 6.0]
    assert found[0].shown == found[1].shown != found[2].shown
    assert done.stdout.startswith("3 labels kept · ada · ")


def test_a_skipped_one_comes_again_the_next_time(path: Path, script: Script) -> None:
    script("s\n10\n0\n", "--dimension", "tone")

    again = script("q\n", "--dimension", "tone")

    assert [label.value for label in labels(path)] == [10.0, 0.0]
    assert "1 of 1" in again.stderr


def test_a_line_that_is_no_answer_ends_it_and_keeps_what_was_before(
    path: Path, script: Script
) -> None:
    done = script("7\n11\n5\n")

    assert done.returncode == 1
    assert "'11' is none of" in done.stderr
    assert "1 label kept" in done.stdout
    assert [label.value for label in labels(path)] == [7.0]


def test_with_findings_in_sight_a_label_is_not_blind(path: Path, script: Script) -> None:
    done = script("7\n", "--findings", "--limit", "1")

    assert "finding: warning secret_finding: seen only when asked for" in done.stderr
    assert [label.blind for label in labels(path)] == [False]


def test_pairs_are_asked_side_by_side(path: Path, script: Script) -> None:
    done = script("1\n=\n?\n", "--pairwise", "--dimension", "right")

    found = preferences(path)
    assert [p.preferred for p in found] == [Preferred.FIRST, Preferred.TIE, None]
    assert len({frozenset((p.first, p.second)) for p in found}) == 3
    assert done.stderr.count("[1]") == done.stderr.count("[2]") == 3
    assert "nothing is left" in script("", "--pairwise", "--dimension", "right").stderr


def test_the_program_is_shown_again_when_asked_for(script: Script) -> None:
    assert script("a\nq\n", "--limit", "1").stderr.count("program:") == 2


def test_a_dimension_or_a_run_that_is_not_there_is_refused(script: Script) -> None:
    assert "no dimension 'x'" in script("", "--dimension", "x").stderr
    assert "no run's id begins" in script("", "zzz").stderr


def test_a_name_that_can_not_be_kept_is_refused_before_anything_is_asked(script: Script) -> None:
    done = script("7\n", "--by", "\x1b[2J")

    assert "can't be the name of a person" in done.stderr
    assert "goal:" not in done.stderr


def test_who_says_no_name_has_that_of_the_machine(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--store", str(path), "--limit", "1"],
        input="7\n",
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LOGNAME": "eve"},
    )

    assert done.stdout.startswith("1 label kept · eve · ")
    assert [label.by for label in labels(path)] == ["eve"]


def test_without_stdin_it_is_refused(path: Path) -> None:
    command = f'exec "{sys.executable}" "{SCRIPT}" --store "{path}" --by ada <&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "stdin is closed" in done.stderr
