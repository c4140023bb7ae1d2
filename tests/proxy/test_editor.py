"""Editing a program in an editor of one's own."""

from __future__ import annotations

import os
import pty
import stat
import termios
from collections.abc import Callable, Generator
from pathlib import Path

import anyio
import pytest

from critique_loop.proxy.editor import edited, editor_command

pytestmark = pytest.mark.anyio


@pytest.fixture
def fd() -> Generator[int]:
    typist, program = pty.openpty()
    yield program
    for end in (typist, program):
        os.close(end)


@pytest.fixture
def editor(tmp_path: Path) -> Callable[[str], list[str]]:
    """Return a maker of editors, each a shell script that gets the file as $1."""

    def make(script: str) -> list[str]:
        path = tmp_path / "editor"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(stat.S_IRWXU)
        return [str(path)]

    return make


async def test_the_program_comes_back_as_it_was_left(
    fd: int, editor: Callable[[str], list[str]]
) -> None:
    command = editor('echo "y = 2  # ä" >> "$1"')

    assert await edited("x = 1\n", command, input_fd=fd, output_fd=fd) == "x = 1\ny = 2  # ä\n"


async def test_an_editor_that_fails_edits_nothing(
    fd: int, editor: Callable[[str], list[str]]
) -> None:
    command = editor('echo "y = 2" > "$1"; exit 1')

    assert await edited("x = 1", command, input_fd=fd, output_fd=fd) is None


async def test_an_editor_ends_with_the_question_and_leaves_the_terminal_as_it_was(
    fd: int, tmp_path: Path, editor: Callable[[str], list[str]]
) -> None:
    before = raw = termios.tcgetattr(fd)
    pid_file = tmp_path / "pid"
    command = editor(f"stty raw -echo; echo $$ > {pid_file}; exec sleep 60")

    with anyio.move_on_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: edited("x", command, input_fd=fd, output_fd=fd))
            while not (pid_file.exists() and pid_file.read_text()):  # noqa: ASYNC110 - a process
                await anyio.sleep(0.01)
            raw = termios.tcgetattr(fd)
            group.cancel_scope.cancel()

    assert raw != before
    assert termios.tcgetattr(fd) == before
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


@pytest.mark.parametrize(
    ("visual", "plain", "command"),
    [
        ("", "", ()),
        ("", "sh -x", ["sh", "-x"]),
        ("sh", "no-such-editor", ["sh"]),
        ("", "no-such-editor", ()),
        ("'open quote", "", ()),
    ],
)
def test_the_editor_is_the_persons_own(
    monkeypatch: pytest.MonkeyPatch, visual: str, plain: str, command: object
) -> None:
    monkeypatch.setenv("VISUAL", visual)
    monkeypatch.setenv("EDITOR", plain)

    assert editor_command() == command
