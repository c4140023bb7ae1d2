"""What the trainers' tests share; only scripts/train_tests.sh, in their environment, runs them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.train.models import make_model
from tests.train.rows import GOALS, bad, good, rows_of, words
from tests.train.runs import Export, exported, fill

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
def traces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a store with runs to export."""
    return fill(tmp_path_factory.mktemp("store") / "traces.db")


@pytest.fixture(scope="session")
def model(traces: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a tiny random model, whose tokenizer knows the words of the rows."""
    folder = tmp_path_factory.mktemp("model")
    rows = rows_of(exported(traces, folder / "words.jsonl", "trajectory"))
    texts = [*map(good, GOALS), *map(bad, GOALS), *(text for row in rows for text in words(row))]
    return make_model(folder / "tiny", texts)


@pytest.fixture(scope="session")
def ours(traces: Path, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Return what exports rows as the command line does: format, options -> the file."""

    def export(kind: str, *options: str, suffix: str = ".jsonl") -> Path:
        file = tmp_path_factory.mktemp("ours") / f"rows{suffix}"
        return exported(traces, file, kind, *options)

    return export
