"""A program tried on many inputs, within a time."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol, Self

from code_inputs import Input

CALL_S = 1.0
_MOST_STARTS = 4
# A busy machine makes everybody wait; only long waits are the program's own.
_WAITS, _WAITS_S = 10.0, 0.5
_GONE = {"timeout", "crashed"}


class Called(Protocol):
    """What of a call's end is looked at, see candidates.Called."""

    @property
    def status(self) -> str: ...  # noqa: D102 - as there
    @property
    def value(self) -> object: ...  # noqa: D102 - as there
    @property
    def error_type(self) -> str: ...  # noqa: D102 - as there
    @property
    def error_text(self) -> str: ...  # noqa: D102 - as there
    @property
    def line(self) -> int: ...  # noqa: D102 - as there
    @property
    def seconds(self) -> float: ...  # noqa: D102 - as there
    @property
    def cpu_s(self) -> float: ...  # noqa: D102 - as there
    @property
    def peak_bytes(self) -> int: ...  # noqa: D102 - as there
    @property
    def arguments_after(self) -> Sequence[object]: ...  # noqa: D102 - as there


class Program(Protocol):
    """A started program, see candidates.Program. ``failure`` says why it did not load."""

    @property
    def failure(self) -> Mapping[str, object] | None: ...  # noqa: D102 - as above
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...
    def call(  # noqa: D102 - as above
        self,
        function: str,
        args: Sequence[object] = ...,
        kwargs: Mapping[str, object] = ...,
        *,
        timeout_s: float,
    ) -> Called: ...
    def kind_of(self, name: str) -> str: ...  # noqa: D102 - as above


class Candidates(Protocol):
    """Starts programs one at a time, see candidates.Candidates."""

    def start(self, source: str | None = None) -> Program: ...  # noqa: D102 - as above


class Clock:
    """Time that may be spent, shared by everything that is tried, and how much of it on a call."""

    def __init__(self, seconds: float, most_a_call_s: float = CALL_S) -> None:
        self._until = time.monotonic() + seconds
        self._most_a_call_s = most_a_call_s

    @property
    def left_s(self) -> float:
        """How much is left; 0 when it is over."""
        return max(0.0, self._until - time.monotonic())

    @property
    def call_s(self) -> float:
        """How long the next call may take."""
        return min(self._most_a_call_s, max(self.left_s, 0.05))


class Trial(NamedTuple):
    """How one call of a program ended."""

    input: Input
    called: Called

    @property
    def returned(self) -> bool:
        """Whether a plain value came back."""
        return self.called.status == "returned"

    @property
    def raised(self) -> bool:
        """Whether it ended in an exception."""
        return self.called.status == "raised"


def waited(called: Called) -> bool:
    """Whether the program itself did nothing for most of the time."""
    return called.seconds > _WAITS * called.cpu_s + _WAITS_S


class Trials(NamedTuple):
    """All of a program's calls so far. ``failure``: why the program could not be loaded."""

    trials: tuple[Trial, ...]
    failure: str = ""


def try_program(
    candidates: Candidates,
    source: str | None,
    function: str,
    inputs: Sequence[Input],
    clock: Clock,
) -> Trials:
    """Call a function of a program (None: the draft) with each input, until the time is over.

    A call that takes long or ends the process costs a start; after a few of these it is enough.
    """
    done: list[Trial] = []
    waiting = list(inputs)
    for _ in range(_MOST_STARTS):
        with candidates.start(source) as program:
            if program.failure is not None:
                return Trials(tuple(done), "it can't be loaded")
            if not done and program.kind_of(function) not in {"function", "value"}:
                return Trials((), f"it has no function {function}")
            while waiting and clock.left_s > 0:
                one = waiting.pop(0)
                called = program.call(function, list(one.args), {}, timeout_s=clock.call_s)
                done.append(Trial(one, called))
                if called.status in _GONE:
                    break
        if not waiting or clock.left_s <= 0:
            break
    return Trials(tuple(done))
