"""Exceptions between the judge and a program under test: described as data, and built again.

Python's own classes of ``Exception`` come as themselves. A class of the draft's becomes a class of
the same name here, one per name, over the nearest of Python's own: ``pytest.raises`` with either
holds as it would in one process. What is no ``Exception`` (``KeyboardInterrupt``, ...) comes as
one, so that no draft can stop the judge by raising; only ``SystemExit`` stays itself.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any, cast

from candidate_values import NotPlainError, encode

Described = dict[str, Any]

_LONGEST = 2000
_SHORT = 200
_DEEPEST = 20


def describe(error: BaseException) -> Described:
    """Return as data what is known of an exception; never raises."""
    described = describe_class(type(error))
    described["text"] = _text_of(error)
    described["args"] = _plain_or_none(list(error.args))
    described["state"] = _state_of(error)
    described["line"] = _line_of(error)
    return described


def describe_class(kind: type) -> Described:
    """Return the names of a class and of those of the draft's own that it extends."""
    own: list[str] = []
    builtin = ""
    for base in kind.__mro__[:_DEEPEST]:
        name = str(base.__name__)[:_SHORT]
        if vars(builtins).get(name) is base:
            builtin = name
            break
        own.append(name)
    return {"own": own, "builtin": builtin}


def _text_of(error: BaseException) -> str:
    try:
        return str(error)[:_LONGEST]
    except BaseException as second:  # noqa: BLE001 - the draft's own words may fail in any way
        return f"(its text can't be had: {type(second).__name__})"


def _state_of(error: BaseException) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for name, value in list(vars(error).items())[:_DEEPEST]:
        plain = _plain_or_none(value)
        if plain is not None and name.isidentifier() and not name.startswith("_"):
            state[name] = plain
    return state


def _plain_or_none(value: object) -> Any:  # noqa: ANN401 - JSON
    try:
        return encode(value, _refuse)
    except Exception:  # noqa: BLE001 - whatever the draft's objects do, then they don't travel
        return None


def _refuse(value: object) -> dict[str, Any]:
    raise NotPlainError(type(value).__name__)


def _line_of(error: BaseException) -> int:
    """Return the last line of the draft itself in the traceback, 0 for none."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if "/" not in trace.tb_frame.f_code.co_filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


class RaisedError(Exception):
    """An exception of the draft's that is no ``Exception`` of Python's own."""


class Classes:
    """The classes of the draft's that the judge has met, one per name."""

    def __init__(self) -> None:
        self._made: dict[str, type[BaseException]] = {}

    def class_of(self, described: Mapping[str, Any]) -> type[BaseException]:
        """Return the class that stands for the described one."""
        kind = _builtin(described.get("builtin"))
        own = described.get("own")
        names = cast("list[object]", own) if isinstance(own, list) else []
        for name in reversed(names[:_DEEPEST]):
            text = str(name)[:_SHORT]
            made = self._made.get(text)
            if made is None:
                made = self._made[text] = _extended(kind, text)
            kind = made
        return kind

    def rebuild(self, described: object, read: Callable[[Any], Any]) -> BaseException:
        """Return an exception like the described one; ``read`` decodes plain data."""
        data = cast("Described", described) if isinstance(described, dict) else {}
        kind = self.class_of(data)
        text = str(data.get("text", ""))[:_LONGEST]
        error = _made_of(kind, _read_or(data.get("args"), read), text)
        state = data.get("state")
        for name, value in (cast("Described", state) if isinstance(state, dict) else {}).items():
            if name.isidentifier() and not name.startswith("_"):
                vars(error)[name] = _read_or(value, read)
        return error


def rebuild(described: object, read: Callable[[Any], Any]) -> BaseException:
    """Return an exception like the described one, of a class made for it alone."""
    return Classes().rebuild(described, read)


def _builtin(name: object) -> type[BaseException]:
    kind = vars(builtins).get(name) if isinstance(name, str) else None
    if isinstance(kind, type) and issubclass(kind, (Exception, SystemExit)):
        return kind
    return RaisedError


def _extended(kind: type[BaseException], name: str) -> type[BaseException]:
    return type(name, (kind,), {"__module__": "solution"})


def _made_of(kind: type[BaseException], args: object, text: str) -> BaseException:
    if isinstance(args, list):
        try:
            error = kind(*cast("list[object]", args))
            if str(error) == text:
                return error
        except Exception:  # noqa: BLE001, S110 - a class with demands of its own; see below
            pass

    # Its text is the draft's own doing.
    def says(_: BaseException) -> str:
        return text

    spoken = type(kind.__name__, (kind,), {"__module__": "solution", "__str__": says})
    try:
        return spoken(text)
    except TypeError:
        return RaisedError(f"{kind.__name__}: {text}")


def _read_or(data: object, read: Callable[[Any], Any]) -> object:
    try:
        return read(data)
    except NotPlainError:
        return None
