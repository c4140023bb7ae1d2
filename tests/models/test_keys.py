"""Where keys come from, and to whom they may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from critique_loop.errors import CallError, CritiqueLoopError, DefinitionError
from critique_loop.models.keys import OPENAI_URL, find_key, host_of, keys_path

KEY = "sk-planted-0123456789"
LOCAL = "http://localhost:8000/v1"


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # pyright: ignore[reportUnusedFunction] - a fixture
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "MY_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def write_keys(text: str, *, mode: int = 0o600) -> Path:
    path = keys_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_without_any_key_there_is_none() -> None:
    assert find_key(OPENAI_URL) is None


def test_the_usual_variable_goes_to_its_own_host_and_to_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    found = [find_key(url) for url in (OPENAI_URL, LOCAL, "https://api.openai.com.evil.example/v1")]

    assert found == [KEY, None, None]


def test_the_usual_variable_follows_the_usual_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example/v1")

    assert find_key("https://models.example/v1") == KEY
    assert find_key(OPENAI_URL) is None


def test_a_named_variable_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CallError, match="MY_KEY is not set"):
        find_key(LOCAL, variable="MY_KEY")

    monkeypatch.setenv("MY_KEY", KEY)

    assert find_key(LOCAL, variable="MY_KEY") == KEY


def test_the_keys_file_is_asked_for_host_and_port() -> None:
    write_keys(f'"models.example" = "{KEY}"\n"localhost:8000" = "other"\n')

    assert find_key("https://models.example/v1") == KEY
    assert find_key("https://models.example:444/v1") is None
    assert find_key(LOCAL) == "other"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_keys_file_that_others_may_read_is_not_read(mode: int) -> None:
    path = write_keys(f'"models.example" = "{KEY}"\n', mode=mode)

    with pytest.raises(CallError) as caught:
        find_key("https://models.example/v1")

    assert f"chmod 600 {path}" in caught.value.remedy
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f'"models.example" = {KEY}',
        '"models.example" = 3',
        "\x00",
        f'["{KEY}"]\na=1',
        pytest.param(f'"{KEY}" = ' + "1" * 5000, id="digits"),
        pytest.param(f'"{KEY}" = ' + "[" * 20_000, id="brackets"),
    ],
)
def test_a_broken_keys_file_shows_nothing_of_itself(text: str) -> None:
    write_keys(text)

    with pytest.raises(DefinitionError) as caught:
        find_key("https://models.example/v1")

    shown = f"{caught.value!r} {caught.value.__cause__} {caught.value.__context__}"
    assert caught.value.__suppress_context__ or KEY not in shown
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", "schlüssel", f'{KEY}\r\nX-Evil: "1"'])
def test_a_key_that_could_not_be_a_header_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("MY_KEY", key)

    with pytest.raises(CallError, match="MY_KEY") as caught:
        find_key(LOCAL, variable="MY_KEY")

    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.openai.com/v1", "api.openai.com"),
        ("https://API.openai.com:443/v1", "api.openai.com"),
        ("http://localhost:8000/v1", "localhost:8000"),
        ("http://[::1]:80/v1", "::1"),
        ("https://h:80", "h:80"),
    ],
)
def test_a_host_is_named_with_its_port_where_that_is_unusual(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "file:///etc/passwd", "http://", "http://[", "http://a:b@h/v1"]
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(CritiqueLoopError):
        host_of(url)
