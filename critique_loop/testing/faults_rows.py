"""The row of the table of faults."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from critique_loop.testing.fault_server_acts import Plan

ANSWER = "answer"
CANCELLED = "cancelled"
SEVERAL = (2, 10)
"""Requests of a client that tries again, and in the end gives up."""


class Wanted(StrEnum):
    """What the client asks for."""

    TEXT = "text"
    JSON = "json"
    PICTURE = "a text about a picture"
    CHOICES = "three choices"
    PROBABILITIES = "probabilities"
    STREAM = "a stream"


class Cancelled(StrEnum):
    """What the client is doing when it is told to stop."""

    NEVER = ""
    BACKING_OFF = "waits to try again"
    AT_THE_GATE = "waits because another request of its host does"
    READING = "waits for the answer"


@dataclass(frozen=True, slots=True)
class Fault:
    """One variant of one fault, and what a client is to make of it.

    ``outcomes`` are those that are right: "answer", "cancelled", or kinds of ModelError.
    ``requests`` is the least and the most there may be, for all ``calls`` together. A call has
    ``deadline_s``, and is to be over ``within_s`` (default: the deadline) but not before
    ``not_before_s``. ``partial`` says that the error is to hold what had come, ``says`` what its
    message is to contain. The answer may only be one that came whole.
    """

    number: int
    variant: str
    plan: Plan
    outcomes: frozenset[str]
    requests: tuple[int, int] = (1, 1)
    wanted: Wanted = Wanted.TEXT
    calls: int = 1
    deadline_s: float = 8.0
    within_s: float | None = None
    not_before_s: float = 0.0
    partial: bool = False
    says: str = ""
    cancelled: Cancelled = Cancelled.NEVER

    @property
    def name(self) -> str:
        """Number and variant."""
        return f"{self.number} {self.variant}"
