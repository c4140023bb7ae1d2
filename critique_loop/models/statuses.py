"""A refusal on its way, read as far as it is of use: the SDK would read an endless one for ever."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

_MOST_BYTES = 1024 * 1024


class Answer(Protocol):
    """What is used of an answer; whose class it is differs between versions of the SDK."""

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        ...

    @property
    def is_success(self) -> bool:
        """Whether the status is no refusal, redirections being one."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers."""
        ...

    def aiter_bytes(self) -> AsyncIterator[bytes]:
        """Return the body in pieces."""
        ...


class StatusError(Exception):
    """A server refuses; ``data`` is the beginning of what it says."""

    def __init__(self, answer: Answer, data: bytes) -> None:
        """Keep nothing of the request, which holds the key."""
        super().__init__(f"HTTP {answer.status_code}")
        self.status: int = answer.status_code
        self.headers: dict[str, str] = dict(answer.headers.items())
        self.data = data


async def raise_for_status(answer: Answer) -> None:
    """Read a refusal before the SDK does.

    Raises:
        StatusError: it is one.
    """
    if answer.is_success:
        return
    data = bytearray()
    async for chunk in answer.aiter_bytes():
        data += chunk
        if len(data) >= _MOST_BYTES:
            break
    raise StatusError(answer, bytes(data[:_MOST_BYTES]))
