"""Programs under test, as the judge sees them: started, called, and ended when their time is up.

    candidates = Candidates(control, draft=source, module="solution")
    with candidates.start() as program:          # the draft; start(source) runs another program
        called = program.call("add", [1, 2], {}, timeout_s=5.0)

Each ``start`` is a process of its own that runs the program as a module in a fresh folder. Values
travel as plain data, see candidate_values; what the draft does with the channel can bring wrong
values and nothing else. Times are the judge's own, processor time and memory are the kernel's.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, NamedTuple, Self, cast

from candidate_errors import Classes, describe
from candidate_frames import ClosedError, Frames, Message, TooLargeError, TooLateError
from candidate_host import AGAIN, DRAFT, HIDDEN
from candidate_lines import START_S, Line, LostHostError, Ran, open_line, run_main
from candidate_values import NotPlainError, Refer, Resolve, decode, encode

__all__ = ["Called", "Candidates", "LostHostError", "Program", "Ran"]

Status = Literal["returned", "raised", "timeout", "crashed", "unplain"]
_SHORT, _LONG = 200, 2000
_NO_OPTIONS: Mapping[str, object] = {}


class Called(NamedTuple):
    """How a call ended.

    ``returned``: ``value`` is plain data. ``raised``: ``error_type`` and ``error_text`` say what,
    ``line`` where in the program (0: nowhere), ``is_pythons`` whether the class is one of Python's
    own and not of the same name. ``timeout``, ``crashed``: the process is gone.
    ``unplain``: what was returned can't travel, ``error_type`` is its class; or an argument can't.
    ``arguments_after`` holds the positional arguments as they were left, empty where that isn't
    known. ``seconds`` is wall time, ``cpu_s`` the process's processor time during the call,
    ``peak_bytes`` its largest resident size so far (0 where the kernel doesn't tell).
    """

    status: Status
    value: object = None
    error_type: str = ""
    error_text: str = ""
    line: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    arguments_after: Sequence[object] = ()
    printed: str = ""
    is_pythons: bool = False


class Entry(NamedTuple):
    """A name of the module; "" is the module itself."""

    name: str


UNCHANGED, LOST = object(), object()
"""An argument of a type which can't change; one that holds what can't travel (any more)."""


class GoneError(Exception):
    """The process of the program is gone. ``status`` is "timeout" or "crashed"."""

    def __init__(self, status: Literal["timeout", "crashed"], why: str) -> None:
        super().__init__(why)
        self.status: Literal["timeout", "crashed"] = status


class Answered(NamedTuple):
    """What came back for one operation; ``raised`` is an exception described as data.

    ``after``: what each argument is now, UNCHANGED for one that can't have changed.
    """

    value: object = None
    raised: dict[str, Any] | None = None
    unplain: str = ""
    after: Sequence[object] = ()
    printed: str = ""


class References(NamedTuple):
    """What values that aren't plain become on their way out and in; ``call`` runs callbacks."""

    refer: Refer
    resolve: Resolve
    call: Callable[[int, Sequence[object], Mapping[str, object]], object]


def _refuse(value: object) -> dict[str, Any]:
    raise NotPlainError(f"an object of type {type(value).__name__} can't be sent to the program")


def _opaque(reference: Mapping[str, Any]) -> object:
    if "base" in reference:  # Its class extends a plain one; what is plain in it can be had.
        return decode(reference["base"], _opaque)
    raise NotPlainError(str(reference.get("class", reference.get("t")))[:200])


def _no_callback(number: int, args: Sequence[object], kwargs: Mapping[str, object]) -> object:
    del args, kwargs
    raise LookupError(f"there is no callback {number}")


PLAIN = References(_refuse, _opaque, _no_callback)


class Candidates:
    """Starts programs; one lives at a time.

    ``control`` is the socket to the candidate host, ``draft`` the source that is tested, ``module``
    the name that it is imported under.
    """

    def __init__(self, control: socket.socket, *, draft: str, module: str = "solution") -> None:
        self._control = control
        self._draft = draft
        self.module: str = module
        self.classes: Classes = Classes()

    def start(
        self, source: str | None = None, *, references: References = PLAIN, again: bool = False
    ) -> Program:
        """Start the draft, or another program, whose process is then closed to all others.

        It finds no file that an earlier one left, unless it is the draft ``again``: then the tests
        that ran may have made files for it.

        Raises:
            LostHostError: there is nobody to start it.
        """
        kind = HIDDEN if source is not None else AGAIN if again else DRAFT
        line = open_line(self._control, kind)
        order = {"source": self._draft if source is None else source, "module": self.module}
        program = Program(line, self.classes, references)
        program.load(order)
        return program

    def run(self, stdin: str, arguments: Sequence[str], *, timeout_s: float) -> Ran:
        """Run the draft as ``__main__`` from its beginning to its end.

        Raises:
            LostHostError: there is nobody to start it.
        """
        streams = [os.memfd_create(name) for name in ("stdin", "stdout", "stderr")]
        try:
            os.write(streams[0], stdin.encode("utf-8", "surrogatepass"))
            os.lseek(streams[0], 0, os.SEEK_SET)
            order = {"source": self._draft, "arguments": list(arguments)}
            return run_main(open_line(self._control, DRAFT), streams, order, timeout_s)
        finally:
            for stream in streams:
                os.close(stream)


class Program:
    """One process with the program loaded as a module.

    ``failure`` says what loading raised, None if nothing. ``gone`` says why there is no process any
    more, None while there is one.
    """

    def __init__(self, line: Line, classes: Classes, references: References) -> None:
        self._line = line
        self._frames = Frames(line.channel)
        self._classes = classes
        self._references = references
        self._last = 0
        self.failure: dict[str, Any] | None = None
        self.gone: GoneError | None = None

    def __enter__(self) -> Self:
        """It runs already."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the process and all it started."""
        self.close()

    def load(self, order: Message, *, timeout_s: float = START_S) -> None:
        """Send the source and wait until it has run as a module."""
        deadline = time.monotonic() + timeout_s
        with suppress(OSError):
            self._line.channel.send(b"S")
        try:
            self._frames.send(order, deadline=deadline)
            answer = self._answer(0, deadline)
        except (ClosedError, TooLateError, TooLargeError) as error:
            self._lose(error)
        else:
            self.failure = self._read(answer, []).raised

    def operate(
        self,
        operation: str,
        args: Sequence[object],
        kwargs: Mapping[str, object] = _NO_OPTIONS,
        *,
        deadline: float,
    ) -> Answered:
        """Have the program do one of candidate_program's OPERATIONS.

        Raises:
            GoneError: its process is gone, now or before.
            NotPlainError: an argument can't be sent, or the answer is no value.
        """
        if self.gone is not None:
            raise self.gone
        self._last += 1
        message: Message = {
            "do": operation,
            "id": self._last,
            "args": [encode(argument, self._refer) for argument in args],
            "kwargs": [[key, encode(value, self._refer)] for key, value in kwargs.items()],
        }
        try:
            self._frames.send(message, deadline=deadline)
            answer = self._answer(message["id"], deadline)
        except TooLargeError as error:
            raise NotPlainError(f"the arguments are too large: {error}") from error
        except (ClosedError, TooLateError) as error:
            raise self._lose(error) from error
        return self._read(answer, [*args, *kwargs.values()])

    def _refer(self, value: object) -> dict[str, Any]:
        if isinstance(value, Entry):
            return {"t": "entry", "v": value.name}
        return self._references.refer(value)

    def call(
        self,
        function: str,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] = _NO_OPTIONS,
        *,
        timeout_s: float,
    ) -> Called:
        """Call a function of the module (``Class.method`` and the like work) with plain values."""
        if self.failure is not None:
            return _raised(self.failure)
        cpu_s, started = self._line.cpu_s(), time.monotonic()
        try:
            answered = self.operate(
                "call", [Entry(function), *args], kwargs, deadline=started + timeout_s
            )
            called = _called(answered)._replace(
                arguments_after=_known(args, answered.after[1:]), printed=answered.printed
            )
        except GoneError as gone:
            called = Called(gone.status, error_text=str(gone))
        except NotPlainError as error:
            called = Called("unplain", error_text=str(error))
        return called._replace(
            seconds=time.monotonic() - started,
            cpu_s=max(0.0, self._line.cpu_s() - cpu_s),
            peak_bytes=self._line.peak_bytes(),
        )

    def kind_of(self, name: str, *, timeout_s: float = START_S) -> str:
        """Return what the module has under a name: function, class, value; "" for nothing."""
        if self.failure is not None:
            return ""
        try:
            answered = self.operate("kind_of", [Entry(name)], deadline=time.monotonic() + timeout_s)
        except (GoneError, NotPlainError):
            return ""
        known = answered.raised is None and answered.value in ("function", "class", "value")
        return str(answered.value) if known else ""

    def close(self) -> None:
        """End the process and all it started."""
        self.gone = self.gone or GoneError("crashed", "the program was ended")
        if not self._line.end():
            raise LostHostError("what the program started can't be ended")

    def _answer(self, number: int, deadline: float) -> Message:
        """Wait for the answer to one operation, and run what callbacks are asked for meanwhile."""
        while True:
            message = self._frames.receive(deadline=deadline)
            if "callback" in message:
                self._frames.send(self._call_back(message), deadline=deadline)
            elif message.get("id") == number:
                return message
            else:
                raise ClosedError("it answered what nobody asked")

    def _read(self, message: Message, arguments: Sequence[object]) -> Answered:
        states = message.get("after")
        printed, raised = message.get("printed"), message.get("raised")
        told = cast("list[Any]", states) if isinstance(states, list) else []
        after = [self._state(state) for state in told]
        answered = Answered(after=after, printed=printed if isinstance(printed, str) else "")
        if isinstance(raised, dict):
            return answered._replace(raised=cast("dict[str, Any]", raised))
        if "unplain" in message:
            return answered._replace(unplain=str(message["unplain"])[:_SHORT])

        def resolve(reference: dict[str, Any]) -> object:
            if reference["t"] != "argument":
                return self._references.resolve(reference)
            place: int = reference["v"]
            return arguments[place] if after[place] is UNCHANGED else after[place]

        try:
            return answered._replace(value=decode(message.get("returned"), resolve))
        except NotPlainError as error:
            return answered._replace(unplain=str(error)[:_SHORT])

    def _state(self, state: object) -> object:
        """Return what an argument is now."""
        if state is None:
            return UNCHANGED
        try:
            return decode(cast("dict[str, Any]", state)["v"], self._references.resolve)
        except (NotPlainError, LookupError, TypeError):
            return LOST

    def _call_back(self, message: Message) -> Message:
        resolve = self._references.resolve
        try:
            args = [decode(item, resolve) for item in message["args"]]
            kwargs = {key: decode(item, resolve) for key, item in message["kwargs"]}
            value = self._references.call(message["callback"], args, kwargs)
            return {"do": "answer", "returned": encode(value, self._refer)}
        except Exception as error:  # noqa: BLE001 - a test's own function may raise anything
            return {"do": "answer", "raised": describe(error)}

    def _lose(self, error: Exception) -> GoneError:
        late = isinstance(error, TooLateError)
        why = "it did not end in time" if late else f"its process is gone: {error}"
        self.gone = GoneError("timeout" if late else "crashed", why)
        return self.gone


def _called(answered: Answered) -> Called:
    if answered.raised is not None:
        return _raised(answered.raised)
    if answered.unplain:
        text = f"it returned what is no plain value: {answered.unplain}"
        return Called("unplain", error_type=answered.unplain, error_text=text)
    return Called("returned", answered.value)


def _known(arguments: Sequence[object], states: Sequence[object]) -> Sequence[object]:
    """Return the arguments as they were left; those that can't change come back as they went."""
    if len(states) < len(arguments) or any(state is LOST for state in states):
        return ()
    return [
        argument if state is UNCHANGED else state
        for argument, state in zip(arguments, states, strict=False)
    ]


def _raised(described: Mapping[str, Any]) -> Called:
    own = described.get("own")
    names = cast("list[object]", own) if isinstance(own, list) else []
    line = described.get("line")
    return Called(
        "raised",
        error_type=str(next(iter(names), described.get("builtin", "")))[:_SHORT],
        error_text=str(described.get("text", ""))[:_LONG],
        line=line if isinstance(line, int) else 0,
        is_pythons=not names,
    )
