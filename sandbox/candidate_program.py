"""The program under test: runs the draft as a module and does what the judge asks of it.

Runs in a process of its own beside the draft, which may do with it what it likes: nothing here
defends anything. What the judge believes is only that values came, never that they are right.
"""

from __future__ import annotations

import io
import linecache
import operator
import os
import resource
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import ModuleType
from typing import Any, cast

import candidate_errors
import program
from candidate_frames import ClosedError, Frames, Message, TooLargeError
from candidate_values import SAFE_TYPES, NotPlainError, base_of, decode, encode

PRINTED_BYTES = 1 << 16
MAIN_OUTPUT_BYTES = 16 << 20
_MUTABLE = (list, dict, set, bytearray)
_SHORT = 200


def serve(end: socket.socket) -> int:
    """Do what the judge says over ``end``; return an exit code when there is nothing more to do."""
    content, descriptors, _, _ = socket.recv_fds(end, 1, 3)
    frames = Frames(end)
    if not content:
        return 0
    order = frames.receive()
    if content == b"M":
        return _main(order, descriptors)
    served = Served(frames, order["module"])
    served.load(order["source"])
    try:
        served.until_answered()
    except ClosedError:
        return 0
    return 0


def _main(order: Message, descriptors: Sequence[int]) -> int:
    """Run the program as ``__main__`` with the standard streams that came along."""
    for target, source in enumerate(descriptors):
        os.dup2(source, target)
        os.close(source)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAIN_OUTPUT_BYTES, MAIN_OUTPUT_BYTES))
    source = order["source"].encode("utf-8", "surrogatepass")
    return program.run(source, finish=lambda: None, arguments=order["arguments"])


class Served:
    """A loaded module, and the objects of it that the judge knows by number."""

    def __init__(self, frames: Frames, name: str) -> None:
        self._frames = frames
        self._module = ModuleType(name)
        self._handles: dict[int, object] = {}
        self._numbers: dict[int, int] = {}
        self._printed = Printed()

    def load(self, source: str) -> None:
        """Run the source as the module, and say how that went."""
        name = self._module.__name__
        place = f"{name}.py"
        lines = source.splitlines(keepends=True)
        linecache.cache[place] = (len(source), None, lines, place)
        self._module.__dict__.update(__file__=place, __builtins__=__builtins__)
        sys.modules[name] = self._module
        sys.argv = [place]
        sys.path.insert(0, "")
        raw = cast("Any", self._printed)  # unbuffered, so that nothing waits in between
        sys.stdout = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
        self._answer(0, lambda: self._execute(source, place), ())

    def _execute(self, source: str, place: str) -> None:
        exec(compile(source, place, "exec", dont_inherit=True), vars(self._module))

    def until_answered(self) -> Message:
        """Do what is asked until an answer of the judge's own comes, and return that."""
        while True:
            message = self._frames.receive()
            if message.get("do") == "answer":
                return message
            self._operate(message)

    def _operate(self, message: Message) -> None:
        number = message["id"]
        try:
            arguments = [decode(argument, self._resolve) for argument in message["args"]]
            options = {key: decode(item, self._resolve) for key, item in message["kwargs"]}
            operation = OPERATIONS[message["do"]]
        # The judge asked for what isn't there (any more), e.g. a name that the module lacks.
        except Exception as error:  # noqa: BLE001 - told like any other
            described = candidate_errors.describe(error.__cause__ or error)
            self._send({"id": number, "raised": described})
            return
        given = (*arguments, *options.values())
        self._answer(number, lambda: operation(*arguments, **options), given)

    def _answer(self, number: int, step: Callable[[], object], arguments: Sequence[object]) -> None:
        message: Message
        try:
            message = {"id": number, "returned": self._encoded(step(), arguments)}
        except ClosedError:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever the draft raises is the answer
            message = {"id": number, "raised": candidate_errors.describe(error)}
        message["after"] = [self._after(argument) for argument in arguments]
        message["printed"] = self._printed.take()
        self._send(message)

    def _send(self, message: Message) -> None:
        try:
            self._frames.send(message)
        except TooLargeError as error:
            why: Message = {"id": message["id"], "unplain": str(error), "after": []}
            self._frames.send(why)

    def _encoded(self, value: object, arguments: Sequence[object]) -> Any:  # noqa: ANN401 - JSON
        for place, argument in enumerate(arguments):
            if value is argument and isinstance(value, _MUTABLE):
                return {"t": "argument", "v": place}
        try:
            return encode(value, self._refer)
        except NotPlainError:
            return self._refer(value)

    def _after(self, argument: object) -> Any:  # noqa: ANN401 - JSON
        """Return what a mutable argument holds now, so that the judge's own becomes the same."""
        try:
            is_array = type(argument).__module__.partition(".")[0] in {"numpy", "pandas"}
            if type(argument) in _MUTABLE or is_array:
                return {"t": "is", "v": encode(argument, self._refer)}
        except NotPlainError:
            return {"t": "lost"}
        return None

    def _refer(self, value: object) -> dict[str, Any]:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._handles) + 1
            self._handles[number] = value
        kind: type = type(value)
        base = base_of(value)
        reference: dict[str, Any] = {
            "t": "handle",
            "v": number,
            "class": str(kind.__name__)[:_SHORT],
            "supports": [name for name in SUPPORTED if hasattr(kind, name)],
        }
        if base is not ...:
            with suppress(NotPlainError):
                reference["base"] = encode(base, self._refer)
        if isinstance(value, type):
            reference["is_class"] = candidate_errors.describe_class(value)
        return reference

    def _resolve(self, reference: dict[str, Any]) -> object:
        tag, payload = reference["t"], reference["v"]
        if tag == "handle":
            return self._handles[payload]
        if tag == "entry":
            return operator.attrgetter(payload)(self._module) if payload else self._module
        if tag == "callback":
            return self._callback(payload)
        raise NotPlainError(f"there is no {tag!r}")

    def _callback(self, number: int) -> Callable[..., object]:
        def callback(*args: object, **kwargs: object) -> object:
            self._frames.send(
                {
                    "callback": number,
                    "args": [encode(item, self._refer) for item in args],
                    "kwargs": [[key, encode(item, self._refer)] for key, item in kwargs.items()],
                }
            )
            answer = self.until_answered()
            if "raised" in answer:
                raise candidate_errors.rebuild(
                    answer["raised"], lambda data: decode(data, self._resolve)
                )
            return decode(answer["returned"], self._resolve)

        return callback


class Printed(io.RawIOBase):
    """What the draft prints between two answers, so far as it is kept."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = bytearray()

    def writable(self) -> bool:
        """Say that it can be printed to."""
        return True

    def write(self, content: Any, /) -> int:  # noqa: ANN401 - whatever has bytes
        """Keep the first bytes."""
        self._kept += bytes(content)[: PRINTED_BYTES - len(self._kept)]
        return len(content)

    def take(self) -> str:
        """Return what came since the last time."""
        text = self._kept.decode("utf-8", "replace")
        self._kept.clear()
        return text


def _enter(manager: object) -> object:
    kind: Any = type(manager)
    return kind.__enter__(manager)


def _exit(manager: object, error: Sequence[str] | None) -> object:
    kind: Any = type(manager)
    if error is None:
        return kind.__exit__(manager, None, None, None)
    raised = SAFE_TYPES.get(error[0], Exception)
    return kind.__exit__(manager, raised, raised(error[1]), None)


def _call(function: Callable[..., object], *args: object, **kwargs: object) -> object:
    return function(*args, **kwargs)


def _kind_of(value: object) -> str:
    if isinstance(value, type):
        return "class"
    return "function" if callable(value) else "value"


def _run(awaitable: Any) -> object:  # noqa: ANN401 - whatever can be awaited
    import asyncio  # noqa: PLC0415 - only few programs need it

    async def wait() -> object:
        return await awaitable

    return asyncio.run(wait())


# The special methods that a test may use on an object, where its class has them.
SUPPORTED = (
    *("__call__", "__iter__", "__next__", "__contains__", "__len__", "__getitem__", "__setitem__"),
    *("__delitem__", "__reversed__", "__enter__", "__exit__", "__instancecheck__"),
    *("__subclasscheck__", "__neg__", "__pos__", "__invert__", "__abs__", "__round__", "__int__"),
    *("__float__", "__complex__", "__index__", "__lt__", "__le__", "__gt__", "__ge__"),
    *("__add__", "__sub__", "__mul__", "__truediv__", "__floordiv__", "__mod__", "__pow__"),
    *("__matmul__", "__and__", "__or__", "__xor__", "__lshift__", "__rshift__", "__radd__"),
    *("__rsub__", "__rmul__", "__rtruediv__", "__rfloordiv__", "__rmod__", "__rpow__"),
    *("__rmatmul__", "__rand__", "__ror__", "__rxor__", "__rlshift__", "__rrshift__"),
)

# What the judge may ask for, by name.
OPERATIONS: dict[str, Callable[..., object]] = {
    "call": _call,
    "kind_of": _kind_of,
    "base_of": base_of,
    "run": _run,
    "enter": _enter,
    "exit": _exit,
    **{
        function.__name__: function
        for function in (getattr, setattr, delattr, len, iter, next, str, repr, bool, int, float)
    },
    **{function.__name__: function for function in (abs, round, reversed, format, hash, dir)},
    **{
        function.__name__: function for function in (isinstance, issubclass, divmod, bytes, complex)
    },
    **{
        name: getattr(operator, name)
        for name in (
            *("eq", "ne", "lt", "le", "gt", "ge", "add", "sub", "mul", "truediv", "floordiv"),
            *("mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift", "neg", "pos"),
            *("invert", "index", "contains", "getitem", "setitem", "delitem"),
        )
    },
}
