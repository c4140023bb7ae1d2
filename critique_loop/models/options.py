"""How a model's server is spoken to."""

from __future__ import annotations

from dataclasses import dataclass

from critique_loop.errors import CallError

_AT_LEAST_ONE = ("max_tokens", "max_attempts", "max_connections")
_ABOVE_ZERO = ("deadline_s", "connect_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """Settings of the connection; what a request sets itself goes before them.

    ``deadline_s`` is for a whole completion: gate, retries and waits included. ``max_tokens`` is
    sent with each request, so that what it can cost is known beforehand. ``max_attempts`` counts
    the tries where a server fails, ``backoff_s`` is the wait after the first of them, doubled each
    time. ``picture_tokens`` is the most that the model counts for one picture: 4096 holds for many,
    but gpt-4o-mini counts up to 36,835. ``max_connections`` is the most requests at once to the
    host. ``local_only`` refuses any host but this machine. ``stream`` asks for the answer in
    pieces, for servers that cut long silences.
    """

    deadline_s: float = 120.0
    max_tokens: int = 4096
    max_attempts: int = 6
    backoff_s: float = 0.5
    connect_s: float = 10.0
    picture_tokens: int = 4096
    max_connections: int = 16
    stream: bool = False
    local_only: bool = False

    def __post_init__(self) -> None:
        """Refuse settings with which nothing could be asked.

        Raises:
            CallError: a number is too small.
        """
        for name in _AT_LEAST_ONE:
            if not getattr(self, name) >= 1:
                raise CallError(f"{name} is {getattr(self, name)}", remedy="Give 1 or more.")
        for name in _ABOVE_ZERO:
            if not getattr(self, name) > 0:
                raise CallError(f"{name} is {getattr(self, name)}", remedy="Give more than 0.")
        if self.backoff_s < 0 or self.picture_tokens < 0:
            raise CallError("backoff_s or picture_tokens is negative", remedy="Give 0 or more.")
