"""How an estimate reads."""

from __future__ import annotations

import pytest

from critique_loop.agreement.estimates import Estimate


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.616, 40, 0.409, 0.8), "0.62 [0.41, 0.80]"),
        (Estimate(1.0, 3), "1.00"),
        (Estimate(None, 0, undefined="nothing was rated by both"), "-"),
    ],
)
def test_it_is_a_number_and_its_interval_or_a_hyphen(estimate: Estimate, text: str) -> None:
    assert str(estimate) == text
