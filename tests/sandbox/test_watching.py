from __future__ import annotations

import os

import pytest
from watching import Capture


@pytest.mark.parametrize(
    ("written", "kept", "cut"),
    [(0, 0, False), (9, 9, False), (10, 10, False), (11, 10, True), (50_000, 10, True)],
)
def test_a_capture_keeps_the_first_bytes_and_says_whether_there_were_more(
    written: int, kept: int, *, cut: bool
) -> None:
    capture = Capture(10)
    os.write(capture.writer, b"x" * written)

    opened = capture.open_to_program(), capture.open_to_program()
    capture.drain()

    assert opened == (True, False)
    assert os.fstat(capture.memory).st_size == kept
    assert capture.cut is cut
    assert capture.move() is False
    capture.close()


def test_a_pipe_that_is_still_open_has_nothing_for_now() -> None:
    capture = Capture(10)

    assert capture.move() is False

    os.write(capture.writer, b"x")
    assert capture.move() is True
    capture.open_to_program()
    capture.close()
