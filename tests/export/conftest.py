"""A store for runs, and what they become."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from critique_loop.export.examples import MAKERS
from critique_loop.export.making import Making
from critique_loop.export.traces import trace_of
from critique_loop.store import SqliteStore
from critique_loop.values import Example, ExampleKind

MakeExamples = Callable[..., list[Example]]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "traces.db") as opened:
        yield opened


@pytest.fixture
def examples(store: SqliteStore) -> MakeExamples:
    """Return a function: kind -> the examples of all runs that are stored."""

    def make(kind: str, making: Making | None = None) -> list[Example]:
        using = making or Making()
        return [
            example
            for run in store.scan(pictures=True)
            for example in MAKERS[ExampleKind(kind)](trace_of(run, told=using.prompts.told), using)
        ]

    return make


@pytest.fixture
def rows() -> Callable[[Path], list[dict[str, object]]]:
    """Return a function: path of JSON lines -> their rows."""

    def read(path: Path) -> list[dict[str, object]]:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    return read
