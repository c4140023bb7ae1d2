from __future__ import annotations

import pytest

from critique_loop.values import Price, Usage

PRICE = Price(input=1.0, output=2.0, cached_input=0.5)


def test_a_price_is_for_a_million_tokens() -> None:
    assert PRICE.cost(Usage(3_000_000, 1_000_000, cached_input_tokens=2_000_000)) == 4.0


@pytest.mark.parametrize(
    "usage", [Usage(), Usage(3), Usage(10**400, 1), Usage(1, 10**400), Usage(-1, 1), Usage(1, -1)]
)
def test_counts_that_nothing_can_take_cost_nobody_knows_what(usage: Usage) -> None:
    assert PRICE.cost(usage) is None
