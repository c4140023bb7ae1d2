"""Calls of programs of our own, in this process: what came back, within a limit of time.

Nothing here is a sandbox. It is for references and their mutants, which are ours.
"""

from __future__ import annotations

import math
import signal
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from types import FrameType
from typing import cast

CALL_S = 0.5


class TooLongError(BaseException):
    """A call took too long; no program catches this by chance."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended: a value or the name of an error, and what it made of its arguments."""

    value: object
    error: str
    arguments: tuple[object, ...]


@contextmanager
def limited(seconds: float) -> Generator[None]:
    """Interrupt what runs inside after so many seconds of its own time."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def loaded(source: str, entry_point: str) -> Callable[..., object]:
    """Return the function of a program that was run in a namespace of its own."""
    names: dict[str, object] = {"__name__": "solution"}
    exec(compile(source, "solution", "exec"), names)  # noqa: S102 - our own program
    return cast("Callable[..., object]", names[entry_point])


def called(function: Callable[..., object], arguments: Sequence[object]) -> Outcome:
    """Call with copies of the arguments."""
    given = deepcopy(tuple(arguments))
    try:
        with limited(CALL_S):
            value = function(*given)
    except TooLongError:
        return Outcome(None, "TooLong", ())
    except Exception as error:  # noqa: BLE001 - whatever a mutant raises is its outcome
        return Outcome(None, type(error).__name__, given)
    return Outcome(value, "", given)


def same(one: object, other: object) -> bool:
    """Return whether two values are the same: floats within 1e-9, dictionaries in the same order.

    Values of different types are not, as their text differs.
    """
    if type(one) is not type(other):
        return False
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or one == other
    if isinstance(one, list | tuple):
        left, right = cast("Sequence[object]", one), cast("Sequence[object]", other)
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(one, dict):
        left_map, right_map = cast("Mapping[str, object]", one), cast("Mapping[str, object]", other)
        return list(left_map) == list(right_map) and all(
            same(left_map[name], right_map[name]) for name in left_map
        )
    return one == other


def alike(one: Outcome, other: Outcome) -> bool:
    """Return whether two calls ended in the same way and left their arguments the same."""
    return (
        one.error == other.error
        and same(one.value, other.value)
        and (bool(one.error) or same(one.arguments, other.arguments))
    )
