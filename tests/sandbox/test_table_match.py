from __future__ import annotations

import numpy as np
import pytest
from table_match import agree, factor_of, rolling, rounding, transforms
from table_reading import Floats


def _row(*values: float) -> Floats:
    return np.array(values, dtype=np.float64)


@pytest.mark.parametrize(
    ("drawn", "expected", "right"),
    [
        (1.0, 1.0 + 1e-9, True),
        (1.0, 1.001, False),
        (0.0, np.nan, True),
        (np.nan, np.nan, True),
        (np.nan, 0.0, True),
        (np.nan, 1.0, False),
        (1.0, np.nan, False),
        (1e-9, 2e-9, False),
    ],
)
def test_agrees_within_rounding_only(drawn: float, expected: float, right: bool) -> None:
    assert agree(_row(drawn), _row(expected)).tolist() == [right]


@pytest.mark.parametrize(
    ("values", "slack"),
    [((10.1, 20.3), 0.05), ((10.12, 20.3), 0.005), ((10.123456, 20.3), 0.0), ((1.0, 2.0), 0.0)],
)
def test_sees_the_last_decimal_of_rounded_values(values: tuple[float, ...], slack: float) -> None:
    assert rounding(_row(*values)) == pytest.approx(slack, rel=1e-3)


def test_a_factor_must_hold_for_all_values() -> None:
    assert factor_of(_row(2, 4, 6), _row(1, 2, 3)) == 2.0
    assert factor_of(_row(2, 4, 7), _row(1, 2, 3)) == 0.0
    assert factor_of(_row(2), _row(1)) == 0.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("share of all", [0.1, 0.2, 0.3, 0.4]),
        ("share within each key", [1 / 4, 2 / 6, 3 / 4, 4 / 6]),
        ("share within each series", [1 / 3, 2 / 3, 3 / 7, 4 / 7]),
        ("running total", [1, 3, 3, 7]),
        ("index", [1, 2, 1, 4 / 3]),
    ],
)
def test_knows_what_is_often_drawn_instead(name: str, expected: list[float]) -> None:
    cells = np.array([[1.0, 2.0], [3.0, 4.0]])

    found = dict(transforms(cells, np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])))

    np.testing.assert_allclose(found[name], expected)


def test_knows_running_means() -> None:
    cells = np.arange(6.0)[None, :] ** 2

    found = dict(rolling(cells, np.zeros(6, dtype=np.int64), np.arange(6)))

    np.testing.assert_allclose(found["running mean over 3"][2:], [5 / 3, 14 / 3, 29 / 3, 50 / 3])
