"""Objects of the draft's in the hands of tests: they stay where they are, and are asked.

Such an object must not be able to decide a test about values. So what it is compared with stays
with the judge: it equals no plain value (unless its class extends a plain type: then that part is
compared), it can't be ordered against one, and a number that it makes out of one is not taken. An
object of a class that the tests themselves name may be asked more: that is what they test.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from candidate_values import NotPlainError, Tagged, decode

if TYPE_CHECKING:
    from candidates import Program
    from suite_subject import Subject

_QUESTIONS = frozenset(
    (
        *("startswith", "endswith", "isdigit", "isalpha", "isalnum", "isupper", "islower"),
        *("isspace", "istitle", "isnumeric", "isdecimal", "isidentifier", "issubset"),
        *("issuperset", "isdisjoint", "is_integer"),
    )
)
# Those that compare all of it with what they are given, or say whether that held.
_VERDICTS = frozenset(
    (
        *("equals", "equal", "identical", "isclose", "is_close", "allclose", "eq", "ne"),
        *("array_equal", "is_equal", "almost_equals", "same_as", "compare", "any", "all"),
    )
)
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
            frozenset(map(str, cast("list[object]", supports))),
            is_class=isinstance(reference.get("is_class"), dict),
        )

    @property
    def entry(self) -> Tagged:
        """How the program finds one that goes by its name."""
        return {"t": "entry", "v": self.name}

    @property
    def can_change(self) -> bool:
        """Whether what is plain in it may be another value by now."""
        return type(self.base) in {list, dict, set}

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
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride] - only read, by isinstance
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
        if hasattr(type(held.base), name) and (name in _QUESTIONS or not held.can_change):
            return getattr(plain_in(self), name)
        if name in _QUESTIONS and not held.is_class:
            raise held.subject.refuse(f"{name}() of an object of class {held.class_name}")
        if held.is_class:
            held.subject.used.add(held.class_name)
        found = held.subject.do("getattr", self, name)
        is_judge = name in _VERDICTS and not (held.is_class or held.is_used)
        if is_judge and held_by(found) is not None:
            raise held.subject.refuse(f"{name}() of an object of class {held.class_name}")
        return found

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
        return bool(
            plain_in(self) == (other if theirs is None else plain_in(cast("Handle", other)))
        )

    def __ne__(self, other: object) -> bool:
        """Compare."""
        return not self == other

    def __hash__(self) -> int:
        """Hash what is plain in it, else by which object it is."""
        held = self._held
        return id(self) if held.base is ... else hash(plain_in(self))

    def __bool__(self) -> bool:
        """Ask whether it counts as true."""
        held = self._held
        if held.tainted:
            raise held.subject.refuse(f"the truth of what a {held.class_name} made of a value")
        return held.subject.do("bool", self) is True if held.base is ... else bool(plain_in(self))

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
            return format(plain_in(self), form)
        return held.subject.do("format", self, form)

    def __reduce_ex__(self, protocol: object) -> Any:  # noqa: ANN401 - never returns
        """Refuse to be copied."""
        raise self._held.subject.refuse(f"a copy of an object of class {self._held.class_name}")


def plain_in(handle: Handle) -> Any:  # noqa: ANN401 - any value
    """Return what is plain in an object, as it is now."""
    held = cast("Held", held_by(handle))
    if not held.can_change:
        return held.base
    found = held.subject.do("base_of", handle)
    if type(found) is not type(held.base):
        raise held.subject.refuse(f"a {held.class_name} is a {type(held.base).__name__} no more")
    return found


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
