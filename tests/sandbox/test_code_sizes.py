from __future__ import annotations

from code_inputs import scalable_shape
from code_request import CodeRequest, SuiteText
from code_sizes import Sized, sized


def steps(tests: str) -> list[Sized]:
    asked = CodeRequest("", entry_point="f", suites=(SuiteText("asserts", tests),))
    shape = scalable_shape(asked)
    assert shape is not None
    return list(sized(shape))


def test_lists_grow_and_numbers_stay_within_them() -> None:
    grown = steps("f([3, 1], 1)\nf([4, 5, 6], 2)\nf([1], 0)\n")

    assert [step.size for step in grown] == [1 << power for power in range(4, 16)]
    assert all(len(one.args[0]) == step.size for step in grown for one in step.inputs)
    assert all(0 <= one.args[1] <= 2 for step in grown for one in step.inputs)


def test_lists_that_are_equally_long_grow_together() -> None:
    grown = steps("f([3, 1], [1, 2])\nf([4, 5, 6], [1, 1, 1])\n")

    assert all(len(one.args[0]) == len(one.args[1]) for step in grown for one in step.inputs)


def test_sorted_and_distinct_lists_stay_so() -> None:
    grown = steps("f([1, 3])\nf([2, 5, 9])\nf([4, 6])\n")

    last = grown[-1].inputs[0].args[0]
    assert last == sorted(last)
    assert len(set(last)) > len(last) // 2


def test_texts_and_dictionaries_grow() -> None:
    text = steps("f('apple')\nf('pear')\n")
    table = steps("f({'a': 1})\nf({'bb': 2, 'c': 3})\n")

    assert len(text[-1].inputs[0].args[0]) == text[-1].size
    assert len(table[5].inputs[0].args[0]) >= table[5].size // 2


def test_where_only_a_number_is_given_it_grows() -> None:
    grown = steps("f(3)\nf(8)\n")

    assert [step.inputs[0].args for step in grown[:3]] == [(4,), (8,), (16,)]


def test_each_call_of_a_size_is_another_one() -> None:
    inputs = steps("f([3, 1, 9])\nf([4, 5, 6, 2])\n")[3].inputs

    assert len({repr(one.args) for one in inputs}) == len(inputs)
