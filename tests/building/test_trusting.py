"""What the settings of a run may reach, decided once for whoever asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.building.settings import LoopSettings
from critique_loop.building.trusting import (
    followed,
    is_from_elsewhere,
    reaches_outside,
    stored_settings,
)
from critique_loop.errors import CallError
from critique_loop.store import SqliteStore
from critique_loop.store.merging import merge
from critique_loop.testing.stored_runs import Turn, events_of, store_at

OUTSIDE = {
    "model": "theirs",
    "critic_model": "theirs",
    "panel": ["theirs"],
    "bigger_critic": "theirs",
    "base_url": "http://theirs",
    "key_env": "SECRET",
    "config": "/theirs/models.toml",
    "writer_agent": "/theirs/agent.md",
    "critic_agent": "/theirs/agent.MD",
    "programs": ["/theirs/program.py"],
    "sandbox": "none",
    "ask": "/theirs/questions",
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_reaches_outside_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(CallError, match="came from elsewhere") as refused:
        followed("r1", {name: OUTSIDE[name]}, trusted=False)

    value = OUTSIDE[name]
    assert repr(value[0] if isinstance(value, list) else value) in refused.value.problem


@pytest.mark.parametrize("ending", ["", "/", "/.", "//", "/./", ".MD", "/./."])
def test_no_way_of_writing_a_path_hides_that_it_is_one(ending: str, tmp_path: Path) -> None:
    file = tmp_path / "private.md"
    file.write_text("private", encoding="utf-8")

    assert reaches_outside("writer_agent", {"writer_agent": f"{file}{ending}"})


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_trusted_run_is_followed(name: str) -> None:
    assert followed("r1", {name: OUTSIDE[name]}, trusted=True) == {name: OUTSIDE[name]}


def test_what_stays_within_is_followed() -> None:
    within = {"sandbox": "docker", "ask": "later", "writer_agent": "chart_writer", "max_rounds": 3}

    assert followed("r1", within, trusted=False) == within


def test_what_is_said_takes_the_place_of_what_reaches_outside() -> None:
    before = {"model": "theirs", "writer_agent": "/theirs/agent.md", "max_rounds": 3}

    assert followed("r1", before, trusted=False, said={"model": "mine"}) == {"max_rounds": 3}


@pytest.fixture
def brought(tmp_path: Path) -> Path:
    theirs = LoopSettings(model="theirs", writer_agent="/theirs/agent.md")
    run = events_of([Turn("print(1)", 5.0)], run_id="r1", settings=theirs.plain())
    merge([store_at(tmp_path / "theirs.db", run)], tmp_path / "mine.db")
    own = events_of([Turn("print(2)", 5.0)], run_id="r2", settings=theirs.plain())
    return store_at(tmp_path / "mine.db", own)


def test_only_what_was_made_here_is_from_here(brought: Path) -> None:
    with SqliteStore(brought) as store:
        found = [is_from_elsewhere(store, run) for run in ("r1", "r2")]

    assert found == [True, False]


@pytest.mark.anyio
async def test_python_gets_no_settings_of_a_strangers_run_unasked(brought: Path) -> None:
    with SqliteStore(brought) as store:
        with pytest.raises(CallError, match="came from elsewhere"):
            await stored_settings(store, "r1")
        own = await stored_settings(store, "r2")
        trusted = await stored_settings(store, "r1", trust=True)
        said = await stored_settings(store, "r1", model="mine", base_url="http://127.0.0.1:1")

    assert own.model == trusted.model == "theirs"
    assert (said.model, said.writer_agent) == ("mine", "")


@pytest.fixture
def priced(tmp_path: Path) -> Path:
    settings = LoopSettings(model="small", price=(1.0, 2.0)).plain()
    run = events_of([Turn("print(1)", 5.0)], run_id="r1", settings=settings)
    return store_at(tmp_path / "mine.db", run)


@pytest.mark.anyio
async def test_python_gets_no_price_of_another_model(priced: Path) -> None:
    with SqliteStore(priced) as store:
        same = await stored_settings(store, "r1", max_rounds=9)
        other = await stored_settings(store, "r1", model="big")
        said = await stored_settings(store, "r1", model="big", price=(3.0, 4.0))

    assert (same.price, other.price, said.price) == ((1.0, 2.0), None, (3.0, 4.0))


def test_a_strangers_shipped_agents_go_with_the_models_that_were_to_follow_them() -> None:
    theirs = LoopSettings(
        model="theirs", critic_model="t", writer_agent="chart_writer", critic_agent="chart_critic"
    )
    said = {"model": "mine", "critic_model": ""}

    before = followed("r1", theirs.plain(), trusted=False, said=said)

    assert LoopSettings.from_plain(before) == LoopSettings()


def test_a_strangers_price_is_not_followed() -> None:
    before = {"model": "theirs", "price": [0.0, 0.0]}

    assert followed("r1", before, trusted=False, said={"model": "theirs"}) == {}


@pytest.mark.anyio
async def test_what_is_no_setting_and_no_run_is_refused(brought: Path) -> None:
    with SqliteStore(brought) as store:
        with pytest.raises(CallError, match="there is no setting modell"):
            await stored_settings(store, "r2", modell="x")
        with pytest.raises(CallError, match="no run has the id"):
            await stored_settings(store, "r3")
