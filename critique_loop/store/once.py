"""What is worked out when it is first asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

T_co = TypeVar("T_co", covariant=True)


class Once(Generic[T_co]):
    """A property whose value is kept in the object's ``__dict__``, where it is found from then on.

    ``functools.cached_property`` takes a lock each time until Python 3.12, which costs more than
    most of what is worked out here. Without one two threads may both work a value out; that is
    harmless where it is the same.
    """

    def __init__(self, compute: Callable[[Any], T_co]) -> None:
        """Make a property of a method."""
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T_co: ...

    def __get__(self, instance: object, owner: type | None = None) -> T_co | Self:
        """Return the value (once it is kept, nobody comes here any more); of a class, itself."""
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._compute(instance)
        return value
