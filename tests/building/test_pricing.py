"""A price holds for the models that it was said for, and for no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.building.pricing import with_own_price
from critique_loop.building.settings import LoopSettings

BEFORE = LoopSettings(model="small", price=(1.0, 2.0), base_url="http://127.0.0.1:1/v1")


@pytest.mark.parametrize(
    "said",
    [
        {"max_rounds": 12, "candidates": 2, "sandbox": "none"},
        {"model": "small"},
        {"critic_model": "small"},
        {"model": ""},
        {"model": "another", "price": (3.0, 4.0)},
    ],
)
def test_a_price_stays_where_no_other_model_would_have_it(said: dict[str, object]) -> None:
    now = replace(BEFORE, **said)  # pyright: ignore[reportArgumentType] - any of the settings

    assert with_own_price(BEFORE, now) == now


@pytest.mark.parametrize(
    "said",
    [
        {"model": "another"},
        {"critic_model": "another"},
        {"critic_model": "small", "panel": ("another",)},
        {"base_url": "http://127.0.0.1:2/v1"},
    ],
)
def test_a_price_is_dropped_where_another_model_would_have_it(said: dict[str, object]) -> None:
    now = replace(BEFORE, **said)  # pyright: ignore[reportArgumentType] - any of the settings

    assert with_own_price(BEFORE, now) == replace(now, price=None)


CONFIG = """
[models.priced]
model = "p"
base_url = "http://127.0.0.1:3/v1"
price = {input = 5.0, output = 6.0}

[models.unpriced]
model = "u"

[models.same]
model = "small"

[models.up]
cascade = ["priced", "unpriced"]

[models.known]
fallback = ["priced", "same"]
"""


@pytest.mark.parametrize(
    ("model", "kept"),
    [("priced", True), ("unpriced", False), ("same", True), ("up", False), ("known", True)],
)
def test_a_model_with_a_price_of_its_own_leaves_that_of_the_others(
    tmp_path: Path, model: str, *, kept: bool
) -> None:
    config = tmp_path / "models.toml"
    config.write_text(CONFIG)
    now = replace(BEFORE, critic_model=model, config=str(config))

    assert (with_own_price(BEFORE, now).price is not None) is kept
