from __future__ import annotations

import random
from typing import Any

import pytest
from code_shapes import Seen, Shape, learn


def made(shape: Shape, times: int = 80) -> list[Any]:
    rng = random.Random(7)  # noqa: S311 - the same values each time
    return [shape.make(rng) for _ in range(times)]


def learned(*values: object, hidden: bool = False) -> Shape:
    return learn([Seen(value, hidden) for value in values])


def test_numbers_stay_between_those_seen_and_reach_both() -> None:
    numbers = made(learned(3, 9, 5))

    assert (min(numbers), max(numbers)) == (3, 9)
    assert all(isinstance(number, int) for number in numbers)


def test_one_number_keeps_its_sign() -> None:
    assert min(made(learned(8))) >= 1
    assert max(made(learned(-8))) < 0


def test_a_whole_number_among_fractions_is_a_fraction() -> None:
    assert all(isinstance(number, float) for number in made(learned(1, 2.5)))


def test_lists_are_as_long_as_those_seen() -> None:
    lengths = {len(row) for row in made(learned([1, 2], [5, 6, 7, 8]))}

    assert lengths == {2, 3, 4}


def test_what_all_lists_seen_have_in_common_is_kept() -> None:
    ordered = made(learned([1, 4, 4], [2, 9], [3, 5, 8]))
    distinct = made(learned([4, 1, 3], [9, 2], [8, 5, 3]))
    even = made(learned([[1, 2], [3, 4]], [[5]], [[1, 2, 3]]))
    square = made(learned([[1, 2], [3, 4]], [[5]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]))

    assert all(row == sorted(row) for row in ordered)
    assert all(len(set(row)) == len(row) for row in distinct)
    assert all(len({len(line) for line in rows}) == 1 for rows in even)
    assert all(len(line) == len(rows) for rows in square for line in rows)


def test_tuples_have_a_shape_for_each_place_and_hang_together() -> None:
    rows = made(learned(("a", 1, 5), ("b", 2, 9), ("c", 3, 4)))

    assert all(row[0] in {"a", "b", "c"} or len(row[0]) == 1 for row in rows)
    assert all(row[1] < row[2] for row in rows)


def test_records_have_all_their_fields() -> None:
    rows = made(learned({"name": "ann", "age": 4}, {"name": "bob", "age": 9}))

    assert all(set(row) == {"name", "age"} and 4 <= row["age"] <= 9 for row in rows)


SECRETS = [
    "swordfish",
    "Quartz 77-X",
    ["swordfish", "marmalade"],
    {"swordfish": 81273},
    ("swordfish", "2024-12-24"),
    [{"swordfish": "marmalade"}],
    b"swordfish",
]


@pytest.mark.parametrize("secret", SECRETS, ids=str)
def test_no_word_of_a_hidden_example_is_repeated(secret: object) -> None:
    shape = learn([Seen(secret, hidden=True), Seen(secret, hidden=True)])
    rng = random.Random(3)  # noqa: S311 - the same values each time
    told = ""

    for _ in range(50):
        try:
            told += repr(shape.make(rng))
        except LookupError:
            continue

    assert "swordfish" not in told
    assert "marmalade" not in told
    assert "Quartz" not in told
    assert "2024-12-24" not in told


def test_values_of_several_kinds_come_as_often_as_seen() -> None:
    values = made(learned(None, 4, 5, 6, 7, 8, 9, 4, 5), times=300)

    assert 10 < values.count(None) < 80
