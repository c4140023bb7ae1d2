"""Values that travel between the judge and a program under test: plain data, written as JSON.

Both sides use this module, and neither trusts the other's words with more than data: what is
decoded is built of Python's own types (numpy's and pandas' where both have them), never by a name
that the other side chose. What isn't plain stays where it is and travels as a reference, which the
caller makes (``refer``) and looks up (``resolve``).

JSON's null, booleans, numbers, strings and lists stand for themselves; all else is an object with
a tag, ``{"t": "tuple", "v": [1, 2]}``.
"""

from __future__ import annotations

import builtins
import datetime
import math
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import PosixPath
from typing import Any, cast

import candidate_arrays
from candidate_arrays import NotPlainError

__all__ = ["SAFE_TYPES", "NotPlainError", "Refer", "Resolve", "base_of", "decode", "encode"]

Tagged = dict[str, Any]
Refer = Callable[[object], Tagged]
Resolve = Callable[[Tagged], object]

DEEPEST = 150
# Larger integers are written in hexadecimal: decimal digits take quadratic time, and are limited.
_WIDEST_INT = 1 << 64
_SEQUENCES: dict[str, Callable[[list[Any]], object]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "deque": deque,
}
_MAPPINGS: dict[str, Callable[[list[Any]], object]] = {
    "dict": dict,
    "Counter": lambda items: Counter(dict(items)),
    "OrderedDict": OrderedDict,
}
_CONSTANTS: dict[str, object] = {"...": Ellipsis, "NotImplemented": NotImplemented}
# Those that a test may be handed and may call: none of them runs or loads anything.
SAFE_TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        *(int, float, complex, bool, str, bytes, bytearray, list, tuple, dict, set, frozenset),
        *(object, range, slice, type(None)),
        *(value for value in vars(builtins).values() if isinstance(value, type)),
    )
    if kind in {int, float, complex, bool, str, bytes, bytearray, list, tuple, dict, set}
    or kind in {frozenset, object, range, slice, type(None)}
    or issubclass(kind, Exception)
}


def encode(value: object, refer: Refer, *, depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    """Return what JSON can hold of ``value``.

    Raises:
        NotPlainError: it is nested too deep, or ``refer`` has no reference for a part of it.
    """
    if depth > DEEPEST:
        raise NotPlainError(f"it is nested more than {DEEPEST} levels deep")
    kind: type = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is list:
        return [encode(item, refer, depth=depth + 1) for item in cast("list[object]", value)]
    number = _encoded_number(value, kind)
    if number is not None:
        return number
    name = kind.__name__
    if kind in _SEQUENCE_TYPES:
        items = cast("Iterable[object]", value)
        return {"t": name, "v": [encode(item, refer, depth=depth + 1) for item in items]}
    if kind in _MAPPING_TYPES:
        return _encoded_mapping(cast("dict[object, object]", value), kind, refer, depth)
    return _encoded_other(value, kind, refer, depth)


_SEQUENCE_TYPES = {tuple, set, frozenset, deque}
_MAPPING_TYPES = {dict, Counter, OrderedDict, defaultdict}


def _encoded_number(value: Any, kind: type) -> Any:  # noqa: ANN401 - any value comes here
    if kind is int:
        return value if -_WIDEST_INT < value < _WIDEST_INT else {"t": "int", "v": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"t": "float", "v": repr(value)}
    if kind is complex:
        return {"t": "complex", "v": [repr(value.real), repr(value.imag)]}
    if kind is Decimal:
        return {"t": "Decimal", "v": str(value)}
    if kind is Fraction:
        return {"t": "Fraction", "v": [hex(value.numerator), hex(value.denominator)]}
    return None


def _encoded_mapping(value: dict[object, object], kind: type, refer: Refer, depth: int) -> Tagged:
    items = [
        [encode(key, refer, depth=depth + 1), encode(item, refer, depth=depth + 1)]
        for key, item in value.items()
    ]
    if kind is not defaultdict:
        return {"t": kind.__name__, "v": items}
    factory = cast("defaultdict[object, object]", value).default_factory
    known = [name for name, safe in SAFE_TYPES.items() if safe is factory]
    return {"t": "defaultdict", "v": items, "of": next(iter(known), None)}


def _encoded_other(value: Any, kind: type, refer: Refer, depth: int) -> Any:  # noqa: ANN401 - any
    if kind is range or kind is slice:
        ends = [encode(end, refer, depth=depth + 1) for end in (value.start, value.stop)]
        return {"t": kind.__name__, "v": [*ends, encode(value.step, refer, depth=depth + 1)]}
    known = _encoded_atom(value, kind) or _encoded_moment(value, kind)
    if known is None:
        known = candidate_arrays.encode(value, lambda part: encode(part, refer, depth=depth + 1))
    return refer(value) if known is None else known


def _encoded_atom(value: Any, kind: type) -> Tagged | None:  # noqa: ANN401 - any value comes here
    if kind is bytes or kind is bytearray:
        return {"t": kind.__name__, "v": value.hex()}
    if kind is PosixPath:
        return {"t": "path", "v": str(value)}
    for tag, names in (("constant", _CONSTANTS), ("type", SAFE_TYPES)):
        for name, known in names.items():
            if value is known:
                return {"t": tag, "v": name}
    return None


def _encoded_moment(value: Any, kind: type) -> Tagged | None:  # noqa: ANN401 - any value comes here
    if kind is datetime.datetime or kind is datetime.time:
        if value.tzinfo is not None and type(value.tzinfo) is not datetime.timezone:
            return None
        return {"t": kind.__name__, "v": value.isoformat()}
    if kind is datetime.date:
        return {"t": "date", "v": value.isoformat()}
    if kind is datetime.timedelta:
        return {"t": "timedelta", "v": [value.days, value.seconds, value.microseconds]}
    return None


def decode(data: Any, resolve: Resolve) -> Any:  # noqa: ANN401 - any value may come
    """Return the value that was encoded.

    Raises:
        NotPlainError: it is none; whoever wrote it did not use ``encode``.
    """
    try:
        return _decoded(data, resolve)
    except NotPlainError:
        raise
    # The other side may have written anything: whatever a constructor makes of it, it is no value.
    except Exception as error:
        raise NotPlainError(f"it is no value: {type(error).__name__}: {error}"[:300]) from error


def _decoded(data: Any, resolve: Resolve) -> Any:  # noqa: ANN401 - a list of forms
    def inner(part: Any) -> Any:  # noqa: ANN401 - see decode
        return _decoded(part, resolve)

    if isinstance(data, list):
        return [inner(item) for item in cast("list[object]", data)]
    if not isinstance(data, dict):
        return data
    tagged = cast("Tagged", data)
    tag, payload = tagged["t"], tagged.get("v")
    if tag in _SEQUENCES:
        return _SEQUENCES[tag]([inner(item) for item in _list(payload)])
    if tag in _MAPPINGS or tag == "defaultdict":
        return _mapping(tagged, [(inner(key), inner(item)) for key, item in _list(payload)])
    if candidate_arrays.knows(tag):
        return candidate_arrays.decode(tagged, inner)
    return _READERS[tag](payload) if tag in _READERS else resolve(tagged)


def _mapping(tagged: Tagged, items: list[Any]) -> object:
    if tagged["t"] == "defaultdict":
        return defaultdict(SAFE_TYPES.get(tagged.get("of") or ""), items)
    return _MAPPINGS[tagged["t"]](items)


def _list(payload: object) -> list[Any]:
    if not isinstance(payload, list):
        raise NotPlainError("its parts are no list")
    return cast("list[Any]", payload)


def _complex(payload: list[str]) -> complex:
    return complex(float(payload[0]), float(payload[1]))


def _fraction(payload: list[str]) -> Fraction:
    return Fraction(int(payload[0], 16), int(payload[1], 16))


_READERS: dict[str, Callable[[Any], object]] = {
    "int": lambda payload: int(payload, 16),
    "float": float,
    "complex": _complex,
    "Decimal": Decimal,
    "Fraction": _fraction,
    "bytes": bytes.fromhex,
    "bytearray": bytearray.fromhex,
    "range": lambda payload: range(*_list(payload)),
    "slice": lambda payload: slice(*_list(payload)),
    "path": PosixPath,
    "constant": lambda payload: _CONSTANTS[payload],
    "type": lambda payload: SAFE_TYPES[payload],
    "datetime": datetime.datetime.fromisoformat,
    "time": datetime.time.fromisoformat,
    "date": datetime.date.fromisoformat,
    "timedelta": lambda payload: datetime.timedelta(*_list(payload)),
}


def base_of(value: Any) -> Any:  # noqa: ANN401 - any value comes here
    """Return the plain value inside one whose class extends a plain type; ``...`` if there is none.

    Taken out by the plain type's own methods, whatever the class says about itself.
    """
    for plain, take in _BASES.items():
        if issubclass(type(value), plain):
            return take(value)
    return ...


_BASES: dict[type, Callable[[Any], Any]] = {
    int: int.__pos__,
    float: float.__pos__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    tuple: lambda value: _LIKE_ANY[tuple].__getitem__(value, slice(None)),
    list: lambda value: _LIKE_ANY[list].__getitem__(value, slice(None)),
    dict: lambda value: dict(_LIKE_ANY[dict].items(value)),
    set: lambda value: set(_LIKE_ANY[set].__iter__(value)),
    frozenset: lambda value: frozenset(_LIKE_ANY[frozenset].__iter__(value)),
}
_LIKE_ANY: dict[type, Any] = {kind: kind for kind in (tuple, list, dict, set, frozenset)}
