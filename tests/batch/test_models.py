"""What the names of models come to, as a batch keeps it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.batch.configuration import Config, refuse_changes
from critique_loop.batch.keys import Contents
from critique_loop.batch.models import model_digests
from critique_loop.building.settings import LoopSettings
from critique_loop.errors import CallError

FILE = """\
[models.small]
model = "qwen-1b"
base_url = "http://localhost:1/v1"
price = { input = 0.1, output = 0.1 }
key_env = "SMALL_KEY"

[models.big]
model = "qwen-70b"
base_url = "http://localhost:2/v1"

[models.judge]
model = "judge-8b"
base_url = "http://localhost:3/v1"

[models.both]
cascade = ["small", "big"]
when = { confidence_below = 0.5 }

[models.unused]
model = "other"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "models.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


def config(settings: LoopSettings) -> Config:
    return Config.of(settings, Contents(), rubric="", parts={})


def settings_with(file: Path) -> LoopSettings:
    return LoopSettings(
        model="both", critic_model="small", panel=("judge",), bigger_critic="big", config=str(file)
    )


def test_without_models_there_is_nothing_to_keep() -> None:
    assert model_digests(LoopSettings(config="/nowhere.toml")) == {}


@pytest.mark.parametrize(
    ("was", "is_", "named"),
    [
        ("localhost:1/", "elsewhere:1/", "models.small.base_url"),
        ('"qwen-70b"', '"another-70b"', "models.big.model"),
        ("output = 0.1", "output = 9", "models.small.price"),
        ("localhost:3/", "elsewhere:3/", "models.judge.base_url"),
        ('["small", "big"]', '["small", "judge"]', "models.both.cascade"),
        ("0.5", "0.9", "models.both.when"),
    ],
)
def test_a_changed_entry_of_a_model_is_refused_and_named(
    file: Path, was: str, is_: str, named: str
) -> None:
    settings = settings_with(file)
    before = config(settings).text
    file.write_text(FILE.replace(was, is_), encoding="utf-8")

    with pytest.raises(CallError) as caught:
        refuse_changes("b1", before, config(settings))

    assert caught.value.problem.endswith(f"other settings: {named}")


def test_what_no_loop_uses_may_change_and_so_may_the_place_of_a_key(file: Path) -> None:
    settings = settings_with(file)
    before = config(settings).text
    file.write_text(FILE.replace('"other"', '"x"').replace("SMALL_KEY", "KEY"), encoding="utf-8")

    refuse_changes("b1", before, config(settings))


def test_a_model_without_an_entry_is_where_the_settings_say_or_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = LoopSettings(model="gpt")
    plain, priced = model_digests(settings), model_digests(replace(settings, price=(1.0, 2.0)))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:9/v1")
    moved = model_digests(settings)

    assert plain.keys() == {"models.gpt.model", "models.gpt.base_url", "models.gpt.price"}
    assert [key for key in plain if plain[key] != priced[key]] == ["models.gpt.price"]
    assert [key for key in plain if plain[key] != moved[key]] == ["models.gpt.base_url"]


def test_nothing_that_is_kept_shows_a_server(file: Path) -> None:
    text = config(settings_with(file)).text

    assert "localhost" not in text
    assert "SMALL_KEY" not in text
