"""Texts that no file can hold: their rows are left out, and the export goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from critique_loop.curation.defaults import cleaning
from critique_loop.curation.splitting import Shares
from critique_loop.export import export, preview
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import Turn, events_of, keep, keep_events, task_of
from critique_loop.values import Critique, Event

BAD = Turn("print('bad')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0)
HALF = "half an emoji \ud83d"
Rows = Callable[[Path], list[dict[str, object]]]


def advised(turns: Sequence[Turn], advice: str) -> list[Event]:
    """Return the steps of a run whose critic says ``advice`` of every dimension."""
    return [
        replace(event, body=replace(event.body, scores=tuple(
            replace(score, advice=advice) for score in event.body.scores)))
        if isinstance(event.body, Critique) else event
        for event in events_of(turns, run_id="odd", task=task_of("another", 1))
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["sft", "trajectory", "preference", "kto", "stepwise"])
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_draft_with_half_a_character_is_left_out_and_counted(
    kind: str, suffix: str, store: SqliteStore, tmp_path: Path
) -> None:
    keep(store, BAD, GOOD)
    odd = replace(GOOD, code=f"print('{HALF}')\n")
    keep(store, BAD, odd, run_id="odd", task=task_of("another", 1))

    done = export(store, kind=kind, out=tmp_path / f"x{suffix}")

    assert done.rows >= 1
    assert [(line.step, line.why, line.number) for line in done.dropped] == [
        ("row rules", "text that UTF-8 can't hold", 1)
    ]


def test_a_critics_half_character_spoils_only_its_own_rows(
    store: SqliteStore, tmp_path: Path, rows: Rows
) -> None:
    keep(store, BAD, GOOD)
    keep_events(store, advised([BAD, GOOD], HALF))

    export(store, kind="critic-sft", out=tmp_path / "x.jsonl")

    found = rows(tmp_path / "x.jsonl")
    assert len(found) == 2
    assert "emoji" not in str(found)


def test_curation_and_split_never_see_it(store: SqliteStore) -> None:
    keep(store, BAD, GOOD)
    keep(store, BAD, replace(GOOD, code=f"print('{HALF}')\n"), run_id="odd")

    seen = preview(store, kind="sft", steps=cleaning(), shares=Shares(0.1, 0.1))

    assert seen.rows == 1


def test_whole_characters_of_any_kind_are_kept(store: SqliteStore) -> None:
    keep(store, BAD, replace(GOOD, code="print('\U0001f600 \u2028 \xe9')\n"))

    assert preview(store, kind="sft").rows == 1
