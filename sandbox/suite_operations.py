"""What tests can do with an object of the draft's: special methods, each where its class has it.

See suite_handles for what is asked of the object and what is decided here.
"""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from suite_handles import Handle, Held, held_by, plain_in

if TYPE_CHECKING:
    from suite_subject import Subject

_BINARY = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("and", "or", "xor", "lshift", "rshift"),
)
_ORDER = ("lt", "le", "gt", "ge")


class Known:
    """The objects of one process, by number: one that comes twice is the same here, too."""

    def __init__(self) -> None:
        self._handles: weakref.WeakValueDictionary[int, Handle] = weakref.WeakValueDictionary()

    def handle(self, held: Held) -> Handle:
        """Return the object."""
        known = self._handles.get(held.number)
        if known is None:
            known = self._handles[held.number] = _made(held)
        return known


def by_name(handle: Handle, name: str) -> Handle:
    """Return a function or class that goes by its name, and so survives the process."""
    held = cast("Held", held_by(handle))
    return _made(held._replace(program=None, number=0, name=name))


def _made(held: Held) -> Handle:
    kind = _classes.get(held.supports)
    if kind is None:
        methods = {name: SPECIAL[name] for name in held.supports & SPECIAL.keys()}
        kind = _classes[held.supports] = type("Handle", (Handle,), {"__slots__": (), **methods})
    handle: Handle = object.__new__(kind)
    object.__setattr__(handle, "_held", held)
    return handle


_classes: dict[frozenset[str], type[Handle]] = {}


def _call(self: Handle, /, *args: object, **kwargs: object) -> Any:  # noqa: ANN401 - any value
    held = cast("Held", held_by(self))
    if held.is_class:
        held.subject.used.add(held.class_name)
    return held.subject.do("call", self, *args, **kwargs)


def _asks(operation: str, on_base: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that asks the object, or does it to what is plain in it."""

    def method(self: Handle, *args: object) -> Any:  # noqa: ANN401 - any value
        held = cast("Held", held_by(self))
        if held.base is not ...:
            return on_base(plain_in(self), *args)
        return held.subject.do(operation, self, *args)

    return method


def _number(operation: str, on_base: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that makes a number of it, unless that could be one that a test handed in."""
    asks = _asks(operation, on_base)

    def method(self: Handle, *args: object) -> Any:  # noqa: ANN401 - any value
        held = cast("Held", held_by(self))
        if held.tainted:
            raise held.subject.refuse(f"{operation}() of what a {held.class_name} made of a value")
        return asks(self, *args)

    return method


def _binary(name: str, *, swapped: bool) -> Callable[..., Any]:
    """Return a method for two operands: with a plain one, the result must not be plain."""
    operation = {"and": "and_", "or": "or_"}.get(name, name)
    compute = cast("Callable[[Any, Any], Any]", getattr(operator, operation))

    def method(self: Handle, other: object) -> Any:  # noqa: ANN401 - any value
        held = cast("Held", held_by(self))
        theirs = held_by(other)
        pair: tuple[Any, Any] = (other, self) if swapped else (self, other)
        if theirs is not None:
            return held.subject.do(operation, *pair)
        if held.base is not ...:
            return compute(*((other, plain_in(self)) if swapped else (plain_in(self), other)))
        found = held.subject.do(operation, *pair) if held.is_used else None
        made = held_by(found)
        if made is None:
            raise held.subject.refuse(f"{name} of a {held.class_name} and a plain value")
        return _made(made._replace(tainted=True))

    return method


def _ordered(name: str) -> Callable[..., Any]:
    compute = cast("Callable[[Any, Any], Any]", getattr(operator, name))

    def method(self: Handle, other: object) -> bool:
        held = cast("Held", held_by(self))
        if held_by(other) is not None:
            return held.subject.do(name, self, other) is True
        if held.base is ...:
            raise held.subject.refuse(f"ordering a {held.class_name} against a plain value")
        return compute(plain_in(self), other)

    return method


def _iterate(self: Handle) -> Iterator[Any]:
    held = cast("Held", held_by(self))
    return held.subject.do("iter", self) if held.base is ... else iter(plain_in(self))


def _contains(self: Handle, item: object) -> bool:
    """Ask an object of a class that is tested; look through any other."""
    held = cast("Held", held_by(self))
    if held.base is not ...:
        return operator.contains(plain_in(self), item)
    if held.is_used or held.is_class:
        return held.subject.do("contains", self, item) is True
    return any(one is item or one == item for one in _iterate(self))


def _subject(self: Handle) -> Subject:
    return cast("Held", held_by(self)).subject


def _set_item(self: Handle, key: object, value: object) -> None:
    _subject(self).do("setitem", self, key, value)


def _delete_item(self: Handle, key: object) -> None:
    _subject(self).do("delitem", self, key)


def _enter(self: Handle) -> Any:  # noqa: ANN401 - any value
    return _subject(self).do("enter", self)


def _exit(self: Handle, kind: type | None, error: object, trace: object) -> bool:
    """Leave; what a test itself found wrong is no error that the draft could take back."""
    del trace
    subject = _subject(self)
    is_verdict = (
        kind is not None
        and (issubclass(kind, AssertionError) or not issubclass(kind, Exception))
        and error is not subject.raised
    )
    told = None if kind is None else [kind.__name__, str(error)]
    return subject.do("exit", self, told) is True and not is_verdict


def _is_one(operation: str) -> Callable[..., Any]:
    def method(self: Handle, value: object) -> bool:
        held = cast("Held", held_by(self))
        held.subject.used.add(held.class_name)
        if held_by(value) is None:
            return False
        return held.subject.do(operation, value, self) is True

    return method


SPECIAL: dict[str, Callable[..., Any]] = {
    "__call__": _call,
    "__iter__": _iterate,
    "__contains__": _contains,
    "__next__": _asks("next", next),
    "__len__": _asks("len", len),
    "__getitem__": _asks("getitem", operator.getitem),
    "__setitem__": _set_item,
    "__delitem__": _delete_item,
    "__reversed__": _asks("reversed", reversed),
    "__neg__": _number("neg", operator.neg),
    "__pos__": _number("pos", operator.pos),
    "__invert__": _number("invert", operator.invert),
    "__enter__": _enter,
    "__exit__": _exit,
    "__instancecheck__": _is_one("isinstance"),
    "__subclasscheck__": _is_one("issubclass"),
    "__int__": _number("int", int),
    "__float__": _number("float", float),
    "__complex__": _number("complex", complex),
    "__index__": _number("index", operator.index),
    "__abs__": _number("abs", abs),
    "__round__": _number("round", round),
    **{f"__{name}__": _binary(name, swapped=False) for name in _BINARY},
    **{f"__r{name}__": _binary(name, swapped=True) for name in _BINARY},
    **{f"__{name}__": _ordered(name) for name in _ORDER},
}
