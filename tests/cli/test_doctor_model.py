"""What a model's server really does, as the doctor says it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from subprocess import CompletedProcess

import pytest

from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.fault_server_acts import Respond, Say, always

Cli = Callable[..., CompletedProcess[str]]
KEY = "sk-planted-0123456789"
BLIND = frozenset({"image", "n", "logprobs"})


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(key=KEY, echoes_key=True) as serving:
        yield serving


def doctor(
    cli: Cli, server: FaultServer, model: str, monkeypatch: pytest.MonkeyPatch
) -> CompletedProcess[str]:
    monkeypatch.setenv("MY_KEY", KEY)
    return cli(
        "doctor", "--model", model, "--base-url", server.base_url, "--key-env", "MY_KEY", "--json"
    )


@pytest.mark.parametrize(("ignoring", "verdict"), [(frozenset[str](), "yes"), (BLIND, "no")])
def test_what_a_server_ignores_in_silence_is_told(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    ignoring: frozenset[str],
    verdict: str,
) -> None:
    with FaultServer(key=KEY) as server:
        model = server.play(always(Say(ignoring=ignoring)))
        done = doctor(cli, server, model, monkeypatch)

    (document,) = json.loads(done.stdout)
    verdicts = {check["name"]: check["verdict"] for check in document["checks"]}
    assert done.returncode == 0
    assert [verdicts[name] for name in ("pictures", "n", "logprobs")] == [verdict] * 3
    assert verdicts["answers"] == verdicts["streaming"] == "yes"
    assert document["requests"] == len(server.requests(model))
    assert document["cost_usd"] is None


def test_a_server_that_does_not_answer_is_told_and_ends_with_1(
    cli: Cli, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = server.play(always(Respond(401, {"error": {"message": "wrong key {key}"}})))

    done = doctor(cli, server, model, monkeypatch)

    (document,) = json.loads(done.stdout)
    assert done.returncode == 1
    assert [check["name"] for check in document["checks"]] == ["answers"]
    assert document["checks"][0]["verdict"] == "no"
    assert KEY not in done.stdout + done.stderr


def test_in_words_each_check_has_its_line(cli: Cli) -> None:
    with FaultServer() as server:
        model = server.play(always(Say()))
        done = cli("doctor", "--model", model, "--base-url", server.base_url)

    assert done.returncode == 0
    assert f"{model} at {server.base_url}" in done.stdout
    assert "yes      pictures" in done.stdout
    assert "cost unknown" in done.stdout


def test_only_this_machine_is_asked_where_that_is_wanted(cli: Cli) -> None:
    done = cli("doctor", "--model", "m", "--base-url", "https://models.example/v1", "--local-only")

    assert done.returncode == 1
    assert "only this machine is allowed" in done.stderr
