"""A whole export: files, or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from critique_loop.curation.splitting import Shares
from critique_loop.errors import CallError, OptionError
from critique_loop.export import ExportOptions, Selection, export, preview
from critique_loop.export.pipeline import Progress
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import Turn, keep, task_of

BAD = Turn("print('bad')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0)
Rows = Callable[[Path], list[dict[str, object]]]


def keep_some(store: SqliteStore, number: int = 6) -> None:
    for place in range(number):
        task = task_of(f"mean Power in {place}", place)
        keep(store, BAD, GOOD, run_id=f"run{place}", task=task)


def group_of(row: dict[str, object]) -> object:
    return cast("dict[str, object]", row["meta"])["group"]


@pytest.mark.parametrize("kind", ["sft", "preference", "kto", "reward"])
def test_the_same_seed_gives_the_same_bytes(kind: str, store: SqliteStore, tmp_path: Path) -> None:
    keep_some(store)

    one = export(store, kind=kind, out=tmp_path / "one.jsonl", seed=3)
    other = export(store, kind=kind, out=tmp_path / "other.jsonl", seed=3)

    assert one.files[0].sha256 == other.files[0].sha256
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "other.jsonl").read_bytes()


def test_a_group_is_never_split(store: SqliteStore, tmp_path: Path, rows: Rows) -> None:
    keep_some(store, 40)
    for place in range(40):
        task = task_of(f"total Power in {place}", place)
        keep(store, BAD, GOOD, run_id=f"again{place}", task=task)

    done = export(store, kind="sft", out=tmp_path / "out", shares=Shares(0.2, 0.2))

    parts = {file.part: rows(file.path) for file in done.files if file.rows}
    groups = {part: {group_of(row) for row in found} for part, found in parts.items()}
    assert sorted(parts) == ["test", "train", "validation"]
    assert not groups["train"] & (groups["validation"] | groups["test"])
    assert not groups["test"] & groups["validation"]
    assert done.rows == 80


def test_a_new_run_that_has_something_of_two_parts_moves_no_old_one(
    store: SqliteStore, tmp_path: Path, rows: Rows
) -> None:
    programs = [f"rows_{place} = [{place}, 'of its own']\nprint(rows_{place}, {place} ** 2)\n"
                for place in range(30)]  # fmt: skip
    for place, code in enumerate(programs):
        task = task_of(f"mean Power {place} by Origin", place)
        keep(store, Turn(code, 9.0), run_id=f"old{place}", task=task)

    def placed(out: str) -> dict[object, str]:
        done = export(store, kind="sft", out=tmp_path / out, shares=Shares(0.3, 0.2))
        assert done.rows + sum(each.number for each in done.dropped) == len(store_runs)
        return {cast("dict[str, object]", row["meta"])["run"]: file.part
                for file in done.files if file.rows for row in rows(file.path)}  # fmt: skip

    store_runs = [f"old{place}" for place in range(30)]
    before = placed("before")
    for place in range(0, 28, 2):
        task = task_of(f"mean Power {place + 1} by Origin", 100 + place)
        keep(store, Turn(programs[place], 9.0), run_id=f"new{place}", task=task)
        store_runs.append(f"new{place}")
    after = placed("after")

    assert set(before.values()) == {"train", "validation", "test"}
    assert {run: after.get(run) for run in before} == before
    assert 30 < len(after) < 44
    notes = preview(store, kind="sft", shares=Shares(0.3, 0.2)).notes
    assert any("they would leak from one part into another" in note for note in notes)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("validation", "shares=Shares(validation=...)"),
        ("min_scores", "selection=Selection(min_score=...)"),
        ("rows", "steps=Curation(rows=...).steps()"),
        ("curate", "steps=Curation().steps()"),
        ("max_token", "Say max_tokens."),
        ("xyz", "Options: agent, "),
    ],
)
def test_an_option_that_there_is_not_is_refused_with_what_is_meant(
    name: str, said: str, store: SqliteStore, tmp_path: Path
) -> None:
    keep_some(store, 1)
    options = cast("ExportOptions", {name: 1})

    for ask in (
        lambda: export(store, kind="sft", out=tmp_path / "out", **options),
        lambda: preview(store, kind="sft", **options),
    ):
        with pytest.raises(OptionError, match=f"there is no option '{name}'") as told:
            ask()

        assert said in told.value.remedy
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_over_unless_it_may_be(store: SqliteStore, tmp_path: Path) -> None:
    keep_some(store)
    out = tmp_path / "sft.jsonl"
    out.write_text("mine")

    with pytest.raises(CallError, match="is there already"):
        export(store, kind="sft", out=out)

    assert out.read_text() == "mine"
    assert export(store, kind="sft", out=out, force=True).rows == 6


def test_an_export_of_no_rows_says_which_filter_left_none(
    store: SqliteStore, tmp_path: Path
) -> None:
    keep_some(store)

    with pytest.raises(CallError, match=r"no row is left of 6 runs.*6 --min-score") as told:
        export(
            store, kind="sft", out=tmp_path / "out" / "x.jsonl", selection=Selection(min_score=9.5)
        )

    assert "--preview" in told.value.remedy
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("out")] == []


def test_an_interrupt_leaves_nothing_half_written(store: SqliteStore, tmp_path: Path) -> None:
    keep_some(store)

    def interrupt(progress: Progress) -> None:
        if progress.runs == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(store, kind="kto", out=tmp_path / "deep" / "out" / "kto.jsonl", watch=interrupt)

    assert not (tmp_path / "deep").exists()
