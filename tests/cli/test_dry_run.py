"""What a run would do, before it does anything."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import pytest


class Cli(Protocol):
    """Runs the command line in this process."""

    def __call__(self, *arguments: str) -> CompletedProcess[str]: ...


LOCAL = ("--model", "qwen", "--base-url", "http://127.0.0.1:9/v1")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CRITIQUE_LOOP_STORE", str(tmp_path / "traces.db"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pets.csv"
    path.write_text("pet,age\ncat,3\ndog,4\nsecret-name,5\n", encoding="utf-8")
    return str(path)


def test_each_part_that_would_be_shown_is_listed_and_nothing_is_sent_or_kept(
    cli: Cli, data: str, tmp_path: Path
) -> None:
    done = cli("chart", data, "age by pet", *LOCAL, "--withhold", "picture", "--dry-run")

    assert done.returncode == 0
    assert "qwen at http://127.0.0.1:9/v1 (this machine; no key; price unknown)" in done.stdout
    shown = [line.split()[0] for line in done.stdout.splitlines() if " shown: " in line]
    kept_back = [line.split()[0] for line in done.stdout.splitlines() if "kept back: " in line]
    assert shown == ["goal", "summary", "samples", "code", "output"]
    assert kept_back == ["picture"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["here", "pets.csv"]


def test_a_host_that_is_not_this_machine_stands_out(
    cli: Cli, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-0123456789")

    done = cli("chart", data, "age by pet", "--model", "gpt-4o-mini", "--dry-run")

    assert "https://api.openai.com/v1 (LEAVES THIS MACHINE; with a key; $0.15" in done.stdout
    assert "sk-planted" not in done.stdout + done.stderr


def test_as_json_it_holds_the_settings_and_the_parts(cli: Cli, data: str) -> None:
    done = cli(
        "chart", data, "age by pet", *LOCAL, "--price", "1,2", "--max-cost", "3", "--dry-run",
        "--json", "--withhold", "samples",
    )  # fmt: skip

    document = json.loads(done.stdout)
    writer, critic = document["roles"]
    assert document["settings"]["max_cost_usd"] == 3
    assert writer["servers"][0]["price"] == [1, 2]
    assert writer["servers"][0]["leaves_this_machine"] is False
    parts = {part["part"]: part["shared"] for part in writer["shown"]}
    assert parts["summary"]
    assert not parts["samples"]
    assert critic["servers"] == []


def test_without_models_nothing_leaves(cli: Cli, data: str) -> None:
    done = cli("chart", data, "age by pet", "--dry-run")

    assert done.stdout.splitlines()[:2] == ["writer  grammar", "critic  measured"]
    assert "shown" not in done.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--model", "m"), "there is no API key for api.openai.com"),
        (("--model", "m", "--local-only"), "only this machine is allowed"),
        (("--model", "m", "--base-url", "ftp://h"), "no http or https URL"),
        (("--model", "m", "--key-env", "NOT_SET_HERE"), "NOT_SET_HERE is not set"),
        ((*LOCAL, "--max-cost", "1"), "price of qwen at 127.0.0.1:9 is not known"),
        ((*LOCAL, "--agent", "writer=none.md"), "none.md"),
        (("--agent", "writer=chart_writer"), "--model"),
        ((*LOCAL, "--config", "none.toml"), "none.toml: there is no such file"),
    ],
)
def test_what_the_run_would_refuse_is_refused_now(
    cli: Cli, data: str, options: tuple[str, ...], told: str
) -> None:
    done = cli("chart", data, "age by pet", *options, "--dry-run")

    assert done.returncode == 1
    assert told in done.stderr


@pytest.mark.parametrize("price", ["1", "1,2,3", "a,b", "-1,2", "1,inf", "nan,1"])
def test_a_price_is_two_numbers(cli: Cli, data: str, price: str) -> None:
    done = cli("chart", data, "age by pet", *LOCAL, "--price", price, "--dry-run")

    assert done.returncode == 2
    assert "IN,OUT" in done.stderr


@pytest.mark.parametrize("agent", ["writer", "writer=", "painter=a.md"])
def test_an_agent_names_its_role_and_its_file(cli: Cli, data: str, agent: str) -> None:
    done = cli("chart", data, "age by pet", *LOCAL, "--agent", agent, "--dry-run")

    assert done.returncode == 2
    assert "writer=FILE" in done.stderr
