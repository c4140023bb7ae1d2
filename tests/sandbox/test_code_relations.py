from __future__ import annotations

import pytest
from code_relations import fits, learn_relations

Row = dict[object, object]


@pytest.mark.parametrize(
    ("rows", "fitting", "other"),
    [
        ([{0: [1], 1: [2]}, {0: [1, 2], 1: [3, 4]}], {0: [5], 1: [6]}, {0: [5], 1: [6, 7]}),
        ([{0: [4, 5], 1: 1}, {0: [7], 1: 0}], {0: [1, 2, 3], 1: 2}, {0: [1], 1: 1}),
        ([{0: 1, 1: 5}, {0: 2, 1: 3}], {0: 0, 1: 9}, {0: 3, 1: 3}),
        ([{0: "a", 1: ["a", "b"]}, {0: "c", 1: ["c"]}], {0: "x", 1: ["x"]}, {0: "y", 1: ["x"]}),
    ],
    ids=["as long", "index", "below", "member"],
)
def test_a_relation_of_all_examples_is_kept(rows: list[Row], fitting: Row, other: Row) -> None:
    relations = learn_relations(rows)

    assert fits(relations, fitting)
    assert not fits(relations, other)


def test_one_example_shows_no_relation() -> None:
    assert learn_relations([{0: 1, 1: 2}]) == ()


def test_values_that_cannot_be_compared_have_none() -> None:
    assert learn_relations([{0: 1, 1: "a"}, {0: 2, 1: "b"}]) == ()
