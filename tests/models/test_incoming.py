from __future__ import annotations

import time

import pytest

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models import incoming as incoming_module
from critique_loop.models.incoming import EventReader, Incoming
from critique_loop.models.redaction import Redactor
from critique_loop.values import Usage

BEGUN = b'data: {"choices":[{"delta":{"content":"4"}}]}\n\n'
ENDED = b'data: {"choices":[{"delta":{"content":"2"},"finish_reason":"stop"}]}\n\n'
COUNTED = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"


def arrive(*chunks: bytes, is_stream: bool = True) -> Incoming:
    incoming = Incoming(is_stream=is_stream, redactor=Redactor("sk-planted-0123456789"))
    for chunk in chunks:
        incoming.take(chunk)
    incoming.finish()
    return incoming


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_events_are_the_same_however_the_bytes_are_cut(size: int, end: bytes) -> None:
    stream = b"\xef\xbb\xbf: hello\n\nid: 7\ndata: \xc3\xa4\ndata:b\n\nevent: x\n\ndata: c\n\n"
    stream = stream.replace(b"\n", end) + b"\n"
    reader = EventReader()

    events = [
        event
        for begin in range(0, len(stream), size)
        for event in reader.feed(stream[begin : begin + size])
    ]

    assert events == ["ä\nb", "c"]


def test_a_long_line_in_many_pieces_is_read_in_no_time() -> None:
    reader = EventReader()
    began = time.process_time()

    events = [event for _ in range(8192) for event in reader.feed(b"data:" + b"x" * 251)]
    events += reader.feed(b"\n\n")

    assert [len(event) for event in events] == [8192 * 256 - 5]
    assert time.process_time() - began < 1.0


def test_the_pieces_of_a_stream_are_one_answer() -> None:
    incoming = arrive(BEGUN, b": still here\n\n", ENDED, COUNTED, DONE)

    assert incoming.answers[0].text == "42"
    assert incoming.usage == Usage(3, 2)


def test_nothing_more_is_wanted_after_the_end() -> None:
    incoming = Incoming(is_stream=True, redactor=Redactor())

    wanted = [incoming.take(chunk) for chunk in (BEGUN, ENDED, DONE, BEGUN)]

    assert wanted == [False, False, True, True]
    assert incoming.answers[0].text == "42"


@pytest.mark.parametrize("last", [b"", DONE, b"data: [DONE]", b"data: [DONE]\n"])
def test_an_answer_with_a_reason_to_stop_is_complete(last: bytes) -> None:
    assert arrive(BEGUN, ENDED, last).answers[0].finish_reason == "stop"


def test_the_arguments_of_a_tool_come_in_pieces_too() -> None:
    def step(function: str) -> bytes:
        return (
            b'data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":%s}]}}]}\n\n'
            % function.encode()
        )

    incoming = arrive(
        step('{"name":"f","arguments":""}'),
        step('{"arguments":"{\\"a\\":"}'),
        step('{"arguments":"1}"}'),
        ENDED,
    )

    assert incoming.answers[0].arguments == '{"a":1}'


@pytest.mark.parametrize(
    ("chunks", "kind"),
    [
        ((BEGUN,), ModelErrorKind.PROTOCOL),
        ((BEGUN, DONE), ModelErrorKind.PROTOCOL),
        ((b"",), ModelErrorKind.PROTOCOL),
        ((b"data: {broken\n\n",), ModelErrorKind.PROTOCOL),
        ((BEGUN, b'data: {"error":{"code":503,"message":"x"}}\n\n'), ModelErrorKind.OVERLOADED),
        ((b'event: error\ndata: {"message":"rate limit"}\n\n',), ModelErrorKind.RATE_LIMIT),
        ((b'data: {"error":{"code":"insufficient_quota"}}\n\n',), ModelErrorKind.QUOTA),
    ],
)
def test_a_stream_that_is_not_complete_is_an_error(
    chunks: tuple[bytes, ...], kind: ModelErrorKind
) -> None:
    with pytest.raises(ModelError) as raised:
        arrive(*chunks)

    assert raised.value.kind is kind
    assert raised.value.partial == ("4" if BEGUN in chunks else "")


def test_a_stream_with_no_answer_has_none() -> None:
    assert arrive(DONE).answers == {}


def test_a_document_without_choices_is_none() -> None:
    with pytest.raises(ModelError, match="no choices") as raised:
        arrive(b'{"object":"list"}', is_stream=False)

    assert raised.value.kind is ModelErrorKind.PROTOCOL


def test_a_document_that_says_what_is_wrong_in_its_own_way_is_an_error() -> None:
    with pytest.raises(ModelError, match="the model is gone"):
        arrive(b'{"detail":"the model is gone"}', is_stream=False)


def test_an_answer_that_does_not_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming_module, "_MOST_BYTES", 1000)
    incoming = Incoming(is_stream=False, redactor=Redactor())

    incoming.take(b"x" * 999)

    with pytest.raises(ModelError, match="does not end"):
        incoming.take(b"xx")


def test_a_key_that_comes_in_pieces_is_taken_out_of_what_had_come() -> None:
    step = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n'

    with pytest.raises(ModelError) as raised:
        arrive(step % b"sk-planted", step % b"-0123456789")

    assert raised.value.partial == "[key]"
