"""A program, edited in the person's own editor."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import tempfile
import termios
from collections.abc import Generator, Sequence
from pathlib import Path

import anyio


def editor_command() -> Sequence[str]:
    """Return the command of $VISUAL or $EDITOR, empty where there is none that can be run."""
    try:
        command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    except ValueError:
        return ()
    return command if command and shutil.which(command[0]) else ()


async def edited(code: str, command: Sequence[str], *, input_fd: int, output_fd: int) -> str | None:
    """Return ``code`` as the person left it, None where the editor failed.

    The editor ends when this is cancelled, and the terminal is left as it was found.
    """
    with tempfile.TemporaryDirectory() as folder, _unchanged(input_fd):
        path = Path(folder) / "draft.py"
        path.write_text(code, encoding="utf-8", errors="backslashreplace")
        process = await anyio.open_process(
            [*command, str(path)], stdin=input_fd, stdout=output_fd, stderr=output_fd
        )
        async with process:
            failed = await process.wait()
        return None if failed else path.read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def _unchanged(fd: int) -> Generator[None]:
    settings = termios.tcgetattr(fd)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, settings)
