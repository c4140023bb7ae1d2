"""From a name to a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.errors import CallError, DefinitionError
from critique_loop.models.cascade import Cascade
from critique_loop.models.choosing import Access, endpoints, model_for
from critique_loop.models.configured import ModelConfig, ModelEntry
from critique_loop.models.fallback import Fallback
from critique_loop.models.keys import OPENAI_URL
from critique_loop.testing import MemoryStore
from critique_loop.values import Price

LOCAL = "http://localhost:8000/v1"
OTHER = "http://127.0.0.1:9000/v1"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # pyright: ignore[reportUnusedFunction] - a fixture
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MY_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def config(**entries: ModelEntry) -> ModelConfig:
    return ModelConfig(entries, Path("c.toml"))


def test_a_name_without_an_entry_is_what_the_server_calls_it() -> None:
    access = Access(base_url=LOCAL, price=Price(1, 2))

    (end,) = endpoints("qwen", access)

    assert (end.model, end.base_url, end.price, end.key) == ("qwen", LOCAL, Price(1, 2), None)
    assert model_for("qwen", access).name == "qwen"


def test_what_an_entry_leaves_open_is_filled_from_the_options_and_nothing_else() -> None:
    access = Access(
        config=config(
            bare=ModelEntry(model="a"),
            whole=ModelEntry(model="b", base_url=OTHER, price=Price(3, 4)),
        ),
        base_url=LOCAL,
        price=Price(1, 2),
    )

    (bare,), (whole,) = endpoints("bare", access), endpoints("whole", access)

    assert (bare.base_url, bare.price) == (LOCAL, Price(1, 2))
    assert (whole.base_url, whole.price) == (OTHER, Price(3, 4))


def test_a_cascade_and_a_fallback_are_made_of_entries() -> None:
    access = Access(
        config=config(
            small=ModelEntry(model="a", base_url=LOCAL),
            big=ModelEntry(model="b", base_url=OTHER),
            both=ModelEntry(cascade=("small", "big"), when={"confidence_below": 0.7}),
            either=ModelEntry(fallback=("big", "small")),
        ),
        replies=MemoryStore(),
    )

    assert isinstance(model_for("both", access), Cascade)
    assert isinstance(model_for("either", access), Fallback)
    assert [end.model for end in endpoints("either", access)] == ["b", "a"]


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (ModelEntry(model="a", options={"deadlines": 3}), "models.m.options.deadlines: unknown"),
        (ModelEntry(model="a", options={"stream": 3}), "models.m.options"),
        (ModelEntry(model="a", options={"deadline_s": -1}), "models.m.options: deadline_s"),
        (ModelEntry(cascade=("n", "n"), when={"sure": 1}), "models.m.when.sure: unknown key"),
        (ModelEntry(cascade=("n", "n"), when={"samples": 0}), "models.m.when: samples"),
    ],
)
def test_wrong_options_and_rules_are_told_by_file_and_key(entry: ModelEntry, told: str) -> None:
    access = Access(config=config(m=entry, n=ModelEntry(model="n")), base_url=LOCAL)

    with pytest.raises(DefinitionError) as caught:
        model_for("m", access)

    assert told in str(caught.value)
    assert str(caught.value).startswith("c.toml: ")


def test_only_this_machine_holds_for_every_model() -> None:
    elsewhere = ModelEntry(model="a", base_url="https://models.example/v1")
    access = Access(config=config(far=elsewhere), local_only=True)

    for name in ("far", "unknown"):
        with pytest.raises(CallError, match="only this machine"):
            model_for(name, access)
        with pytest.raises(CallError, match="only this machine"):
            endpoints(name, access)


def test_replaying_needs_no_key() -> None:
    access = Access(replies=MemoryStore(), cache="replay")

    assert model_for("gpt-5", access).name == "gpt-5"
    assert endpoints("gpt-5", access)[0].base_url == OPENAI_URL
    with pytest.raises(CallError, match="no API key"):
        model_for("gpt-5", Access())


def test_a_key_is_not_shown_by_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-planted-0123456789")

    (end,) = endpoints("m", Access(base_url=LOCAL, key_env="MY_KEY"))

    assert end.key == "sk-planted-0123456789"
    assert "planted" not in repr(end)
