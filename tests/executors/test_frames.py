from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Generator

import pytest

from critique_loop.executors.frames import HEAD, Frames, SandboxLost


@pytest.fixture
def pair() -> Generator[tuple[Frames, socket.socket]]:
    ours, theirs = socket.socketpair()
    frames = Frames(ours)
    frames.allow(2.0)
    yield frames, theirs
    frames.close()
    theirs.close()


def wrapped(content: bytes, *, stream: int = 1) -> bytes:
    return struct.pack(">BxxxL", stream, len(content)) + content


def frame(kind: bytes, content: bytes) -> bytes:
    return HEAD.pack(kind, len(content)) + content


def test_frames_are_sent_as_kind_length_and_content(pair: tuple[Frames, socket.socket]) -> None:
    frames, other = pair

    frames.send((b"P", b"print(1)"), (b"T", b""))

    assert other.recv(100) == b"P\0\0\0\0\0\0\0\x08print(1)T\0\0\0\0\0\0\0\0"


def test_frames_arrive_however_the_engine_cuts_and_mixes_them(
    pair: tuple[Frames, socket.socket],
) -> None:
    frames, other = pair
    message = frame(b"R", b"result") + frame(b"O", b"") + frame(b"E", b"last")
    for at in range(len(message)):
        other.sendall(wrapped(message[at : at + 1]) + wrapped(b"noise ", stream=2))

    received = [frames.receive(kind, cap=10) for kind in (b"R", b"O", b"E")]

    assert received == [b"result", b"", b"last"]
    assert frames.stderr.startswith("noise noise")


def test_only_the_last_words_on_stderr_are_kept(pair: tuple[Frames, socket.socket]) -> None:
    frames, other = pair
    other.sendall(wrapped(b"x" * 10_000 + b"end", stream=2) + wrapped(frame(b"R", b"")))

    frames.receive(b"R", cap=0)

    assert len(frames.stderr) == 4096
    assert frames.stderr.endswith("end")


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (wrapped(frame(b"X", b"")), "b'X'"),
        (wrapped(frame(b"R", b"12345")), "5 bytes"),
        (wrapped(HEAD.pack(b"R", 1 << 60)), str(1 << 60)),
        (wrapped(b"Rest"), "has ended"),
        (wrapped(b"", stream=7) + wrapped(b"x", stream=7), "stream 7"),
        (b"\1\0\0", "has ended"),
        (b"", "has ended"),
    ],
    ids=["kind", "cap", "huge", "half a head", "stream", "half a wrapper", "nothing"],
)
def test_what_makes_no_sense_is_a_lost_sandbox(
    pair: tuple[Frames, socket.socket], sent: bytes, words: str
) -> None:
    frames, other = pair
    other.sendall(sent)
    other.shutdown(socket.SHUT_WR)

    with pytest.raises(SandboxLost, match=words):
        frames.receive(b"R", cap=4)


def test_silence_ends_at_the_deadline(pair: tuple[Frames, socket.socket]) -> None:
    frames, _ = pair
    frames.allow(0.1)
    started = time.monotonic()

    with pytest.raises(SandboxLost, match="timed out"):
        frames.receive(b"R", cap=4)

    assert 0.1 <= time.monotonic() - started < 1


def test_drops_that_come_too_slowly_end_at_the_same_deadline(
    pair: tuple[Frames, socket.socket],
) -> None:
    frames, other = pair
    frames.allow(0.3)
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(0.02):
            other.sendall(wrapped(b"", stream=2))

    dripping = threading.Thread(target=drip)
    dripping.start()
    started = time.monotonic()
    try:
        with pytest.raises(SandboxLost):
            frames.receive(b"R", cap=4)
    finally:
        stop.set()
        dripping.join()

    assert time.monotonic() - started < 1


def test_sending_to_nobody_is_a_lost_sandbox(pair: tuple[Frames, socket.socket]) -> None:
    frames, other = pair
    other.close()

    with pytest.raises(SandboxLost, match="takes no orders"):
        frames.send((b"P", b"x"))


def test_closing_ends_a_receive_in_another_thread(pair: tuple[Frames, socket.socket]) -> None:
    frames, _ = pair
    frames.allow(30)
    ended: list[float] = []

    def receive() -> None:
        with pytest.raises(SandboxLost):
            frames.receive(b"R", cap=4)
        ended.append(time.monotonic())

    waiting = threading.Thread(target=receive)
    waiting.start()
    time.sleep(0.1)

    frames.close()

    waiting.join(2)
    assert ended


def test_an_open_stream_to_somebody_who_is_gone_is_given_up_before_the_deadline(
    pair: tuple[Frames, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    frames, _ = pair
    monkeypatch.setattr("critique_loop.executors.frames._LOOK_S", 0.02)
    frames.allow(30.0)
    began = time.monotonic()

    with pytest.raises(SandboxLost, match="has ended"):
        frames.wait(unless=lambda: True)
    with pytest.raises(SandboxLost, match="has ended"):
        frames.send((b"L", b"x" * (8 << 20)), unless=lambda: True)

    assert time.monotonic() - began < 5.0


def test_what_somebody_said_before_the_end_is_still_received(
    pair: tuple[Frames, socket.socket],
) -> None:
    frames, other = pair
    other.sendall(wrapped(frame(b"R", b"last")))

    frames.wait(unless=lambda: True)

    assert frames.receive(b"R", cap=10) == b"last"


def test_waiting_ends_at_the_deadline(pair: tuple[Frames, socket.socket]) -> None:
    frames, _ = pair
    frames.allow(0.05)

    frames.wait(unless=lambda: False)

    with pytest.raises(SandboxLost, match="doesn't answer"):
        frames.receive(b"R", cap=10)
