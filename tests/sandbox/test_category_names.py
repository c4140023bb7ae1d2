from __future__ import annotations

import pytest
from category_names import are_times, have_order


@pytest.mark.parametrize(
    "names",
    [
        ["Jan", "Feb", "Mar"],
        ["Thursday", "Fri", "Sat."],
        ["1952", "1957"],
        ["1950s", "1960s"],
        ["Q1 2020", "Q2 2020"],
        ["2020Q1"],
        ["2000-01-01", "2000-02-01 00:00:00"],
        ["08:00", "16:30"],
    ],
)
def test_times_explain_themselves_and_have_order(names: list[str]) -> None:
    assert are_times(names)
    assert have_order(names)


@pytest.mark.parametrize(
    "names",
    [
        ["Small", "Medium", "Large"],
        ["XS", "S", "M"],
        ["Strongly disagree", "Neutral", "Agree"],
        ["<5", "5-10", "10+"],
        ["under 18", "18 to 24", "65 and over"],
        ["$10k - $20k", "$20k - $30k"],
        ["3 cylinders", "4 cylinders"],
        ["Grade 1", "Grade 2"],
        ["4.0", "8.0"],
        ["1", "2", "3", "4", "unknown"],
    ],
)
def test_steps_of_a_scale_have_order_but_need_a_name(names: list[str]) -> None:
    assert have_order(names)
    assert not are_times(names)


@pytest.mark.parametrize(
    "names",
    [
        ["Europe", "Japan", "USA"],
        ["sun", "rain", "fog", "snow"],
        ["MSFT", "IBM"],
        ["boeing 747", "airbus 320"],
        ["buick skylark 320", "ford torino"],
        ["Waseca", "Morris", "2010", "2011"],
        [],
        ["", " "],
    ],
)
def test_other_names_are_merely_different(names: list[str]) -> None:
    assert not have_order(names)
    assert not are_times(names)
