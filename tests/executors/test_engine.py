from __future__ import annotations

import gc
import socket
from collections.abc import Generator
from pathlib import Path

import pytest

from critique_loop.errors import SandboxUnavailable
from critique_loop.executors.engine import Engine, explained

# The SDK leaves a socket that can't be connected to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _sockets_of_the_sdk() -> Generator[None]:
    yield
    gc.collect()


def test_a_missing_socket_names_the_command_that_starts_the_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")

    with pytest.raises(SandboxUnavailable, match="socket is missing") as caught:
        Engine()

    assert "sudo systemctl start docker" in caught.value.remedy


def test_a_socket_nobody_listens_on_names_the_command_that_restarts_the_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")

    with pytest.raises(SandboxUnavailable, match="doesn't answer") as caught:
        Engine()

    assert caught.value.remedy == "sudo systemctl restart docker"


def test_an_engine_that_hangs_up_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "silent.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        monkeypatch.setattr("critique_loop.executors.engine._TIMEOUT_S", 0.2)

        with pytest.raises(SandboxUnavailable, match="doesn't answer"):
            Engine()


def test_a_refused_socket_names_the_group_to_join() -> None:
    failure = RuntimeError("Error while fetching server API version")
    failure.__context__ = ConnectionError("Connection aborted.", PermissionError(13, "denied"))

    error = explained(failure)

    assert "not open to this user" in error.problem
    assert "usermod -aG docker" in error.remedy
