"""Sent along with the sandbox's own code to learn which of its branches run, process by process.

Records arcs the way coverage.py does: from line to line, a negative first line number standing for
entering and leaving a code object.
"""

from __future__ import annotations

import dis
import inspect
import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

Tracer = Callable[[FrameType, str, Any], Any]

_RESUME = dis.opmap["RESUME"]
_arcs: dict[str, set[tuple[int, int]]] = {}


def begin(role: str) -> None:
    """Record from here on, the frames that are already running included."""
    del role
    sys.settrace(_enter)
    ours = inspect.currentframe()
    frame = ours.f_back if ours is not None else None
    while frame is not None:
        if frame.f_code.co_filename.startswith("/sandbox/") and frame.f_trace is None:
            frame.f_trace = _follow(frame, frame.f_lineno)
        frame = frame.f_back


def end() -> bytes:
    """Return what was recorded, by this process and those it was forked from, as a line of JSON."""
    arcs = {name: sorted(pairs) for name, pairs in _arcs.items()}
    return json.dumps(arcs).encode() + b"\n"


def _enter(frame: FrameType, event: str, arg: object) -> Tracer | None:
    del event, arg
    code = frame.f_code
    if not code.co_filename.startswith("/sandbox/") or code.co_filename.endswith("fork_trace.py"):
        return None
    begins = frame.f_lasti < 0 or code.co_code[frame.f_lasti + 1] == 0
    return _follow(frame, -code.co_firstlineno if begins else frame.f_lineno)


def _follow(frame: FrameType, last: int) -> Tracer:
    arcs = _arcs.setdefault(frame.f_code.co_filename, set())

    def trace(frame: FrameType, event: str, arg: object) -> Tracer:
        nonlocal last
        del arg
        if event == "line":
            arcs.add((last, frame.f_lineno))
            last = frame.f_lineno
        elif event == "return" and _really_returns(frame):
            arcs.add((last, -frame.f_code.co_firstlineno))
        return trace

    return trace


def _really_returns(frame: FrameType) -> bool:
    """Tell a return from a yield, after which the code is resumed."""
    code, at = frame.f_code.co_code, frame.f_lasti
    return len(code) == at + 2 or code[at + 2] != _RESUME
