"""What the trainers' tests share; only scripts/train_tests.sh, in their environment, runs them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from critique_loop.cli import cli
from tests.train.models import make_model
from tests.train.rows import GOALS, bad, good
from tests.train.runs import Export, chart_program, fill

HERE = Path(__file__).parent


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave all of it out where the trainers are not installed; a skip would fail CI."""
    if collection_path.parent != HERE or collection_path.suffix != ".py":
        return None
    return None if os.environ.get("CRITIQUE_LOOP_TRAINERS") else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark them, and let the trainers warn: what they deprecate among themselves is theirs."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.train)
            item.add_marker(pytest.mark.filterwarnings("default"))


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a tiny random model, whose tokenizer knows the words of the rows."""
    texts = [*map(good, GOALS), *map(bad, GOALS), *map(chart_program, range(8))]
    return make_model(tmp_path_factory.mktemp("model") / "tiny", texts)


@pytest.fixture(scope="session")
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with runs to export."""
    return fill(tmp_path_factory.mktemp("store") / "traces.db")


@pytest.fixture
def ours(traces: Path, tmp_path: Path) -> Export:
    """Return what exports rows as the command line does: format, options -> the file."""

    def export(kind: str, *options: str, name: str = "ours.jsonl") -> Path:
        file = tmp_path / name
        words = ["export", "--all", "--format", kind, "--store", str(traces), "--out", str(file)]
        done = CliRunner().invoke(cli, [*words, *options], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return file

    return export
