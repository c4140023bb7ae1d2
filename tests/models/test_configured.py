"""The file that names the user's models."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.errors import CallError, CritiqueLoopError
from critique_loop.models.configured import ModelConfig, config_path, load_config
from critique_loop.values import Price

GOOD = """
[models.small]
model = "qwen"
base_url = "http://localhost:8000/v1"
price = { input = 0.1, output = 0.4 }
options = { deadline_s = 30, stream = true }

[models.big]
model = "gpt"
key_env = "MY_KEY"

[models.both]
cascade = ["small", "big"]
when = { confidence_below = 0.7 }
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "c.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_names_models_and_what_is_made_of_them(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD))

    assert config.models["small"].price == Price(0.1, 0.4)
    assert config.models["small"].options == {"deadline_s": 30, "stream": True}
    assert config.models["both"].cascade == ("small", "big")
    assert config.models["both"].when == {"confidence_below": 0.7}


def test_without_a_file_there_are_no_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    assert load_config() == ModelConfig()


def test_a_file_in_the_working_folder_is_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    for name in ("critique-loop.toml", "config.toml"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")

    assert load_config().models == {}


def test_the_users_own_file_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    config_path().parent.mkdir()
    config_path().write_text(GOOD, encoding="utf-8")

    assert sorted(load_config().models) == ["big", "both", "small"]


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="no such file"):
        load_config(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[models.a]\nmodel = ", "no valid TOML"),
        pytest.param("[models.a]\nmodel = " + "1" * 5000, "no valid TOML", id="digits"),
        pytest.param("[models.a]\nmodel = " + "[" * 20_000, "no valid TOML", id="brackets"),
        ("[other]\n", "other: unknown key"),
        ("models = 3", "expected tables"),
        ("[models]\na = 3", "models.a: expected a table"),
        ("[models.a]\n", "expected one of model, cascade, fallback"),
        ('[models.a]\nmodel = "m"\ncascade = ["b"]', "expected one of"),
        ("[models.a]\nmodel = 3", "models.a: "),
        ('[models.a]\nmodel = "m"\nprice = { input = 1 }', "output"),
        ('[models.a]\nmodel = "m"\nprice = { input = -1, output = 1 }', "price"),
        ('[models.a]\nmodel = "m"\napi_key = "sk-planted"', "api_key: unknown key"),
        ('[models.a]\ncascade = ["b"]', "names 'b'"),
        ('[models.a]\ncascade = ["a"]', "leads back"),
        ('[models.a]\ncascade = ["b"]\n[models.b]\nfallback = ["a"]', "a > b > a"),
    ],
)
def test_a_wrong_file_is_told_by_file_and_key(tmp_path: Path, text: str, told: str) -> None:
    path = written(tmp_path, text)

    with pytest.raises(CritiqueLoopError) as caught:
        load_config(path)

    assert str(path) in str(caught.value)
    assert told in str(caught.value)
    assert "sk-planted" not in str(caught.value)
