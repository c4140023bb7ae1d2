"""The loop's settings as plain data."""

from __future__ import annotations

import json

import pytest

from critique_loop.budget import Budget
from critique_loop.building.options import settings_of
from critique_loop.building.settings import LoopSettings
from critique_loop.charts import ChartOptions
from critique_loop.errors import CallError, StoreError


def test_settings_come_back_from_the_json_of_a_trace() -> None:
    settings = LoopSettings(
        model="m", price=(0.15, 0.6), withheld=("samples", "picture"), max_cost_usd=0.5
    )

    plain = json.loads(json.dumps(settings.plain()))

    assert LoopSettings.from_plain(plain) == settings


def test_what_an_older_version_did_not_know_has_its_default_and_what_is_newer_is_left_out() -> None:
    assert LoopSettings.from_plain({"model": "m", "of_tomorrow": 3}) == LoopSettings(model="m")


@pytest.mark.parametrize("settings", [{"candidates": "x"}, {"withheld": ["nothing"]}])
def test_settings_that_can_not_be_are_a_damaged_store(settings: dict[str, object]) -> None:
    with pytest.raises(StoreError):
        LoopSettings.from_plain(settings)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"writer_agent": "a.md"}, "--model"),
        ({"critic_agent": "a.md", "model": "m"}, "--critic-model"),
        ({"withheld": ("everything",)}, "summary, samples"),
        ({"cache": "never"}, "use, record"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    options: dict[str, object], told: str
) -> None:
    with pytest.raises(CallError) as caught:
        LoopSettings(**options)  # pyright: ignore[reportArgumentType] - the table mixes types

    assert told in caught.value.remedy


def test_a_charts_options_hold_the_settings_of_its_loop() -> None:
    options: ChartOptions = {"model": "m", "max_rounds": 2, "units": {"a": "b"}, "max_tokens": 9}

    settings = settings_of(options)

    assert settings == LoopSettings(model="m", max_rounds=2, max_tokens=9)
    assert settings.budget == Budget(max_rounds=2, max_tokens=9)
