"""Prices from the public list."""

from __future__ import annotations

import subprocess
import sys

import pytest

from critique_loop.models.keys import OPENAI_URL
from critique_loop.models.prices import listed_price
from critique_loop.values import Usage


def test_a_listed_model_has_its_price() -> None:
    price = listed_price("gpt-4o-mini", OPENAI_URL)

    assert price is not None
    assert 0 < price.input < price.output
    assert price.cost(Usage(1_000_000, 0)) == pytest.approx(price.input)


@pytest.mark.parametrize(
    ("model", "url"),
    [
        ("no-such-model", OPENAI_URL),
        ("gpt-4o-mini", "http://localhost:8000/v1"),
        ("gpt-4o-mini", "https://models.example/v1"),
    ],
)
def test_what_is_not_listed_has_no_price_and_not_the_price_nought(model: str, url: str) -> None:
    assert listed_price(model, url) is None


def test_a_price_that_grows_with_the_prompt_is_not_made_up() -> None:
    google = "https://generativelanguage.googleapis.com/v1beta/openai/"

    assert listed_price("gemini-2.5-pro", google) is None


def test_without_the_list_no_price_is_known() -> None:
    program = (
        "import sys; sys.modules['genai_prices'] = None\n"
        "from critique_loop.models.prices import listed_price\n"
        f"print(listed_price('gpt-4o-mini', '{OPENAI_URL}'))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "None\n"
