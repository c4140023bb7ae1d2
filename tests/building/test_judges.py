"""Which critic settings make."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.building.judges import critic_of
from critique_loop.building.settings import LoopSettings
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.errors import CallError
from critique_loop.store import SqliteStore

SERVER = "http://127.0.0.1:9/v1"


def test_without_a_model_only_what_is_measured_counts() -> None:
    assert isinstance(critic_of(LoopSettings()), MeasuredCritic)


def test_one_model_judges_alone() -> None:
    critic = critic_of(LoopSettings(critic_model="small", base_url=SERVER))

    assert critic.name == "measured + chart_critic (small)"


def test_several_models_are_a_panel(tmp_path: Path) -> None:
    settings = LoopSettings(critic_model="a", panel=("b",), bigger_critic="c", base_url=SERVER)

    with SqliteStore(tmp_path / "traces.db") as store:
        critic = critic_of(settings, store)

    assert critic.name == "measured + panel"
    assert settings.judges == ("a", "b", "c")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"panel": ("b",)}, "--critic-model"),
        ({"bigger_critic": "b"}, "--critic-model"),
        ({"critic_model": "a", "bigger_critic": "b"}, "--panel"),
    ],
)
def test_a_panel_without_its_members_is_refused(settings: dict[str, object], told: str) -> None:
    with pytest.raises(CallError) as error:
        LoopSettings(**settings)  # pyright: ignore[reportArgumentType] - as options give them

    assert told in error.value.remedy
