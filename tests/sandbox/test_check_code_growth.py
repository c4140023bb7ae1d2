from __future__ import annotations

import math

import pytest
from check_code_growth import check_growth, slope, too_steep
from code_request import read_code_request
from code_trials import Clock
from findings import Checked

from tests.sandbox.local_candidates import local_candidates

TESTS = "assert f([3, 1, 2]) == 3\nassert f([5, 9]) == 9\nassert f([4, 4, 8, 1]) == 8\n"
LINEAR = "def f(numbers):\n    return max(numbers)\n"
SQUARE = (
    "def f(numbers):\n    for n in numbers:\n        if all(n >= m for m in numbers[::-1]):\n"
    "            last = n\n    for n in numbers:\n        numbers.count(n)\n    return last\n"
)
CUBE = (
    "def f(numbers):\n    c = 0\n    for a in numbers:\n        for b in numbers:\n"
    "            for d in numbers:\n                c += a\n    return c\n"
)
TABLE = "def f(numbers):\n    t = [[n] * len(numbers) for n in numbers]\n    return len(t)\n"


def judged(code: str, reference: str = "", tests: str = TESTS) -> Checked:
    suites = [{"kind": "asserts", "source": tests, "hidden": True}]
    request = {"code": code, "entry_point": "f", "suites": suites, "reference": reference}
    with local_candidates(code) as candidates:
        return check_growth(read_code_request(request), candidates, Clock(20.0))


def codes(result: Checked) -> list[str]:
    return [finding.code for finding in result.findings]


@pytest.mark.parametrize("exponent", [0.5, 1.0, 2.0, 3.0])
def test_the_exponent_of_a_power_law_is_found(exponent: float) -> None:
    points = [(n, 3.0 * n**exponent) for n in (8, 16, 32, 64, 128)]

    assert math.isclose(slope(points, 0.001), exponent)


def test_figures_below_the_noise_show_no_growth() -> None:
    assert slope([(8, 1e-6), (16, 1e-5), (32, 1e-4), (64, 1e-3)], 0.002) == 0.0
    assert slope([(8, 1.0)], 0.002) == 0.0


def test_one_disturbed_figure_is_no_growth() -> None:
    points = [(16, 0.01), (32, 0.02), (64, 0.04), (128, 0.08), (256, 3.0)]

    assert too_steep(points, [], least=0.05, noise=0.002) is None


def test_only_sizes_that_both_were_measured_at_are_compared() -> None:
    mine = [(16, 0.01), (32, 0.04), (64, 0.16), (128, 0.64), (256, 2.56)]
    right = [(16, 0.002), (32, 0.004), (64, 0.008), (128, 0.016)]

    found = too_steep(mine, right, least=0.05, noise=0.002)

    assert found is not None
    assert found.size == 128
    assert too_steep(mine, mine, least=0.05, noise=0.002) is None


@pytest.mark.slow
def test_a_linear_program_passes_alone_and_beside_itself() -> None:
    assert judged(LINEAR).findings == ()
    assert judged(LINEAR, LINEAR).findings == ()
    assert judged(LINEAR, LINEAR).codes == ("slow_growth", "memory_growth")


@pytest.mark.slow
def test_the_square_is_allowed_alone_and_not_beside_a_linear_program() -> None:
    assert codes(judged(SQUARE)) == []
    assert codes(judged(SQUARE, LINEAR)) == ["slow_growth"]


@pytest.mark.slow
def test_the_cube_is_too_much_alone() -> None:
    (finding,) = judged(CUBE).findings

    assert finding.code == "slow_growth"
    assert float(str(finding.numbers["exponent"])) > 2.3


@pytest.mark.slow
def test_a_table_of_all_pairs_is_too_much_memory_beside_a_linear_program() -> None:
    result = judged(TABLE, LINEAR)

    assert "memory_growth" in codes(result)


@pytest.mark.slow
def test_doubling_work_is_found_where_only_a_number_can_grow() -> None:
    code = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
    right = (
        "def f(n):\n    a, b = 0, 1\n    for _ in ' ' * n:\n        a, b = b, a + b\n    return a\n"
    )
    tests = "assert f(1) == 1\nassert f(7) == 13\nassert f(10) == 55\n"

    assert codes(judged(code, right, tests)) == ["slow_growth"]


@pytest.mark.slow
def test_remembering_earlier_calls_hides_nothing() -> None:
    code = "import functools\n@functools.cache\ndef g(numbers):\n" + SQUARE.split("\n", 1)[1]
    code = (
        code.replace("numbers[::-1]", "list(numbers)")
        + "def f(numbers):\n    return g(tuple(numbers))\n"
    )

    assert codes(judged(code, LINEAR)) == ["slow_growth"]


@pytest.mark.parametrize("tests", ["", "assert f(True) == 1\nassert f(False) == 0\n"])
def test_where_nothing_can_be_made_larger_it_is_not_judged(tests: str) -> None:
    result = judged("def f(x):\n    return x\n", tests=tests)

    assert result.codes == ()
    assert "nothing of the input" in result.failed[0]


def test_a_draft_that_fails_on_larger_input_is_not_judged() -> None:
    result = judged("def f(numbers):\n    return [1, 2, 3, 4][len(numbers)]\n")

    assert result.codes == ()
    assert "could be measured" in result.failed[0]
