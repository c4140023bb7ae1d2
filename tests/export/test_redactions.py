"""Redacted copies: nothing is taught that never was, and everybody is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from critique_loop.errors import CallError
from critique_loop.export import Exported, export, preview
from critique_loop.store import SqliteStore
from critique_loop.store.redaction import NO_PICTURE, Redaction
from critique_loop.store.sharing import copy_redacted
from critique_loop.testing.stored_runs import (
    Turn,
    events_of,
    keep,
    keep_events,
    store_at,
    task_of,
)
from critique_loop.values import Event, Execution

BAD = Turn("print('bad')\n", 5.0)
BETTER = Turn("print('better')\n", 6.0)
GOOD = Turn("print('good')\n", 9.0)
REWRITTEN = "redacted: a program of it no longer runs as it did"


def redacted(*rounds: int, what: str = "paths") -> Mapping[str, object]:
    return {"redacted": {"what": [what], "rewritten_rounds": list(rounds)}}


def meta_of(row: Mapping[str, object]) -> dict[str, object]:
    return cast("dict[str, object]", row["meta"])


def left_out(store: SqliteStore, kind: str) -> dict[str, int]:
    return {line.why: line.number for line in preview(store, kind=kind).dropped}


@pytest.mark.parametrize(
    ("kind", "spoilt_by"),
    [
        ("sft", {3}),
        ("sft-messages", {1, 2, 3}),
        ("trajectory", {1, 2, 3}),
        ("stepwise", {1, 2, 3}),
        ("explanation", {3}),
        ("self-distillation", {1}),
    ],
)
def test_a_row_with_a_program_that_was_rewritten_is_left_out_and_counted(
    kind: str, spoilt_by: set[int], store: SqliteStore
) -> None:
    for rewritten in (1, 2, 3):
        keep(store, BAD, BETTER, GOOD, run_id=f"run{rewritten}", settings=redacted(rewritten),
             task=task_of(f"goal {rewritten}", rewritten))  # fmt: skip

    seen = preview(store, kind=kind, shown=9)

    kept = {meta_of(row)["run"] for row in seen.shown}
    assert kept == {f"run{number}" for number in {1, 2, 3} - spoilt_by}
    assert left_out(store, kind).get(REWRITTEN) == len(spoilt_by)


@pytest.mark.parametrize("kind", ["preference", "reward"])
def test_a_pair_is_left_out_for_either_of_its_programs(kind: str, store: SqliteStore) -> None:
    for rewritten in (1, 2, 3):
        keep(store, BAD, BETTER, GOOD, run_id=f"run{rewritten}", settings=redacted(rewritten),
             task=task_of(f"goal {rewritten}", rewritten))  # fmt: skip

    seen = preview(store, kind=kind, shown=9)

    metas = [meta_of(row) for row in seen.shown]
    assert [(meta["run"], meta["rounds"]) for meta in metas] == [("run1", [2, 3]), ("run2", [1, 3])]
    assert left_out(store, kind)[REWRITTEN] == 4


def test_each_critique_of_a_rewritten_program_is_left_out(store: SqliteStore) -> None:
    keep(store, BAD, GOOD, settings=redacted(1))

    assert preview(store, kind="critic-sft").rows == 1
    assert left_out(store, "critic-sft")[REWRITTEN] == 1


def test_where_nobody_knows_what_was_rewritten_nothing_is_taught(store: SqliteStore) -> None:
    keep(store, BAD, GOOD, settings={"redacted": {"what": ["values"]}})

    assert preview(store, kind="sft").rows == 0
    assert left_out(store, "sft") == {REWRITTEN: 1}


def _without_picture(event: Event, *, facts: bool) -> Event:
    body = event.body
    if not isinstance(body, Execution) or body.evidence is None:
        return event
    files = tuple(replace(file, data=NO_PICTURE) for file in body.files)
    evidence = body.evidence if facts else replace(body.evidence, facts={})
    return replace(event, body=replace(body, files=files, evidence=evidence))


def test_a_critic_is_not_taught_without_what_it_judged_by(
    store: SqliteStore, tmp_path: Path
) -> None:
    for place, word in enumerate(("values", "column=Origin", "paths")):
        for event in events_of((BAD, GOOD), run_id=f"run{place}", settings=redacted(what=word),
                               task=task_of(number=place)):  # fmt: skip
            keep_events(store, [_without_picture(event, facts=word == "paths")])

    seen = preview(store, kind="critic-sft", shown=9)

    assert seen.rows == 2
    assert left_out(store, "critic-sft")["redacted: what was measured is gone"] == 4
    with pytest.raises(CallError, match="6 redacted: its picture is gone"):
        export(store, kind="critic-sft", out=tmp_path / "out", pictures="embed")


def test_answers_are_not_to_be_judged_by_a_table_that_is_gone(store: SqliteStore) -> None:
    for place, word in enumerate(("values", "column=Origin", "column=Other", "paths")):
        keep(store, GOOD, run_id=f"run{place}", settings=redacted(what=word),
             task=task_of(number=place))  # fmt: skip

    assert preview(store, kind="rlvr").rows == 2
    assert left_out(store, "rlvr") == {"redacted: answers can't be judged without its table": 2}


def test_a_task_alone_is_kept_whatever_became_of_its_programs(store: SqliteStore) -> None:
    keep(store, BAD, GOOD, run_id="one", settings=redacted(1, 2))
    keep(store, GOOD, run_id="two", settings={"redacted": {"what": ["paths"]}},
         task=task_of(number=1))  # fmt: skip

    seen = preview(store, kind="rlvr", shown=9)

    assert [meta_of(row)["run"] for row in seen.shown] == ["one", "two"]
    assert left_out(store, "rlvr") == {}


def test_a_run_that_is_left_out_does_not_keep_out_the_next_one_of_its_task(
    store: SqliteStore,
) -> None:
    keep(store, GOOD, run_id="spoilt", settings=redacted(what="values"))
    for name in ("whole", "again"):
        keep(store, GOOD, run_id=name)

    seen = preview(store, kind="rlvr", shown=9)

    assert [meta_of(row)["run"] for row in seen.shown] == ["whole"]
    assert left_out(store, "rlvr") == {
        "redacted: answers can't be judged without its table": 1,
        "another run is about the same task": 1,
    }


def test_notes_and_card_say_what_is_redacted(store: SqliteStore, tmp_path: Path) -> None:
    keep(store, GOOD, run_id="whole")
    for name in ("one", "two"):
        keep(store, GOOD, run_id=name, settings=redacted(), task=task_of(name, 1))

    done = export(store, kind="sft", out=tmp_path / "out")
    seen = preview(store, kind="sft")

    note = "2 runs are redacted (paths): rows have placeholders where something was"
    assert note in done.notes
    assert note in seen.notes
    assert done.card["redacted"] == {"runs": 2, "what": {"paths": 2}}
    assert json.loads((tmp_path / "out" / "card.json").read_text())["redacted"]["runs"] == 2
    told = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "## Redacted\n\n2 runs, of which was taken out (by runs):\n\n- paths: 2" in told


def test_of_whole_runs_nobody_says_that_they_are_redacted(
    store: SqliteStore, tmp_path: Path
) -> None:
    keep(store, GOOD)

    done = export(store, kind="sft", out=tmp_path / "out")

    assert done.card["redacted"] == {}
    assert not any("redacted" in note for note in done.notes)


def test_a_copy_without_values_teaches_no_program_that_was_rewritten(tmp_path: Path) -> None:
    plain, spoilt = Turn("print('drawn')\n", 9.0), Turn("print('USA' * 46)\n", 9.0)
    path = store_at(
        tmp_path / "traces.db",
        events_of((plain,), run_id="plain", task=task_of(number=1)),
        events_of((spoilt,), run_id="spoilt", task=task_of(number=2)),
    )

    def exported(name: str, redaction: Redaction) -> Exported:
        copy_redacted(path, tmp_path / f"{name}.db", redaction)
        with SqliteStore(tmp_path / f"{name}.db") as copy:
            return export(copy, kind="sft", out=tmp_path / f"{name}.jsonl")

    assert exported("paths", Redaction(paths=True)).rows == 2
    done = exported("values", Redaction(columns=("Origin",)))
    assert done.rows == 1
    assert {line.why: line.number for line in done.dropped} == {REWRITTEN: 1}
    row = json.loads((tmp_path / "values.jsonl").read_text(encoding="utf-8"))
    assert row["meta"]["run"] == "plain"
