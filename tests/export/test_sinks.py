"""Files as other programs read them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest

from critique_loop.errors import CallError
from critique_loop.export import export
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import PICTURE, Turn, keep, task_of

Rows = Callable[[Path], list[dict[str, object]]]
BAD = Turn("print('bad')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0)


def parquet_rows(path: Path) -> list[dict[str, object]]:
    reader: Any = import_module("pyarrow.parquet")  # it has no types
    return reader.read_table(path).to_pylist()


@pytest.mark.parametrize("kind", ["sft", "preference", "kto", "reward", "rlvr", "stepwise"])
def test_parquet_holds_the_same_rows_as_json_lines(
    kind: str, store: SqliteStore, tmp_path: Path, rows: Rows
) -> None:
    for place in range(5):
        keep(store, BAD, GOOD, run_id=f"run{place}", task=task_of(f"goal {place}", place))

    export(store, kind=kind, out=tmp_path / "rows.jsonl")
    done = export(store, kind=kind, out=tmp_path / "table.parquet")

    assert parquet_rows(tmp_path / "table.parquet") == rows(tmp_path / "rows.jsonl")
    assert done.files[0].rows == done.rows


def test_pictures_in_parquet_are_bytes_as_datasets_reads_them(
    store: SqliteStore, tmp_path: Path
) -> None:
    keep(store, BAD, GOOD)

    export(store, kind="critic-sft", out=tmp_path / "out", file_format="parquet", pictures="embed")

    row = parquet_rows(tmp_path / "out" / "train.parquet")[0]
    (image,) = cast("list[dict[str, object]]", row["images"])
    assert image["bytes"] == PICTURE
    assert str(image["path"]).endswith(".png")


def test_a_folder_that_cant_be_written_is_an_error_with_a_way_out(
    store: SqliteStore, tmp_path: Path
) -> None:
    keep(store, BAD, GOOD)
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(CallError, match="is a file, no folder"):
        export(store, kind="sft", out=tmp_path / "file" / "out" / "x.jsonl")


@pytest.mark.parametrize(
    ("name", "file_format", "said"),
    [("x.csv", "", "what is to be in it"), ("x.jsonl", "parquet", "does not end in .parquet"),
     ("x", "csv", "there is no format")],
)  # fmt: skip
def test_a_name_that_tells_no_format_is_refused(
    name: str, file_format: str, said: str, store: SqliteStore, tmp_path: Path
) -> None:
    with pytest.raises(CallError, match=said):
        export(store, kind="sft", out=tmp_path / name, file_format=file_format)
