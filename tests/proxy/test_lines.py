"""Typed lines."""

from __future__ import annotations

import os
import pty
import threading
from collections.abc import Generator

import anyio
import pytest

from critique_loop.proxy.lines import Lines, cleaned

pytestmark = pytest.mark.anyio


@pytest.fixture
def terminal() -> Generator[tuple[int, int]]:
    """Yield the two ends of a terminal: the typist's, and the program's."""
    typist, program = pty.openpty()
    yield typist, program
    for fd in (typist, program):
        os.close(fd)


async def test_lines_come_one_by_one(terminal: tuple[int, int]) -> None:
    typist, program = terminal
    os.write(typist, "one\ntwo ä\n".encode())
    lines = Lines(program)

    with anyio.fail_after(5):
        assert [await lines.next(), await lines.next()] == ["one", "two ä"]


async def test_the_end_of_the_input_is_none_and_more_may_come(terminal: tuple[int, int]) -> None:
    typist, program = terminal
    lines = Lines(program)
    os.write(typist, b"\x04")

    with anyio.fail_after(5):
        assert await lines.next() is None
        os.write(typist, b"more\n")
        assert await lines.next() == "more"


async def test_a_closed_terminal_is_the_end() -> None:
    typist, program = pty.openpty()
    os.close(typist)

    with anyio.fail_after(5):
        assert await Lines(program).next() is None
    os.close(program)


async def test_waiting_leaves_no_thread_and_loses_no_line(terminal: tuple[int, int]) -> None:
    typist, program = terminal
    before = threading.active_count()
    lines = Lines(program)
    with anyio.move_on_after(0.05) as scope:
        await lines.next()
    os.write(typist, b"late\n")

    with anyio.fail_after(5):
        line = await lines.next()

    assert scope.cancelled_caught
    assert line == "late"
    assert threading.active_count() == before


async def test_what_was_typed_before_is_forgotten(terminal: tuple[int, int]) -> None:
    typist, program = terminal
    os.write(typist, b"yes\n")
    await anyio.sleep(0.05)
    lines = Lines(program)

    lines.forget()
    os.write(typist, b"no\n")

    with anyio.fail_after(5):
        assert await lines.next() == "no"


def test_codes_of_keys_and_control_characters_are_left_out() -> None:
    assert cleaned("a\x1b[Ab\x1b[1;5Cc\x1bOPd\x00\x07\te\ud800") == "abcd\te"
