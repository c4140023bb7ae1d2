"""``critique-loop otel``: stored runs, sent."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from click.testing import CliRunner

from critique_loop.cli import cli
from critique_loop.store import SqliteStore
from critique_loop.values import Event
from tests.telemetry.conftest import Receiver, events, receiver

__all__ = ["events", "receiver"]


@pytest.fixture
def stored(tmp_path: Path, events: list[Event]) -> Path:
    path = tmp_path / "traces.db"

    async def keep() -> None:
        with SqliteStore(path) as store:
            for event in events:
                await store.append(event)

    anyio.run(keep)
    return path


def test_a_stored_run_is_sent_once_however_often_it_is_named(
    stored: Path, receiver: Receiver
) -> None:
    arguments = ["otel", "abc", "abc123", "--endpoint", receiver.url, "--store", str(stored)]

    result = CliRunner().invoke(cli, [*arguments, "--header", "x-a=b=c"])

    assert (result.exit_code, result.stderr) == (0, "sent 1 run\n")
    assert len(receiver.spans) == 11
    assert receiver.headers[0]["x-a"] == "b=c"


def test_a_header_without_a_value_is_wrong_usage(stored: Path) -> None:
    result = CliRunner().invoke(cli, ["otel", "abc", "--header", "x", "--store", str(stored)])

    assert result.exit_code == 2
    assert "is not NAME=VALUE" in result.stderr


def test_an_unknown_run_is_told_before_anything_is_sent(stored: Path, receiver: Receiver) -> None:
    arguments = ["otel", "abc", "zzz", "--endpoint", receiver.url, "--store", str(stored)]

    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code != 0
    assert "no run's id begins with 'zzz'" in str(result.exception)
    assert receiver.paths == []
