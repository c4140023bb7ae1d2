"""Runs from elsewhere that name an agent file: it is not opened, and what was said is told."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.building.settings import LoopSettings
from critique_loop.definitions import load
from critique_loop.errors import CallError
from critique_loop.export import export
from critique_loop.store import SqliteStore
from critique_loop.store.merging import merge
from critique_loop.testing.stored_runs import Turn, events_of, store_at
from critique_loop.values import Draft, Event, Message

Rows = Callable[[Path], list[dict[str, object]]]
MARK = "the sentence that stands in nobody's trace"
BAD = Turn("print('bad')\n", 5.0, model="theirs")
GOOD = Turn("print('good')\n", 9.0, model="theirs")
FIRST = (Message("system", "Draw as they draw."), Message("user", "Power, please."))
SECOND = (Message("system", "Draw as they draw."), Message("user", "Power, better."))
SHIPPED = load("chart_writer")
OPENED = """
import json, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from pathlib import Path
from critique_loop.export import preview
from critique_loop.store import SqliteStore
with SqliteStore(Path(sys.argv[1])) as store:
    seen = preview(store, kind="sft", trust=sys.argv[3] == "trusted")
print(json.dumps([sys.argv[2] in opened, seen.rows]))
"""


@pytest.fixture
def agent(tmp_path: Path) -> Path:
    path = tmp_path / "agent.md"
    text = (Path(__file__).parents[2] / "agents/chart_writer.md").read_text(encoding="utf-8")
    path.write_text(f"{text}\n{MARK}\n", encoding="utf-8")
    return path


def stored(path: Path, agent: Path, *turns: Turn, by: str = "", brought: bool = True) -> Path:
    """Return a store with a run of these rounds; ``by`` is the agent that its drafts name."""
    settings = LoopSettings(model="theirs", writer_agent=str(agent)).plain()
    run = [_written(event, by) for event in events_of(turns, run_id="r1", settings=settings)]
    if not brought:
        return store_at(path, run)
    merge([store_at(path.with_suffix(".theirs"), run)], path)
    return path


def _written(event: Event, by: str) -> Event:
    body = event.body
    return replace(event, body=replace(body, definition=by)) if isinstance(body, Draft) else event


@pytest.mark.parametrize("trust", ["trusted", "unknown"])
def test_the_file_is_opened_only_for_whoever_trusts_the_run(
    tmp_path: Path, agent: Path, trust: str
) -> None:
    told = (replace(BAD, told=FIRST), replace(GOOD, told=SECOND))
    path = stored(tmp_path / "traces.db", agent, *told, by="mine@0123")

    done = subprocess.run(
        [sys.executable, "-c", OPENED, path, agent, trust],
        capture_output=True,
        check=True,
        text=True,
    )

    assert json.loads(done.stdout) == [trust == "trusted", 1]


def test_what_its_model_was_told_is_the_prompt(tmp_path: Path, agent: Path, rows: Rows) -> None:
    path = stored(tmp_path / "t.db", agent, replace(BAD, told=FIRST), replace(GOOD, told=SECOND))
    with SqliteStore(path) as store:
        first = export(store, kind="sft", out=tmp_path / "sft.jsonl")
        export(store, kind="trajectory", out=tmp_path / "trajectory.jsonl")

    said = [{"role": m.role, "content": m.text} for m in (*FIRST, *SECOND)]
    assert rows(tmp_path / "sft.jsonl")[0]["prompt"] == said[:2]
    assert rows(tmp_path / "trajectory.jsonl")[0]["prompt"] == said[2:]
    assert "not opened" in " ".join(first.notes)


def test_the_shipped_agent_that_wrote_needs_no_file(
    tmp_path: Path, agent: Path, rows: Rows
) -> None:
    path = stored(tmp_path / "t.db", agent, BAD, GOOD, by=SHIPPED.identity)
    with SqliteStore(path) as store:
        done = export(store, kind="sft", out=tmp_path / "sft.jsonl")

    (row,) = rows(tmp_path / "sft.jsonl")
    assert SHIPPED.prompt.splitlines()[0] in json.dumps(row, ensure_ascii=False)
    assert MARK not in json.dumps(row)
    assert "not opened" not in " ".join(done.notes)


def test_a_run_that_does_not_tell_is_left_out_and_counted(tmp_path: Path, agent: Path) -> None:
    path = stored(tmp_path / "t.db", agent, BAD, GOOD, by="mine@0123")

    with SqliteStore(path) as store, pytest.raises(CallError, match="no row is left") as refused:
        export(store, kind="sft", out=tmp_path / "sft.jsonl")

    assert "runs: 1 --trust: came from elsewhere, names an agent file" in refused.value.problem


def test_critics_are_asked_by_a_shipped_agent_anyway(tmp_path: Path, agent: Path) -> None:
    path = stored(tmp_path / "t.db", agent, BAD, GOOD, by="mine@0123")

    with SqliteStore(path) as store:
        done = export(store, kind="critic-sft", out=tmp_path / "critic.jsonl")

    assert done.rows == 2
    assert MARK not in (tmp_path / "critic.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("brought", "trust"), [(False, False), (True, True)], ids=["own run", "trusted run"]
)
def test_the_file_that_wrote_is_asked_where_it_may_be(
    tmp_path: Path, agent: Path, *, brought: bool, trust: bool
) -> None:
    path = stored(tmp_path / "t.db", agent, BAD, GOOD, by="mine@0123", brought=brought)

    with SqliteStore(path) as store:
        export(store, kind="sft", out=tmp_path / "sft.jsonl", trust=trust)

    assert MARK in (tmp_path / "sft.jsonl").read_text(encoding="utf-8")


def test_ones_own_agent_is_asked_for_any_run(tmp_path: Path, agent: Path) -> None:
    path = stored(tmp_path / "t.db", tmp_path / "theirs.md", BAD, GOOD, by="mine@0123")

    with SqliteStore(path) as store:
        export(store, kind="sft", out=tmp_path / "sft.jsonl", agent=str(agent))

    assert MARK in (tmp_path / "sft.jsonl").read_text(encoding="utf-8")
