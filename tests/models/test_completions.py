from __future__ import annotations

import pytest

from critique_loop.errors import ModelError, ModelErrorKind
from critique_loop.models.completions import decoded, has_error, usage_of
from critique_loop.models.redaction import Redactor
from critique_loop.values import Usage


def read(data: bytes) -> object:
    return decoded(data, status=200, redactor=Redactor("sk-planted-0123456789"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"choices": [',
        b'{"choices": [{"message": "text"}]}',
        b'{"choices": [{"message": {"content": "\\ud800"}}]}',
        b"\xff\xfe",
        b'{"choices": [{"message": {"tool_calls": [{"function": {"arguments": "\xff"}}]}}]}',
        b"[" * 100_000,
        b'data: {"choices": []}\n\n',
    ],
)
def test_what_is_no_chat_completion_is_shown_as_it_begins(data: bytes) -> None:
    with pytest.raises(ModelError) as raised:
        read(data)

    assert raised.value.kind is ModelErrorKind.PROTOCOL
    assert len(str(raised.value)) < 600


def test_the_key_is_not_shown_with_it() -> None:
    with pytest.raises(ModelError) as raised:
        read(b"<html>sk-planted-0123456789</html>")

    assert "planted" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'{"choices": null}',
        b'{"choices": [{"index": null, "message": {"content": null, "tool_calls": null}}]}',
        b'{"choices": [{"index": "0", "delta": {}}], "usage": null, "unknown": {"a": [1]}}',
    ],
)
def test_what_servers_leave_out_is_no_fault(data: bytes) -> None:
    assert read(data)


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        (b'{"prompt_tokens": 3, "completion_tokens": 4}', Usage(3, 4)),
        (b'{"prompt_tokens": "3", "completion_tokens": 4.0}', Usage(3, 4)),
        (
            b'{"prompt_tokens": 3, "completion_tokens": 4, "prompt_cache_hit_tokens": 2}',
            Usage(3, 4, cached_input_tokens=2),
        ),
        (
            b'{"prompt_tokens": 3, "completion_tokens": 4,'
            b'"completion_tokens_details": {"reasoning_tokens": 9}}',
            Usage(3, 4, reasoning_tokens=4),
        ),
        (b'{"prompt_tokens": 3}', Usage()),
        (b'{"prompt_tokens": -3, "completion_tokens": 4}', Usage()),
        (b'{"prompt_tokens": 0, "completion_tokens": 0}', Usage()),
        (b'{"prompt_tokens": 1000000000, "completion_tokens": 4}', Usage(10**9, 4)),
        (b'{"prompt_tokens": 1000000001, "completion_tokens": 4}', Usage()),
        (b'{"prompt_tokens": 3, "completion_tokens": %s}' % (b"9" * 308), Usage()),
        (b'{"prompt_tokens": %s, "completion_tokens": 4}' % (b"9" * 320), Usage()),
        (b'{"prompt_tokens": 1%s, "completion_tokens": 4}' % (b"0" * 9000), Usage()),
        (b'{"prompt_tokens": 1e400, "completion_tokens": 4}', Usage()),
        (b'{"prompt_tokens": 3.5, "completion_tokens": 4}', Usage()),
        (b"[]", Usage()),
        (b"null", Usage()),
        (b'{"prompt_tokens": "\xff"}', Usage()),
    ],
)
def test_counts_that_cannot_be_true_are_unknown(counts: bytes, usage: Usage) -> None:
    completion = decoded(b'{"usage": %s}' % counts, status=200, redactor=Redactor())

    assert usage_of(completion) == usage


@pytest.mark.parametrize(
    ("error", "is_one"),
    [(b'"x"', True), (b'{"code": 1}', True), (b"null", False), (b'""', False), (b"{}", False)],
)
def test_an_error_that_says_nothing_is_none(error: bytes, is_one: bool) -> None:
    completion = decoded(b'{"error": %s}' % error, status=200, redactor=Redactor())

    assert has_error(completion) is is_one
