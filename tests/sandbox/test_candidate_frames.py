from __future__ import annotations

import socket
import struct
import time
from collections.abc import Generator

import pytest
from candidate_frames import MOST_BYTES, ClosedError, Frames, TooLargeError, TooLateError


@pytest.fixture
def ends() -> Generator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


Ends = tuple[socket.socket, socket.socket]


def test_a_message_arrives_as_it_was_sent(ends: Ends) -> None:
    message = {"text": "ä\ud800", "list": [1, None]}

    Frames(ends[0]).send(message)

    assert Frames(ends[1]).receive(deadline=time.monotonic() + 1) == message


@pytest.mark.parametrize(
    "content",
    [b"[1]", b"{", b"\xff", b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}"],
    ids=["no object", "cut off", "no text", "too deep", "too many digits"],
)
def test_what_is_no_message_ends_the_connection(ends: Ends, content: bytes) -> None:
    ends[0].sendall(struct.pack(">I", len(content)) + content)

    with pytest.raises(ClosedError):
        Frames(ends[1]).receive(deadline=time.monotonic() + 1)


def test_a_length_beyond_the_limit_is_not_waited_for(ends: Ends) -> None:
    ends[0].sendall(struct.pack(">I", MOST_BYTES + 1))

    with pytest.raises(ClosedError, match="announced"):
        Frames(ends[1]).receive(deadline=time.monotonic() + 1)


def test_nothing_too_large_is_sent(ends: Ends) -> None:
    with pytest.raises(TooLargeError):
        Frames(ends[0]).send({"text": "x" * MOST_BYTES})


def test_who_says_nothing_or_drips_is_too_late(ends: Ends) -> None:
    frames = Frames(ends[1])

    with pytest.raises(TooLateError):
        frames.receive(deadline=time.monotonic() + 0.05)
    ends[0].sendall(b"\0")
    with pytest.raises(TooLateError):
        frames.receive(deadline=time.monotonic() + 0.05)


def test_who_takes_nothing_is_too_late(ends: Ends) -> None:
    with pytest.raises(TooLateError):
        Frames(ends[0]).send({"text": "x" * (4 << 20)}, deadline=time.monotonic() + 0.05)


def test_who_hangs_up_is_gone(ends: Ends) -> None:
    ends[0].close()

    with pytest.raises(ClosedError, match="hung up"):
        Frames(ends[1]).receive()
