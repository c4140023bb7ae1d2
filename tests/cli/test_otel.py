"""``critique-loop otel``: stored runs, sent."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from click.testing import CliRunner

from critique_loop.cli import cli
from critique_loop.errors import MachineError
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


def test_what_can_t_be_sent_is_said_once(stored: Path, receiver: Receiver) -> None:
    receiver.status = 401
    arguments = ["otel", "abc", "--endpoint", receiver.url, "--store", str(stored)]

    # A process of its own: pytest takes in what is logged here.
    result = subprocess.run(
        [sys.executable, "-m", "critique_loop", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )

    lines = result.stderr.splitlines()
    assert result.returncode == 1
    assert lines[0] == f"error: 11 of 11 spans could not be delivered to {receiver.url}"
    assert lines[1].startswith("Is something listening there")
    assert lines[2].startswith("The exporter said: ")
    assert "401" in lines[2]
    assert len(lines) == 3


def test_the_exporter_is_silent_only_while_the_command_runs(
    stored: Path, receiver: Receiver
) -> None:
    logger = logging.getLogger("opentelemetry.exporter")
    receiver.status = 401
    arguments = ["otel", "abc", "--endpoint", receiver.url, "--store", str(stored)]

    result = CliRunner().invoke(cli, arguments)

    assert isinstance(result.exception, MachineError)
    assert (logger.propagate, logger.handlers) == (True, [])
