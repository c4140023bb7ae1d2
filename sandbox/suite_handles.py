"""Objects of the draft's in the hands of tests: they stay where they are, and are asked.

Such an object must not be able to decide a test about values. So what it is compared with stays
with the judge: it equals no plain value (unless its class extends a plain type: then that part is
compared), it can't be ordered against one, and a number that it makes out of one is not taken. An
object of a class that the tests themselves name may be asked more: that is what they test.
"""

from __future__ import annotations

import operator
import types
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from candidate_values import NotPlainError, Tagged, decode

if TYPE_CHECKING:
    from candidates import Program
    from suite_subject import Subject

# Which of an object's special methods tests can use, here and in candidate_program.
_BINARY = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("and", "or", "xor", "lshift", "rshift"),
)
_ORDER = ("lt", "le", "gt", "ge")
_NUMBERS = ("abs", "int", "float", "complex", "round", "index")
_QUESTIONS = frozenset(
    (
        "startswith endswith isdigit isalpha isalnum isupper islower isspace istitle isnumeric"
    ).split()
) | {"isdecimal", "isidentifier", "issubset", "issuperset", "isdisjoint", "is_integer"}
_OPEN_DUNDERS = frozenset({"__name__", "__qualname__", "__doc__", "__dict__", "__members__"})
_KNOWN_CLASSES: Mapping[str, type] = {
    "generator": types.GeneratorType,
    "function": types.FunctionType,
    "map": map,
    "filter": filter,
    "zip": zip,
    "enumerate": enumerate,
}
_SHORT = 200


class OpaqueError(Exception):
    """A test does with an object of the draft's what would let the draft decide the test."""


class Held(NamedTuple):
    """What is known of an object.

    ``number``: it is the one of this number in ``program``; 0: the one called ``name`` in the
    module, in whatever process that runs. ``base`` is the plain value in it, ``...`` if none.
    ``supports`` are its special methods. ``tainted``: it was made out of a plain value of a test's.
    """

    subject: Subject
    program: Program | None
    number: int
    name: str
    class_name: str
    base: object
    supports: frozenset[str]
    is_class: bool
    tainted: bool = False

    @classmethod
    def read(
        cls, subject: Subject, program: Program | None, reference: Tagged, base: object
    ) -> Held:
        """Read what the program says of it; anything may be said."""
        number, supports = reference.get("v"), reference.get("supports")
        if not isinstance(number, int) or number < 1 or not isinstance(supports, list):
            raise NotPlainError("there is no such object")
        return cls(
            subject,
            program,
            number,
            "",
            _class_of(reference),
            base,
            frozenset(map(str, cast("list[object]", supports))).intersection(SPECIAL),
            is_class=isinstance(reference.get("is_class"), dict),
        )

    @property
    def entry(self) -> Tagged:
        """How the program finds one that goes by its name."""
        return {"t": "entry", "v": self.name}

    @property
    def is_used(self) -> bool:
        """Whether the tests name its class."""
        return self.class_name in self.subject.used


def _class_of(reference: Tagged) -> str:
    """Return the name of the class that an object is of, or that it is."""
    described = reference.get("is_class")
    own = cast("Tagged", described).get("own") if isinstance(described, dict) else None
    names = cast("list[object]", own) if isinstance(own, list) else []
    return str(next(iter(names), reference.get("class", "")))[:_SHORT]


class Handle:
    """An object of the draft's."""

    __slots__ = ("__weakref__", "_held")

    _held: Held

    @property
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleVariableOverride] - what isinstance asks for
        """The plain type that the object's class extends, so far as there is one."""
        held = self._held
        if held.base is not ...:
            return type(held.base)
        return _KNOWN_CLASSES.get(held.class_name, Handle)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any value
        """Ask for an attribute; those of a plain type are the judge's own."""
        held = self._held
        if name.startswith("__") and name.endswith("__") and name not in _OPEN_DUNDERS:
            raise AttributeError(name)
        if held.base is not ... and hasattr(type(held.base), name):
            return getattr(held.base, name)
        if name in _QUESTIONS and not held.is_class:
            raise held.subject.refuse(f"{name}() of an object of class {held.class_name}")
        if held.is_class:
            held.subject.used.add(held.class_name)
        return held.subject.do("getattr", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute there."""
        self._held.subject.do("setattr", self, name, value)

    def __delattr__(self, name: str) -> None:
        """Delete an attribute there."""
        self._held.subject.do("delattr", self, name)

    def __eq__(self, other: object) -> bool:
        """Compare: two objects there, what is plain in it here."""
        theirs = held_by(other)
        if theirs is not None and (self._held.base is ... or theirs.base is ...):
            return self._held.subject.do("eq", self, other) is True
        if self._held.base is ...:
            return False
        return bool(self._held.base == (other if theirs is None else theirs.base))

    def __ne__(self, other: object) -> bool:
        """Compare."""
        return not self == other

    def __hash__(self) -> int:
        """Hash what is plain in it, else by which object it is."""
        held = self._held
        return id(self) if held.base is ... else hash(held.base)

    def __bool__(self) -> bool:
        """Ask whether it counts as true."""
        held = self._held
        if held.tainted:
            raise held.subject.refuse(f"the truth of what a {held.class_name} made of a value")
        return held.subject.do("bool", self) is True if held.base is ... else bool(held.base)

    def __str__(self) -> str:
        """Ask for its text."""
        held = self._held
        return held.base if isinstance(held.base, str) else held.subject.do("str", self)

    def __repr__(self) -> str:
        """Ask for its text."""
        return str(self._held.subject.do("repr", self))

    def __format__(self, form: str) -> str:
        """Ask for its text."""
        held = self._held
        if held.base is not ...:
            return format(held.base, form)
        return held.subject.do("format", self, form)

    def __reduce_ex__(self, protocol: object) -> Any:  # noqa: ANN401 - never returns
        """Refuse to be copied."""
        raise self._held.subject.refuse(f"a copy of an object of class {self._held.class_name}")


def held_by(value: object) -> Held | None:
    """Return what is known of an object of the draft's, None for any other value."""
    if not issubclass(type(value), Handle):
        return None
    return cast("Handle", value)._held  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the class's own module


def read_plain(data: object) -> Any:  # noqa: ANN401 - any value
    """Decode what must be plain.

    Raises:
        NotPlainError: it isn't.
    """
    return decode(data, _no_reference)


def _no_reference(reference: Tagged) -> object:
    raise NotPlainError(f"it holds an object of class {reference.get('class')}"[:_SHORT])


class Known:
    """The objects of one process, by number: one that comes twice is the same here, too."""

    def __init__(self) -> None:
        self._handles: weakref.WeakValueDictionary[int, Handle] = weakref.WeakValueDictionary()

    def handle(self, held: Held) -> Handle:
        """Return the object."""
        known = self._handles.get(held.number)
        if known is None:
            known = self._handles[held.number] = _handle(held)
        return known


def by_name(handle: Handle, name: str) -> Handle:
    """Return a function or class that goes by its name, and so survives the process."""
    held = cast("Held", held_by(handle))
    return _handle(held._replace(program=None, number=0, name=name))


def _handle(held: Held) -> Handle:
    kind = _classes.get(held.supports)
    if kind is None:
        methods = {name: SPECIAL[name] for name in held.supports}
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
            return on_base(held.base, *args)
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
            return compute(*((other, held.base) if swapped else (held.base, other)))
        found = held.subject.do(operation, *pair) if held.is_used else None
        made = held_by(found)
        if made is None:
            raise held.subject.refuse(f"{name} of a {held.class_name} and a plain value")
        return _handle(made._replace(tainted=True))

    return method


def _ordered(name: str) -> Callable[..., Any]:
    compute = cast("Callable[[Any, Any], Any]", getattr(operator, name))

    def method(self: Handle, other: object) -> bool:
        held = cast("Held", held_by(self))
        if held_by(other) is not None:
            return held.subject.do(name, self, other) is True
        if held.base is ...:
            raise held.subject.refuse(f"ordering a {held.class_name} against a plain value")
        return compute(held.base, other)

    return method


def _iterate(self: Handle) -> Iterator[Any]:
    held = cast("Held", held_by(self))
    found: Iterator[Any] = (
        iter(held.base) if held.base is not ... else held.subject.do("iter", self)
    )  # pyright: ignore[reportArgumentType, reportCallIssue] - its class says that it can be
    return found


def _contains(self: Handle, item: object) -> bool:
    """Ask an object of a class that is tested; look through any other."""
    held = cast("Held", held_by(self))
    if held.base is not ...:
        return operator.contains(cast("Any", held.base), item)
    if held.is_used or held.is_class:
        return held.subject.do("contains", self, item) is True
    return any(one is item or one == item for one in _iterate(self))


def _enter(self: Handle) -> Any:  # noqa: ANN401 - any value
    return cast("Held", held_by(self)).subject.do("enter", self)


def _exit(self: Handle, kind: type | None, error: object, trace: object) -> bool:
    del trace
    told = None if kind is None else [kind.__name__, str(error)]
    return cast("Held", held_by(self)).subject.do("exit", self, told) is True


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
    "__setitem__": _asks("setitem", operator.setitem),
    "__delitem__": _asks("delitem", operator.delitem),
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
