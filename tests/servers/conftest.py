"""Servers of models for the tests of this folder; which ones, CRITIQUE_LOOP_SERVERS says."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.servers.places import CHOSEN, Place, serving

_ONLY_WITH = {
    "test_weak_model.py": "smollm2",
    "test_pictures.py": "tiny-picture",
    "test_proxy.py": "litellm",
}


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what is for servers that were not named; a skip would fail CI."""
    if collection_path.parent != Path(__file__).parent or collection_path.suffix != ".py":
        return None
    needed = _ONLY_WITH.get(collection_path.name)
    is_served = needed in CHOSEN if needed else bool(CHOSEN)
    return None if is_served else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with each server that was named, or with the one that its file is for."""
    if "place" in metafunc.fixturenames:
        only = _ONLY_WITH.get(metafunc.definition.path.name)
        names = [only] if only else list(CHOSEN)
        metafunc.parametrize("place", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def place(request: pytest.FixtureRequest) -> Generator[Place]:
    with serving(request.param) as running:
        yield running
