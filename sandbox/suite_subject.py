"""The program that the tests of a suite run against: started, watched, and held to its time.

All tests of a suite find the same module, as they would in one process: what one call leaves in it
the next one sees. After a test that hung or ended the program the next one has a new process.
"""

from __future__ import annotations

import builtins
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import suite_handles
import suite_operations
from candidate_values import NotPlainError, Tagged
from candidates import (
    LOST,
    UNCHANGED,
    Answered,
    Candidates,
    Entry,
    GoneError,
    Program,
    References,
)
from suite_handles import Handle, Held

LOADING_S = 20.0
_LONGEST = 500


class ProgramGone(BaseException):
    """The draft's process hangs or is gone: no error of a test's, and none that it may catch."""


class CantTravelError(Exception):
    """A test hands the program what can't be sent there: the draft can do nothing about it."""


class Subject:
    """What tests call the program through.

    ``gone`` says that its process is, ``refusal`` that a test asked an object of the draft's for
    the verdict, ``unfit`` that it handed over what can't be: none of them is forgotten when the
    test catches the exception. ``blamed``: something went wrong by the draft's doing. ``raised``:
    the last exception of the draft's. ``used``: its classes that the tests themselves name.
    """

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._program: Program | None = None
        self._again = False
        self._known = suite_operations.Known()
        self._callbacks: list[Callable[..., object]] = []
        self._deadline = time.monotonic() + LOADING_S
        self.used: set[str] = set()
        self.gone: GoneError | None = None
        self.refusal: str = ""
        self.unfit: str = ""
        self.blamed: bool = False
        self.raised: BaseException | None = None

    @property
    def module(self) -> str:
        """The name that tests import the program under."""
        return self._candidates.module

    @property
    def candidates(self) -> Candidates:
        """What starts it."""
        return self._candidates

    def open(self) -> Program:
        """Start the program, in a place that is empty before any test has a file in it.

        Raises:
            LostHostError: no program can be started.
        """
        references = References(self._refer, self._resolve, self._call_back)
        self._program = self._candidates.start(references=references, again=self._again)
        self._again = True
        return self._program

    def begin(self, timeout_s: float) -> None:
        """Begin a test, which may take so long."""
        self._deadline = time.monotonic() + timeout_s
        self.gone, self.refusal, self.unfit, self.blamed = None, "", "", False

    def finish(self) -> None:
        """End a test, and what is left of the process if that is gone.

        Raises:
            LostHostError: no other program can be started.
        """
        if self._program is not None and self._program.gone is not None:
            self.close()

    def close(self) -> None:
        """End the process there is, if any.

        Raises:
            LostHostError: no other program can be started.
        """
        program, self._program = self._program, None
        self._callbacks.clear()
        self._known = suite_operations.Known()
        if program is not None:
            program.close()

    def do(self, operation: str, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - any value
        """Have the program do something; return or raise what came of it."""
        program = self._running()
        try:
            answered = program.operate(operation, args, kwargs, deadline=self._deadline)
        except GoneError as gone:
            raise self._lost(gone) from gone
        except NotPlainError as error:
            self.unfit = str(error)[:_LONGEST]
            raise CantTravelError(self.unfit) from error
        _copy_back([*args, *kwargs.values()], answered)
        sys.stdout.write(answered.printed)
        if answered.raised is not None:
            raise self._raised(answered.raised)
        if answered.unplain:
            raise self.refuse(f"what it returned can't be had: {answered.unplain}")
        return answered.value

    def kind_of(self, name: str) -> str:
        """Return what the module has under a name: function, class, value; "" for nothing."""
        program = self._running()
        remaining_s = max(0.0, self._deadline - time.monotonic())
        found = program.kind_of(name, timeout_s=remaining_s)
        if program.gone is not None:
            raise self._lost(program.gone)
        self.blamed = self.blamed or not found
        return found

    def refuse(self, why: str) -> suite_handles.OpaqueError:
        """Return what to raise; the test can't pass any more."""
        self.refusal, self.blamed = why[:_LONGEST], True
        return suite_handles.OpaqueError(why)

    def _running(self) -> Program:
        """Return the process there is, or a new one, with the module loaded."""
        program = self.open() if self._program is None else self._program
        if program.gone is not None:
            raise self._lost(program.gone)
        if program.failure is not None:
            raise self._raised(program.failure)
        return program

    def _lost(self, gone: GoneError) -> ProgramGone:
        self.gone, self.blamed = gone, True
        return ProgramGone(str(gone))

    def _raised(self, described: Mapping[str, Any]) -> BaseException:
        self.blamed = True
        self.raised = self._candidates.classes.rebuild(described, suite_handles.read_plain)
        return self.raised

    def _refer(self, value: object) -> Tagged:
        held = suite_handles.held_by(value)
        if held is not None:
            if held.number and held.program is not self._program:
                raise NotPlainError("it belongs to a process that was ended")
            return {"t": "handle", "v": held.number} if held.number else held.entry
        if callable(value):
            self._callbacks.append(value)
            return {"t": "callback", "v": len(self._callbacks) - 1}
        kind = type(value).__name__
        raise NotPlainError(f"an object of type {kind} can't be sent to the program")

    def _resolve(self, reference: Tagged) -> object:
        if reference.get("t") != "handle":
            raise NotPlainError("there is no such reference")
        described = reference.get("is_class")
        if isinstance(described, dict):
            named = cast("Mapping[str, Any]", described)
            kind = vars(builtins).get(named.get("builtin", ""))
            if isinstance(kind, type) and issubclass(kind, Exception):
                return self._candidates.classes.class_of(named)
        base: object = ...
        if "base" in reference:
            base = suite_handles.read_plain(reference["base"])
        handle = self._known.handle(Held.read(self, self._program, reference, base))
        return self._awaited(handle) if reference.get("class") == "coroutine" else handle

    async def _awaited(self, handle: Handle) -> object:
        return self.do("run", handle)

    def _call_back(
        self, number: int, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> object:
        return self._callbacks[number](*args, **kwargs)


def named(subject: Subject, name: str) -> object:
    """Return what the module has under ``name``; functions and classes stay good for later tests.

    Raises:
        AttributeError: it has nothing of that name.
    """
    kind = subject.kind_of(name)
    if not kind:
        raise AttributeError(f"module {subject.module!r} has no attribute {name!r}")
    found = subject.do("getattr", Entry(""), name)
    if kind == "value" or not isinstance(found, Handle):
        return found
    return suite_operations.by_name(found, name)


def _copy_back(arguments: Sequence[object], answered: Answered) -> None:
    """Let what the program did to its copies of the arguments be done to the test's own."""
    for argument, state in zip(arguments, answered.after, strict=False):
        if state is not UNCHANGED and state is not LOST:
            _renew(argument, state)


def _renew(old: Any, new: Any) -> Any:  # noqa: ANN401 - any value comes here
    """Make ``old`` what ``new`` is, in place where it can be; return what then stands for it."""
    kind = cast("Any", type(old))
    if kind is not type(new):
        return new
    if kind is list:
        kept = [_renew(old[place], new[place]) for place in range(min(len(old), len(new)))]
        old[:] = kept + new[len(kept) :]
    elif kind is dict:
        renewed = {key: _renew(old[key], item) if key in old else item for key, item in new.items()}
        _refill(old, renewed)
    elif kind is set:
        _refill(old, new)
    elif kind is bytearray:
        old[:] = new
    elif kind.__name__ == "ndarray" and old.shape == new.shape:
        old[...] = new
    else:
        return new
    return old


def _refill(old: Any, new: object) -> None:  # noqa: ANN401 - a dict or a set
    old.clear()
    old.update(new)
