from __future__ import annotations

import json
import math
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from pathlib import PosixPath
from typing import Any, NamedTuple

import pytest
from candidate_values import DEEPEST, NotPlainError, base_of, decode, encode


def refuse(value: object) -> dict[str, Any]:
    raise NotPlainError(type(value).__name__)


def there_and_back(value: object) -> Any:  # noqa: ANN401 - any value
    return decode(json.loads(json.dumps(encode(value, refuse), allow_nan=False)), refuse)


PLAIN: list[object] = [
    *(None, True, 0, -1, 1 << 70, 0.1, math.inf, -0.0, "", "ä\ud800\n", b"\0\xff"),
    *(list[int](), [1, [2.5, None]], (), (1, (2,)), set[int](), {1, 8}, frozenset({1})),
    *(deque([1, 2]), dict[str, int](), {1: "a", (1, 2): [3], None: {True: 4}}),
    *(Counter("aab"), OrderedDict(b=1, a=2), slice(None, 3), Ellipsis),
    *(1 + 2j, Decimal("1.10"), Fraction(1, 3), range(1, 9, 2)),
    *(date(2024, 2, 29), datetime(2024, 1, 2, 3, tzinfo=UTC), time(1, 2), timedelta(days=-1)),
    *(bytearray(b"a"), PosixPath("a/b"), int, ValueError, NotImplemented, {"t": "int", "v": 1}),
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_plain_values_come_back_as_they_went(value: object) -> None:
    found = there_and_back(value)

    assert found == value
    assert type(found) is type(value)
    assert repr(found) == repr(value)


def test_nan_long_numbers_and_a_default_come_back() -> None:
    counts = defaultdict(int, {"a": 1})

    found = there_and_back(counts)

    assert math.isnan(there_and_back(math.nan))
    assert there_and_back(-(10**5000)) == -(10**5000)
    assert found["other"] == 0
    assert there_and_back(defaultdict(lambda: 3, a=1)).default_factory is None


def test_a_part_that_is_not_plain_becomes_a_reference() -> None:
    thing = object()

    encoded = encode([1, {"key": (thing,)}], lambda value: {"t": "thing", "v": id(value)})
    found = decode(json.loads(json.dumps(encoded)), lambda tagged: ("found", tagged["v"]))

    assert found == [1, {"key": (("found", id(thing)),)}]


def test_what_is_nested_without_end_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    deep: list[object] = []
    for _ in range(DEEPEST):
        deep = [deep]

    assert there_and_back(deep) == deep
    with pytest.raises(NotPlainError, match="levels deep"):
        encode(endless, refuse)


@pytest.mark.parametrize(
    "hostile",
    [
        {"t": "nothing", "v": 1},
        {"v": 1},
        {"t": ["set"], "v": []},
        {"t": "set", "v": [[1]]},
        {"t": "dict", "v": [[1]]},
        {"t": "int", "v": "print(1)"},
        {"t": "float", "v": "one"},
        {"t": "Fraction", "v": ["1", "0"]},
        {"t": "type", "v": "eval"},
        {"t": "type", "v": "SystemExit"},
        {"t": "constant", "v": "__import__"},
        {"t": "range", "v": [1, 2, 0]},
        {"t": "datetime", "v": "now"},
        {"t": "tuple", "v": "abc"},
        {"t": "ndarray", "v": "AAAA", "dtype": "<f8", "shape": [1]},
        {"t": "ndarray", "v": "", "dtype": "O8", "shape": [1 << 40]},
        {"t": "ndarray", "v": "", "dtype": "<f8", "shape": [-1]},
        {"t": "scalar", "v": "AAAA", "dtype": "V3", "shape": []},
        {"t": "Timestamp", "v": ["a", "b"]},
        {"t": "DataFrame", "v": [1], "index": [], "columns": []},
    ],
    ids=str,
)
def test_what_nobody_encoded_is_no_value(hostile: object) -> None:
    with pytest.raises(NotPlainError):
        decode([hostile], refuse)


def test_json_that_is_nested_too_deep_is_no_value() -> None:
    hostile: object = 1
    for _ in range(5000):
        hostile = [hostile]

    with pytest.raises(NotPlainError, match="RecursionError"):
        decode(hostile, refuse)


def test_what_is_plain_in_a_class_of_ones_own_is_taken_out_by_the_plain_type() -> None:
    class Level(IntEnum):
        HIGH = 3

    class Liar(list[int]):
        def __iter__(self) -> Iterator[int]:
            return iter([9, 9])

        def __getitem__(self, place: Any) -> Any:  # noqa: ANN401 - any value
            return 9

    class Point(NamedTuple):
        x: int
        y: int

    class Half(float):
        def __float__(self) -> float:
            return 0.0

    point = Point(1, 2)

    found = [base_of(value) for value in (Level.HIGH, Liar([1]), Half(0.5), point, object())]

    assert found == [3, [1], 0.5, (1, 2), ...]
    assert [type(value) for value in found[:4]] == [int, list, float, tuple]
